"""Batches of open records, as the steps of a chain get them."""

import pyarrow as pa

from crawlsieve.schemas.record import RECORD


def records(texts, languages=None):
    """One open record a text; with a column `language` if there are languages."""
    rows = [
        {
            "shard": 0,
            "row": number,
            "id": number.to_bytes(16, "big"),
            "source_path": "x",
            "source_offset": 0,
            "text": text,
            "reasons": [],
            "settled": False,
        }
        for number, text in enumerate(texts)
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=RECORD)
    if languages is None:
        return batch
    return batch.append_column("language", pa.array(languages, pa.string()))


def added(step, before):
    """What the step appended to the batch, column by column."""
    after = step(before)
    return {name: after.column(name).to_pylist() for name in step.adds.names}
