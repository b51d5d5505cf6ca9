"""The rows that the passes over keys exchange: candidates while winners are found, links while chains are followed."""

import pyarrow as pa

from crawlsieve.schemas.column import column
from crawlsieve.schemas.keys import ADDRESS, ID


def candidate(orders: int, keys: tuple[str, ...]) -> pa.Schema:
    """A document that may win or lose, with `orders` columns of its total order and the named key columns."""
    return pa.schema(
        [
            *ADDRESS,
            *(column(f"order_{n}", pa.int64(), "smaller is better; see `priority`") for n in range(orders)),
            *(column(name, ID, "128-bit key: equal keys, equal documents", nullable=True) for name in keys),
            column("gone", pa.int32(), "1 where an earlier step removed the document, else 0"),
            column("method", pa.string(), "step that removed it", nullable=True),
            column("twin_id", ID, "the winner at that step", nullable=True),
            column("key", ID, "the key of the present step; the id where the document has none"),
        ]
    )


LINK = pa.schema(
    [
        column("key", ID, "id that the row is about"),
        column(
            "kind",
            pa.int32(),
            "0: `kept_id` is where documents named `key` went; 1: this row asks for that; "
            "2: one removed document that `key` stands for; 3: a removed document whose chain ends at a filter, which "
            "knows no id",
        ),
        *ADDRESS,
        column("method", pa.string(), "step that removed the document", nullable=True),
        column("band", pa.int32(), "lowest band shared with the twin", nullable=True),
        column("similarity", pa.float64(), "similarity to the twin where verified", unit="ratio", nullable=True),
        column("twin_id", ID, "the winner at that step", nullable=True),
        column("kept_id", ID, "as far as the chain is followed", nullable=True),
    ]
)
"""Removed documents, on the way to the kept one that stands for them."""

ANSWER, QUESTION, STANDS_FOR, NOBODY = 0, 1, 2, 3
