"""Staged tables: what a shard leaves for the pass that publishes, cut by id so that an output file reads its part."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.dedup.partition import partition_of
from crawlsieve.stages.files import reading, writing
from crawlsieve.stages.plan import Batch

FLUSH_BYTES = 32 << 20
"""Bytes of rows held in memory before they are written; part of the bound on a worker's memory."""

ROW_GROUP_BYTES = 4 << 20
MOST_BUCKETS = 64


class StagedTable:
    """A Parquet file whose row groups are ranges of the id (binary(16), uniform), in runs of `FLUSH_BYTES`."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self.rows = 0
        self._writer = writer
        self._held: list[Batch] = []
        self._held_bytes = 0

    def add(self, batch: Batch) -> None:
        """Take rows of the table's schema."""
        if len(batch) == 0:
            return
        self.rows += len(batch)
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is held, cut by id."""
        if not self._held:
            return
        table = pa.Table.from_batches(self._held)
        wanted = max(1, min(MOST_BUCKETS, self._held_bytes // ROW_GROUP_BYTES))
        buckets = 1 << (wanted.bit_length() - 1)
        bucket = partition_of([table.column("id").combine_chunks()], buckets)
        order = np.argsort(bucket, kind="stable")
        ends = np.cumsum(np.bincount(bucket, minlength=buckets))
        table = table.take(pa.array(order))
        for first, last in zip([0, *ends[:-1]], ends, strict=True):
            if last > first:
                self._writer.write_table(table.slice(first, last - first), row_group_size=int(last - first))
        self._held, self._held_bytes = [], 0


@contextmanager
def staging(path: str, schema: pa.Schema) -> Iterator[StagedTable]:
    """A staged table that appears under `path` when the block ends without an error."""
    with writing(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        table = StagedTable(writer)
        yield table
        table.flush()


def read_partition(path: str, partition: int, partitions: int) -> Iterator[Batch]:
    """The rows of a staged table whose id falls into `partition` of `partitions`, in the order they were written."""
    with reading(path) as file:
        parquet = pq.ParquetFile(file)
        place = parquet.schema_arrow.get_field_index("id")
        for group in range(parquet.num_row_groups):
            if not _overlaps(parquet.metadata.row_group(group).column(place).statistics, partition, partitions):
                continue
            for batch in parquet.iter_batches(row_groups=[group]):
                wanted = partition_of([batch.column(place)], partitions) == partition
                yield batch if wanted.all() else batch.filter(pa.array(wanted))


def read_all(path: str) -> Iterator[Batch]:
    """Every row of a staged table, in the order they were written."""
    with reading(path) as file:
        yield from pq.ParquetFile(file).iter_batches()


def _overlaps(statistics: pq.Statistics | None, partition: int, partitions: int) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    bounds = pa.array([statistics.min, statistics.max], pa.binary(16))
    low, high = partition_of([bounds], partitions)
    return bool(low <= partition <= high)
