"""Results in files: whole, or not there; and never more of them in memory than a row group."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.ask.forms import csv_parts, json_parts, unique
from crawlsieve.pipelines.ask.session import Answer
from crawlsieve.pipelines.standing import opened
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, writing

KINDS = ("parquet", "csv", "json")
_GROUP_BYTES = 64 << 20
_GROUP_ROWS = 65_536
_TEXT = {"csv": csv_parts, "json": json_parts}


def check_output(path: str, run: str) -> str:
    """The kind of file that `path` is by its ending.

    Raises:
        CrawlsieveError: it is none of KINDS, or lies in the run.
    """
    kind = path.rpartition(".")[2].lower()
    if kind not in KINDS:
        raise CrawlsieveError(f"'{path}': the ending says the form. Choose one of .{', .'.join(KINDS)}.")
    if inside(path, run):
        raise CrawlsieveError(f"'{path}' is in the run, which is only read. Write it elsewhere.")
    return kind


def write_answer(found: Answer, path: str, run: str) -> int:
    """Write what was selected to `path`; how many rows it was. What stood there is replaced.

    Raises:
        CrawlsieveError: as `check_output`; nothing was selected, DuckDB stopped, or the form has no word for a type.
    """
    kind = check_output(path, run)
    if not found.schema.names:
        raise CrawlsieveError(f"'{path}' is not written: the statement selects nothing.")
    counted = [0]
    batches = _counted(found.batches, counted)
    with writing(path) as file:
        if kind == "parquet":
            _write_parquet(found.schema, batches, file)
        else:
            for part in _TEXT[kind](found.schema.names, batches):
                file.write(part.encode())
    return counted[0]


def _write_parquet(schema: pa.Schema, batches: Iterator[pa.RecordBatch], file: IO[bytes]) -> None:
    named = pa.schema([field.with_name(name) for field, name in zip(schema, unique(schema.names), strict=True)])
    try:
        with pq.ParquetWriter(file, named, compression="zstd", write_page_index=True) as writer:
            for group in _groups(batches):
                columns = pa.Table.from_batches(group).columns
                writer.write_table(pa.Table.from_arrays(columns, schema=named), row_group_size=_GROUP_ROWS)
    except pa.ArrowNotImplementedError as error:
        raise CrawlsieveError(
            f"Parquet cannot hold a column of the result: {error}. Cast it, to VARCHAR say."
        ) from None


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches that make a row group together."""
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows += len(batch)
        size += batch.nbytes
        if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group


def _counted(batches: Iterator[pa.RecordBatch], counted: list[int]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        counted[0] += len(batch)
        yield batch


def inside(path: str, run: str) -> bool:
    """Whether `path` lies in the folder of the run."""
    (system, place), (other, folder) = opened(path), opened(run)
    if type(system) is not type(other):
        return False
    if isinstance(system, LocalFileSystem):
        return Path(place).resolve().is_relative_to(Path(folder).resolve())
    return f"{place}/".startswith(join(folder, ""))
