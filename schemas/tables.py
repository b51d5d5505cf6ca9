"""The tables of a run directory: `documents/ rejected/ duplicates/ failed/`, and the head of `signals/`."""

import pyarrow as pa

from crawlsieve.schemas.column import column
from crawlsieve.schemas.record import TIMESTAMP

_ID = column("id", pa.string(), "XXH3-128 of source id, URL, date and raw payload, 32 hex digits")
_SOURCE_ID = column("source_id", pa.string(), "WARC-Record-ID, or the user's own id", nullable=True)
_URL = column("url", pa.string(), "address as crawled", nullable=True)
_DATE = column("date", TIMESTAMP, "time of capture, UTC", nullable=True)
_PATH = column("source_path", pa.string(), "input file as the recipe names it")
_OFFSET = column(
    "source_offset",
    pa.int64(),
    "where the record begins: byte of the stored file (WARC, ARC), of the decompressed file (JSONL), row (Parquet)",
)
_METADATA = column("metadata", pa.string(), "what else the source said of the record, a JSON object", nullable=True)

_WHERE_FROM = (_ID, _SOURCE_ID, _URL, _DATE, _PATH, _OFFSET)
_KEPT_TEXT = column("text", pa.large_string(), "null unless keep_rejected is text", unit="UTF-8 bytes", nullable=True)

DOCUMENTS = pa.schema(
    [
        _ID,
        _SOURCE_ID,
        _URL,
        _DATE,
        column("text", pa.large_string(), "main text after all editing steps", unit="UTF-8 bytes"),
        _PATH,
        _OFFSET,
        column("language", pa.string(), "label of the language model, null if no step asked", nullable=True),
        column("language_score", pa.float64(), "its probability, 4 decimals", unit="ratio", nullable=True),
        column("script", pa.string(), "ISO 15924 code of the script of most letters", nullable=True),
        column(
            "word_count",
            pa.int64(),
            "words as `measure` counts them, null if not measured",
            unit="words",
            nullable=True,
        ),
        column("token_count", pa.int64(), "tokens, null unless asked for", unit="tokens", nullable=True),
        column("duplicates", pa.int64(), "removed documents that this one stands for", unit="documents"),
        _METADATA,
    ]
)
"""What a trainer loads: every kept document."""

REJECTED = pa.schema(
    [
        *_WHERE_FROM,
        column("reasons", pa.list_(pa.string()), "every rule that the document breaks, in order of judging"),
        _KEPT_TEXT,
        _METADATA,
    ]
)
"""Documents that a rule rejects."""

DUPLICATES = pa.schema(
    [
        *_WHERE_FROM,
        column("method", pa.string(), "same_record, url, text, minhash_lsh, lshbloom or history"),
        column("band", pa.int32(), "lowest band shared with the twin (near-duplicates)", nullable=True),
        column("similarity", pa.float64(), "similarity to the twin where it was verified", unit="ratio", nullable=True),
        column(
            "twin_id",
            pa.string(),
            "id of the document that won at that step (history: published before), null where a filter answers",
            nullable=True,
        ),
        column(
            "kept_id",
            pa.string(),
            "id of the row of documents/ that stands for this one, null if none is known or it was published before",
            nullable=True,
        ),
        _KEPT_TEXT,
        _METADATA,
    ]
)
"""Documents removed because another one is kept in their place."""

FAILED = pa.schema(
    [
        *_WHERE_FROM,
        column("error", pa.string(), "kind of failure, a colon, and what is known of it; never text of the document"),
    ]
)
"""Records that could not be read or processed."""

SIGNALS_HEAD = pa.schema(
    [
        _ID,
        _SOURCE_ID,
        _URL,
        _PATH,
        _OFFSET,
        column("outcome", pa.string(), "table that holds the document: documents, rejected, duplicates or failed"),
    ]
)
"""First columns of `signals/`; the signals that the recipe measures follow."""

KEYS_HEAD = pa.schema(
    [
        _ID,
        _PATH,
        _OFFSET,
        column("shard", pa.int32(), "position of its input in the sorted list of inputs"),
        column("row", pa.int64(), "position of the record in its input"),
        column("steps_passed", pa.int32(), "steps that left it open; all of the chain: it reached the end"),
        column(
            "text_bytes",
            pa.int64(),
            "of the text at the end of the chain, null if a step before it has settled the document",
            unit="UTF-8 bytes",
            nullable=True,
        ),
    ]
)
"""First columns of `keys/`; the columns of the total order and the keys of the recipe follow (`stages/keys.py`)."""

FILES = pa.schema(
    [
        column("table", pa.string(), "table that the file belongs to"),
        column("path", pa.string(), "its path below the run directory"),
        column("rows", pa.int64(), "how many rows it holds", unit="rows"),
        column("bytes", pa.int64(), "its size", unit="bytes"),
        column("text_bytes", pa.int64(), "of the texts in it", unit="UTF-8 bytes", nullable=True),
    ]
)
"""What the pass that publishes returns: the files of the run, as the manifest lists them."""
