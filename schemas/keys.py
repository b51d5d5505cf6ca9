"""What travels between machines: keys and decisions, never text. A document is addressed by (shard, row)."""

import pyarrow as pa

from crawlsieve.schemas.column import column

ID = pa.binary(16)

ADDRESS = pa.schema(
    [
        column("shard", pa.int32(), "position of the input in the sorted list of inputs"),
        column("row", pa.int64(), "position of the record in its input"),
        column("id", ID, "128-bit id of the record"),
    ]
)

DECISION = pa.schema(
    [
        *ADDRESS,
        column("method", pa.string(), "step that removed the document, null if it is kept", nullable=True),
        column("band", pa.int32(), "lowest band shared with the twin", nullable=True),
        column("similarity", pa.float64(), "similarity to the twin where verified", unit="ratio", nullable=True),
        column("twin_id", ID, "the winner at that step", nullable=True),
        column("kept_id", ID, "the kept document at the end of the chain", nullable=True),
        column("duplicates", pa.int64(), "documents that a kept one stands for", unit="documents"),
    ]
)
"""One row per document that is removed, or kept in the place of others."""

COUNTS = pa.schema(
    [
        column("shard", pa.int32(), "position of the input in the sorted list of inputs"),
        column("step", pa.string(), "step of the recipe, or the table that a sink writes"),
        column("name", pa.string(), "what is counted: rows_in, rows_out, reason/NAME, not_documents/TYPE, bytes, ..."),
        column("value", pa.int64(), "how many"),
    ]
)
"""The manifest rows that every pass returns."""
