"""The disk-backed Exchange: rows scattered into Parquet files, some of each task for a partition, gathered in order.

Files are written whole and closed, so that neither open files nor memory grow with the number of partitions.
"""

import glob
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.dedup.partition import partition_of
from crawlsieve.stages.plan import Batch, Exchange

HELD_BYTES = 32 << 20
"""Rows that a task holds before it writes them."""

SORT_MEMORY = "512MB"
"""DuckDB's memory for sorting one partition; it spills beyond that."""

MOST_ROWS = 65_536


class Scatter:
    """Writes the rows of one task to the partitions where they belong."""

    def __init__(self, exchange: Exchange, schema: pa.Schema, folder: str, task: int) -> None:
        self._exchange = exchange
        self._schema = schema
        self._folder = Path(folder)
        self._task = task
        self._held: list[Batch] = []
        self._held_bytes = 0
        self._flushes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()

    def add(self, batch: Batch) -> None:
        """Take rows of the schema that the Map before declares."""
        if len(batch) == 0:
            return
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes >= HELD_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        table = pa.Table.from_batches(self._held, self._schema).combine_chunks()
        keys = [table.column(name).combine_chunks() for name in self._exchange.by]
        partition = partition_of(keys, self._exchange.partitions)
        order = np.argsort(partition, kind="stable")
        table = table.take(pa.array(order))
        ends = np.cumsum(np.bincount(partition, minlength=self._exchange.partitions))
        for number in np.unique(partition).tolist():
            first = int(ends[number - 1]) if number else 0
            self._write(number, table.slice(first, int(ends[number]) - first))
        self._held, self._held_bytes = [], 0
        self._flushes += 1

    def _write(self, partition: int, rows: pa.Table) -> None:
        folder = self._folder / f"{partition:05d}"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{self._task:06d}-{self._flushes:04d}.parquet"
        pq.write_table(rows, folder / name, compression="zstd", compression_level=1)


def gather(exchange: Exchange, schema: pa.Schema, folder: str, partition: int) -> Iterator[Batch]:
    """The rows of a partition as a stream of batches of at most 64k rows, sorted by `by`, then `then`.

    The sort is DuckDB's, which spills to disk, so that a hot key is long and not large.
    """
    place = Path(folder) / f"{partition:05d}"
    files = sorted(glob.escape(str(file)) for file in place.glob("*.parquet"))
    if not files:
        return
    spill = place / "spill"
    with duckdb.connect(config={"threads": 1, "memory_limit": SORT_MEMORY, "temp_directory": str(spill)}) as engine:
        order = ", ".join(f'"{name}" NULLS LAST' for name in (*exchange.by, *exchange.then))
        for batch in engine.read_parquet(files).order(order).to_arrow_reader(MOST_ROWS):
            yield pa.RecordBatch.from_arrays(
                [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema
            )
