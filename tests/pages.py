"""Batches of open records with payloads, as `extract` gets them."""

import pyarrow as pa

from crawlsieve.schemas.record import RECORD


def pages(payloads, *, content_type="text/html", charset=None, text=None):
    """One open record a payload; the other arguments hold for all of them."""
    rows = [
        {
            "shard": 0,
            "row": number,
            "id": number.to_bytes(16, "big"),
            "source_path": "x",
            "source_offset": 0,
            "content_type": content_type,
            "charset": charset,
            "payload": payload,
            "text": text,
            "reasons": [],
            "settled": False,
        }
        for number, payload in enumerate(payloads)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD)


def outcome(batch):
    """(text, reasons, error) of each row."""
    columns = (batch.column(name).to_pylist() for name in ("text", "reasons", "error"))
    return list(zip(*columns, strict=True))
