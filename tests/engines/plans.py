"""Plans of every shape, over numbers: what each should give can be worked out by hand."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Batch

NUMBERS = pa.schema([pa.field("key", pa.int64(), nullable=False), pa.field("value", pa.int64(), nullable=False)])
RUNS = pa.schema([pa.field("key", pa.int64(), nullable=False), pa.field("total", pa.int64(), nullable=False)])


def shards(*sizes: int) -> Batch:
    """One row per shard: how many numbers it holds, from which on."""
    first = np.concatenate([[0], np.cumsum(sizes)])[:-1] if sizes else []
    return pa.RecordBatch.from_arrays(
        [pa.array(first, pa.int64()), pa.array(sizes, pa.int64())], names=["first", "size"]
    )


@dataclass(frozen=True)
class Count:
    """Shards in, the numbers of each out, keyed by value modulo `keys`, in batches of `batch` rows."""

    keys: int
    batch: int = 1000

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for row in rows:
            for shard in row.to_pylist():
                values = np.arange(shard["first"], shard["first"] + shard["size"])
                for cut in range(0, len(values), self.batch):
                    part = values[cut : cut + self.batch]
                    yield pa.RecordBatch.from_arrays([pa.array(part % self.keys), pa.array(part)], schema=NUMBERS)


@dataclass(frozen=True)
class Above:
    """Rows whose value is at least `bound`."""

    bound: int

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for row in rows:
            yield row.filter(pc.greater_equal(row.column("value"), self.bound))


@dataclass(frozen=True)
class InOrder:
    """Rows as they come, checked to be sorted by key, then value, over batch bounds."""

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        last = (-1, -1)
        for row in rows:
            pairs = list(zip(row.column("key").to_pylist(), row.column("value").to_pylist(), strict=True))
            assert [last, *pairs] == sorted([last, *pairs])
            last = pairs[-1]
            yield row


@dataclass(frozen=True)
class Total:
    """Runs of equal keys in, their sums out, with the run at a batch's end carried over."""

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        key, total = -1, 0
        for row in rows:
            for new, value in zip(row.column("key").to_pylist(), row.column("value").to_pylist(), strict=True):
                if new != key and key >= 0:
                    yield _run(key, total)
                key, total = new, (total if new == key else 0) + value
        if key >= 0:
            yield _run(key, total)


@dataclass(frozen=True)
class FailAt:
    """Raises at a shard that begins with `first`."""

    first: int

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for row in rows:
            if self.first in row.column("first").to_pylist():
                raise CrawlsieveError("this shard cannot be read")
            yield row


@dataclass(frozen=True)
class FailOnce:
    """Raises at the shard that begins with `first`, as often as `times`; every attempt leaves a file in `folder`."""

    folder: str
    first: int
    times: int
    error: str = "RuntimeError"

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for row in rows:
            yield row
            if self.first in row.column("first").to_pylist():
                begun = len(list(Path(self.folder).iterdir()))
                (Path(self.folder) / f"{begun}-{os.getpid()}").touch()
                if begun < self.times:
                    raise {"RuntimeError": RuntimeError("flaky"), "EIO": OSError(5, "Input/output error")}[self.error]


def _run(key: int, total: int) -> Batch:
    return pa.RecordBatch.from_arrays([pa.array([key]), pa.array([total])], schema=RUNS)
