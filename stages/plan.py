"""What a job *is*, with no word about who runs it: Map, Exchange, Plan.

An engine runs a plan, gives batches of the last table to whoever watches, and returns that small table: see
`crawlsieve.pipelines.engines.engine`. What it needs for that (processes, files, a cluster) is its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

Batch: TypeAlias = pa.RecordBatch


@dataclass(frozen=True)
class Map:
    """One call of `fn` per shard (before any Exchange) or per partition (after one).

    `fn` gets the shard's or partition's batches as a stream and yields batches of schema `writes`. It has to be
    picklable: a frozen dataclass or a module-level function.
    """

    fn: Callable[[Iterator[Batch]], Iterator[Batch]]
    writes: pa.Schema
    name: str = ""
    """What an engine's job graph calls it; the name of `fn`, if empty."""

    @property
    def label(self) -> str:
        """The name that is shown."""
        return self.name or getattr(self.fn, "__name__", type(self.fn).__name__)


@dataclass(frozen=True)
class Exchange:
    """Rows with equal `by` meet in one partition, as a stream sorted by `by`, then `then`.

    `by` and `then` name non-null columns of type int32, int64 or binary(16); the two together have to order the rows
    totally wherever the following Map depends on their order.
    """

    by: tuple[str, ...]
    partitions: int
    then: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A source with one row per input shard, and the steps over it."""

    source: Batch
    steps: tuple[Map | Exchange, ...]
    name: str = "plan"
    """Of the pass, in lower case with hyphens: what a job is called, and what its progress names."""
