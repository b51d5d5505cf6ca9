"""Batches between processes: Arrow IPC. To pickle a slice would ship the whole buffer behind it."""

import pyarrow as pa

from crawlsieve.stages.plan import Batch


def packed(batch: Batch) -> bytes:
    """The batch and its schema."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def unpacked(message: bytes) -> Batch:
    """The batch that `packed` was given."""
    return pa.ipc.open_stream(message).read_next_batch()


def compact(rows: list[Batch]) -> list[Batch]:
    """The same rows in one batch: a batch takes kilobytes, and a task tells of its progress in many of a few rows."""
    return pa.Table.from_batches(rows).combine_chunks().to_batches() if rows else []
