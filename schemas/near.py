"""What the passes over near-duplicates exchange: candidates with their band keys, pairs that are alike, removals."""

import pyarrow as pa

from crawlsieve.schemas.column import column
from crawlsieve.schemas.keys import ADDRESS, ID

_MEET = column("meet", pa.int32(), "0: all rows meet in one partition")
_BAND = column("band", pa.int32(), "which band")
_BAND_KEY = column("band_key", pa.int64(), "key of the bucket in which documents meet")

GONE = pa.schema(
    [
        *ADDRESS,
        column("method", pa.string(), "step that removed the document"),
        column("band", pa.int32(), "lowest band shared with the twin (near-duplicates)", nullable=True),
        column("similarity", pa.float64(), "similarity to the twin where it was verified", unit="ratio", nullable=True),
        column("twin_id", ID, "the winner at that step, null where a Bloom filter answered", nullable=True),
    ]
)
"""Removed documents, before their chains are followed."""

SHARED = pa.schema([*ADDRESS, _BAND_KEY, _BAND])
"""Documents in the buckets that they share with others."""


STATE = pa.schema([*ADDRESS, column("state", pa.int32(), "see `dedup.rounds`")])
"""What is known of documents that share buckets."""


def orders(count: int, prefix: str = "") -> tuple[pa.Field, ...]:
    """The columns of the total order."""
    return tuple(
        column(f"{prefix}order_{n}", pa.int64(), "place by a column of `priority`, smaller is better")
        for n in range(count)
    )


def candidate_of(order_columns: int, bands: int) -> pa.Schema:
    """A document on its way to the walk in total order."""
    keys = column("band_keys", pa.binary(8 * bands), "int64 for each band, null without shingles", nullable=True)
    return pa.schema([*ADDRESS, *orders(order_columns), _MEET, keys])


def bucketed(order_columns: int) -> pa.Schema:
    """A document in one of its buckets."""
    return pa.schema([*ADDRESS, *orders(order_columns), _BAND_KEY, _BAND])


def in_round(order_columns: int) -> pa.Schema:
    """A document in one of its buckets, and what is known of it."""
    return bucketed(order_columns).append(column("state", pa.int32(), "see `dedup.rounds`"))


def twin_of(order_columns: int) -> pa.Schema:
    """A removed document, and the first kept one of a bucket that it is in."""
    return pa.schema(
        [
            *ADDRESS,
            *orders(order_columns, "twin_"),
            column("twin_id", ID, "the kept document"),
            _BAND,
        ]
    )


def compared(order_columns: int, evidence: pa.DataType) -> pa.Schema:
    """A document in a bucket that it shares with others, and what is compared there."""
    return bucketed(order_columns).append(column("evidence", evidence, "signature, or shingles in ascending order"))


def pair_of(order_columns: int) -> pa.Schema:
    """A document, and one before it in total order that is like it."""
    return pa.schema(
        [
            *ADDRESS,
            *orders(order_columns),
            _MEET,
            *orders(order_columns, "twin_"),
            column("twin_id", ID, "the earlier document"),
            _BAND,
            column("similarity", pa.float64(), "of the two, as measured", unit="ratio"),
            column("skipped", pa.int64(), "comparisons that were not made; such a row is no pair", unit="pairs"),
        ]
    )
