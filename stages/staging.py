"""Staged tables: what a shard leaves for the pass that publishes, cut by id so that an output file reads its part.

A file is a row of segments, an index, the table's schema, and their two lengths (`_TAIL`). A segment is a record batch
as an Arrow message under zstd, its ids a narrow range. The index has 24 bytes for each. (Parquet has 900 to 5,000 bytes
of footer for a row group of documents, and whoever reads one row group reads the footer of all of them first.)
`docs/explanation/staging.md` has the arithmetic.
"""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import IO

import fsspec
import numpy as np
import pyarrow as pa

from crawlsieve.dedup.partition import partition_of, words_of
from crawlsieve.stages.files import writing
from crawlsieve.stages.plan import Batch

FLUSH_BYTES = 32 << 20
"""Bytes of rows held in memory before they are written; part of the bound on a worker's memory."""

BATCH_BYTES = 4 << 20
"""Rows of one range are given out in batches of about this size."""

MOST_BUCKETS = 1024
"""Ranges of ids that a run of `FLUSH_BYTES` is cut into, at most: segments of 32 KiB."""

_INDEX = np.dtype([("at", "<i8"), ("stored", "<u4"), ("plain", "<u4"), ("low", "<u4"), ("high", "<u4")])
_TAIL = struct.Struct("<QQ")
_GUESS = 64 << 10  # the tail, the schema and most indexes, in one request


class StagedTable:
    """Rows on their way into segments: sorted by id in runs of `FLUSH_BYTES`, so that no cut shows in their order."""

    def __init__(self, file: IO[bytes], buckets: int) -> None:
        self.rows = 0
        self._file = file
        self._buckets = buckets
        self._at = 0
        self._index: list[tuple[int, int, int, int, int]] = []
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
        run = pa.concat_batches(self._held)
        self._held, self._held_bytes = [], 0
        words = words_of(run.column("id"))
        order = np.lexsort((words[:, 1], words[:, 0]))
        run, top = run.take(pa.array(order)), words[order, 0] >> np.uint64(32)
        bucket = partition_of([run.column("id")], self._buckets)
        bounds = [0, *np.flatnonzero(np.diff(bucket)) + 1, len(run)]
        for first, last in pairwise(bounds):
            self._write(run.slice(first, last - first), int(top[first]), int(top[last - 1]))

    def finish(self, schema: pa.Schema) -> None:
        """Write the rest, and where everything is."""
        self.flush()
        index, described = np.array(self._index, _INDEX).tobytes(), schema.serialize().to_pybytes()
        self._file.write(index + described + _TAIL.pack(len(index), len(described)))

    def _write(self, rows: Batch, low: int, high: int) -> None:
        message = rows.serialize()
        data = pa.compress(message, "zstd", asbytes=True)
        self._file.write(data)
        self._index.append((self._at, len(data), message.size, low, high))
        self._at += len(data)


@contextmanager
def staging(path: str, schema: pa.Schema, buckets: int = 1) -> Iterator[StagedTable]:
    """A staged table that appears under `path` when the block ends without an error.

    Args:
        path: its address.
        schema: of its rows; `id` is binary(16), uniform.
        buckets: ranges of ids, a power of two, that are readable on their own.
    """
    with writing(path) as file:
        table = StagedTable(file, buckets)
        yield table
        table.finish(schema)


def buckets_for(ranges: int) -> int:
    """The power of two with which a bucket is no wider than one of `ranges` ranges of ids, if that many may be."""
    return min(MOST_BUCKETS, 1 << max(0, ranges - 1).bit_length())


def read_partition(path: str, partition: int, partitions: int) -> Iterator[Batch]:
    """The rows of a staged table whose id falls into `partition` of `partitions`, by runs, in order of id."""
    held: list[Batch] = []
    size = 0
    with _opened(path) as file:
        schema, index = _contents(file)
        low, high = ((index[end].astype(np.uint64) * np.uint64(partitions)) >> np.uint64(32) for end in ("low", "high"))
        for batch in _segments(file, schema, index[(low <= partition) & (partition <= high)]):
            wanted = partition_of([batch.column("id")], partitions) == partition
            held.append(batch if wanted.all() else batch.filter(pa.array(wanted)))
            size += held[-1].nbytes
            if size >= BATCH_BYTES:
                yield pa.concat_batches(held)
                held, size = [], 0
    if held:
        yield pa.concat_batches(held)


def read_all(path: str) -> Iterator[Batch]:
    """Every row of a staged table, by runs, in order of id."""
    with _opened(path) as file:
        yield from _segments(file, *_contents(file))


def _opened(path: str) -> IO[bytes]:
    """An existing file, of which exactly those bytes are fetched that are asked for."""
    system, place = fsspec.core.url_to_fs(path)
    file: IO[bytes] = system.open(place, "rb", cache_type="none")
    return file


def _contents(file: IO[bytes]) -> tuple[pa.Schema, np.ndarray]:
    """The schema and the index of a staged table."""
    size = file.seek(0, io.SEEK_END)
    tail = _read(file, max(0, size - _GUESS), size)
    index, described = _TAIL.unpack(tail[-_TAIL.size :])
    end = index + described + _TAIL.size
    if end > len(tail):
        tail = _read(file, size - end, size)
    tail = tail[len(tail) - end :]
    return pa.ipc.read_schema(pa.py_buffer(tail[index : index + described])), np.frombuffer(tail[:index], _INDEX)


def _segments(file: IO[bytes], schema: pa.Schema, index: np.ndarray) -> Iterator[Batch]:
    """The segments of an index. Those that lie side by side are one request, up to `FLUSH_BYTES`."""
    ends = index["at"] + index["stored"]
    first = 0
    for last in range(1, len(index) + 1):
        begin = int(index["at"][first])
        if last < len(index) and index["at"][last] == ends[last - 1] and ends[last] - begin <= FLUSH_BYTES:
            continue
        data = memoryview(_read(file, begin, int(ends[last - 1])))
        for at, stored, plain, *_ in index[first:last].tolist():
            message = pa.decompress(data[at - begin : at - begin + stored], plain, "zstd")
            yield pa.ipc.read_record_batch(message, schema)
        first = last


def _read(file: IO[bytes], begin: int, end: int) -> bytes:
    file.seek(begin)
    return file.read(end - begin)
