"""The Exchange: rows cut into pieces by partition, and the pieces of a partition merged into one sorted stream.

The local engine keeps pieces in files; others carry them themselves and merge what arrives. Files are written whole and
closed, so that neither open files nor memory grow with the number of partitions.
"""

import glob
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.dedup.partition import partition_of
from crawlsieve.stages.plan import Batch, Exchange

HELD_BYTES = 32 << 20
"""Rows that a task holds before it cuts, or writes, them."""

SORT_MEMORY = "512MB"
"""DuckDB's memory for sorting one partition; it spills beyond that."""

MOST_ROWS = 65_536


def cut(exchange: Exchange, schema: pa.Schema, batches: Iterable[Batch]) -> Iterator[tuple[int, Batch]]:
    """(partition, its rows) of the rows of one task; a partition comes again for each HELD_BYTES that hold some.

    What the columns mean stays behind: it would be more than the rows, in the many small pieces of a large job.
    """
    for table in _held(_bare(schema), batches):
        partition = partition_of([table.column(name).combine_chunks() for name in exchange.by], exchange.partitions)
        order = np.argsort(partition, kind="stable")
        (rows,) = table.take(pa.array(order)).combine_chunks().to_batches()
        ends = np.cumsum(np.bincount(partition, minlength=exchange.partitions))
        for number in np.unique(partition).tolist():
            first = int(ends[number - 1]) if number else 0
            yield number, rows.slice(first, int(ends[number]) - first)


def merged(exchange: Exchange, schema: pa.Schema, pieces: Iterable[Batch]) -> Iterator[Batch]:
    """The rows of a partition as a stream of batches of at most 64k rows, sorted by `by`, then `then`.

    What exceeds HELD_BYTES goes to this machine's temporary folder; the sort is DuckDB's, which spills.
    """
    with tempfile.TemporaryDirectory(prefix="crawlsieve-exchange-") as folder:
        tables = _held(_bare(schema), pieces)
        first = next(tables, None)
        if first is None:
            return
        second = next(tables, None)
        if second is None:
            yield from _sorted(exchange, schema, first, folder)
            return
        for number, table in enumerate((first, second)):
            _write(table, Path(folder) / f"{number:06d}.parquet")
        for number, table in enumerate(tables, 2):
            _write(table, Path(folder) / f"{number:06d}.parquet")
        yield from _sorted(exchange, schema, Path(folder), folder)


def scatter(exchange: Exchange, schema: pa.Schema, batches: Iterable[Batch], folder: str, task: int) -> None:
    """Write the rows of one task to files of the partitions where they belong."""
    for count, (number, rows) in enumerate(cut(exchange, schema, batches)):
        place = Path(folder) / f"{number:05d}"
        place.mkdir(parents=True, exist_ok=True)
        _write(pa.Table.from_batches([rows]), place / f"{task:06d}-{count:06d}.parquet")


def gather(exchange: Exchange, schema: pa.Schema, folder: str, partition: int) -> Iterator[Batch]:
    """`merged` of what all tasks scattered to a partition."""
    place = Path(folder) / f"{partition:05d}"
    if place.exists():
        yield from _sorted(exchange, schema, place, str(place / "spill"))


def _held(schema: pa.Schema, batches: Iterable[Batch]) -> Iterator[pa.Table]:
    """Rows in tables of about HELD_BYTES; none is empty."""
    held: list[Batch] = []
    size = 0
    for batch in batches:
        if len(batch) == 0:
            continue
        held.append(batch)
        size += batch.nbytes
        if size >= HELD_BYTES:
            yield pa.Table.from_batches(held, schema).combine_chunks()
            held, size = [], 0
    if held:
        yield pa.Table.from_batches(held, schema).combine_chunks()


def _bare(schema: pa.Schema) -> pa.Schema:
    """The schema without metadata."""
    return pa.schema([field.remove_metadata() for field in schema])


def _write(rows: pa.Table, path: Path) -> None:
    pq.write_table(rows, path, compression="zstd", compression_level=1)


def _sorted(exchange: Exchange, schema: pa.Schema, rows: pa.Table | Path, spill: str) -> Iterator[Batch]:
    with duckdb.connect(config={"threads": 1, "memory_limit": SORT_MEMORY, "temp_directory": spill}) as engine:
        if isinstance(rows, Path):
            files = sorted(glob.escape(str(file)) for file in rows.glob("*.parquet"))
            found = engine.read_parquet(files, hive_partitioning=False)  # a folder `month=05` is no column
        else:
            found = engine.from_arrow(rows)
        order = ", ".join(f'"{name}" NULLS LAST' for name in (*exchange.by, *exchange.then))
        for batch in found.order(order).to_arrow_reader(MOST_ROWS):
            yield pa.RecordBatch.from_arrays(
                [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema
            )
