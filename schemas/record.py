"""The batch in flight: one row per input record, from the reader to the sinks.

Every step adds or replaces columns; none removes a row. What happened to a row stands in `reasons`, `error` and
`settled`.
"""

import pyarrow as pa

from crawlsieve.schemas.column import column

TIMESTAMP = pa.timestamp("us", tz="UTC")

RECORD = pa.schema(
    [
        column("shard", pa.int32(), "position of the input in the sorted list of inputs; internal"),
        column("row", pa.int64(), "position of the record in its input, counted over input records; internal"),
        column("id", pa.binary(16), "XXH3-128 of source id, URL, date and raw payload; of the place for what has none"),
        column("source_id", pa.string(), "WARC-Record-ID without <urn:uuid:>, or the user's own id", nullable=True),
        column("url", pa.string(), "address as crawled", nullable=True),
        column("date", TIMESTAMP, "time of capture, UTC", nullable=True),
        column("source_path", pa.string(), "input file as the recipe names it"),
        column(
            "source_offset",
            pa.int64(),
            "where the record begins: byte of the stored file (WARC, ARC), byte of the"
            " decompressed file (JSONL), row (Parquet)",
        ),
        column("content_type", pa.string(), "media type of the payload, lower case, no parameters", nullable=True),
        column("charset", pa.string(), "charset of the HTTP Content-Type header", nullable=True),
        column(
            "payload",
            pa.large_binary(),
            "HTTP body, transfer and content encodings undone; null for text sources",
            unit="bytes",
            nullable=True,
        ),
        column("text", pa.large_string(), "main text; null until extracted", unit="UTF-8 bytes", nullable=True),
        column("metadata", pa.string(), "what else the source said of the record, a JSON object", nullable=True),
        column("reasons", pa.list_(pa.string()), "names of the rules that reject the record, in order of judging"),
        column("error", pa.string(), "what failed; a failed record has no reasons", nullable=True),
        column("settled", pa.bool_(), "no later step looks at the record"),
    ]
)
"""Columns that every batch has when it leaves the reader."""
