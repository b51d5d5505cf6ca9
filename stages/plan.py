"""What a job *is*, with no word about who runs it: Map, Exchange, Plan.

An engine is a function `run(plan, scratch, *, watch, ...) -> pa.Table` (see `crawlsieve.pipelines.engines`): it runs
the plan, with its intermediate files under `scratch`, gives each batch of the last table to `watch` as it arrives, and
returns that table. What else it takes (processes, a cluster) is its own.
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
