"""Removed documents on file: written by the passes that find duplicates, read by those that come after."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crawlsieve.dedup.partition import partition_of
from crawlsieve.stages.files import join, reading, writing
from crawlsieve.stages.plan import Batch

PATHS = pa.schema([pa.field("path", pa.string(), nullable=False)])
"""The source of a plan over files."""


@dataclass(frozen=True)
class WriteRows:
    """Rows of a partition of shards in, into one file."""

    folder: str
    schema: pa.Schema
    partitions: int

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Nothing; and no file where there is no row."""
        first = next((batch for batch in batches if len(batch)), None)
        if first is None:
            return
        path = part_path(self.folder, first.column("shard")[0].as_py(), self.partitions)
        with writing(path) as file, pq.ParquetWriter(file, self.schema, compression="zstd") as writer:
            for batch in chain([first], batches):
                writer.write_batch(batch)
        yield from ()


@dataclass(frozen=True)
class ReadGone:
    """Files in, their rows of GONE out."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows as they are on file."""
        for batch in batches:
            for path in batch.column("path").to_pylist():
                with reading(path) as file:
                    yield from pq.ParquetFile(file).iter_batches()


def part_path(folder: str, shard: int, partitions: int) -> str:
    """The file of the partition to which rows of a shard belong."""
    partition = int(partition_of([pa.array([shard], pa.int32())], partitions)[0])
    return join(folder, f"part-{partition:05d}.parquet")


def rows_of_shard(folder: str, shard: int, partitions: int, schema: pa.Schema) -> pa.Table:
    """The rows about a shard that `WriteRows` wrote, in their order."""
    try:
        with reading(part_path(folder, shard, partitions)) as file:
            return pq.read_table(file, filters=pc.field("shard") == shard)
    except FileNotFoundError:  # no row of this partition
        return schema.empty_table()
