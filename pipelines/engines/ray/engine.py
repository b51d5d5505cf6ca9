"""A plan on a cluster of Ray, stretch by stretch."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyarrow as pa

from crawlsieve.pipelines.engines.engine import Retried, Watch
from crawlsieve.pipelines.engines.ipc import packed
from crawlsieve.pipelines.engines.ray.cluster import Cluster
from crawlsieve.pipelines.engines.ray.rounds import Result, Round, Work
from crawlsieve.pipelines.engines.ray.tasks import Part, Shared
from crawlsieve.pipelines.engines.stretches import Stretch, shards, stretches, task_name
from crawlsieve.stages.plan import Plan

MOST_TASKS = 1000
"""Before an Exchange."""

MOST_OBJECTS = 100_000
"""Of an Exchange: tasks before it, times its partitions."""


@dataclass(frozen=True)
class Ray:
    """The engine. The rows of an Exchange are objects in the cluster's shared memory, which go to disks as it fills.

    Every shard or partition is a task, unless an Exchange follows: there, neighbouring ones share a task, so that there
    are at most MOST_TASKS, and MOST_OBJECTS objects. Only a cluster with more CPUs than such tasks gets one for each
    CPU, and more objects. Each costs the driver about 1 kB, and its rows too where they are less than 100 kB: Ray
    keeps small objects there, of one task up to 10 MB.

    A task begins when all objects of its partition are in the shared memory of its node. Ray maps files for what does
    not fit there, which is slower; the memory of the process does not grow with the partition.
    """

    cluster: Cluster
    retried: list[Retried] = field(default_factory=list)

    def prepare(self, _tasks: int) -> None:
        """As `Engine.prepare`: Ray starts its workers itself."""

    def run(self, plan: Plan, watch: Watch) -> pa.Table:
        """As `Engine.run`."""
        parts, found = stretches(plan), list[Result]()
        for number, stretch in enumerate(parts):
            reads = parts[number - 1].writes if number else None
            tasks = self._tasks(stretch, _of_partitions(stretch, found) if number else _of_shards(plan))
            found.clear()  # what a task has read is released when it has ended
            title = f"{plan.name}, {stretch.name}"
            found = Round(self.cluster, Shared(stretch, reads), title, watch, self.retried.append).run(tasks)
        return pa.Table.from_batches([batch for result in found for batch in result.rows], parts[-1].writes)

    def _tasks(self, stretch: Stretch, parts: "_Parts") -> deque[Work]:
        together = 1
        if stretch.after is not None:
            tasks = min(MOST_TASKS, max(self.cluster.slots, MOST_OBJECTS // stretch.after.partitions))
            together = max(1, math.ceil(len(parts) / tasks))
        found: deque[Work] = deque()
        for start in range(0, len(parts), together):
            some = parts[start : start + together]
            found.append(Work(len(found), [part for part, _ in some], [ref for _, refs in some for ref in refs]))
        return found


def _of_shards(plan: Plan) -> "_Parts":
    return [(Part(number, task_name(row, number), packed(row), 0), []) for number, row in enumerate(shards(plan))]


def _of_partitions(stretch: Stretch, found: list[Result]) -> "_Parts":
    partitions = stretch.before.partitions if stretch.before else 0
    pieces: list[list[Any]] = [[result.pieces[number] for result in found] for number in range(partitions)]
    return [(Part(number, task_name(None, number), b"", len(refs)), refs) for number, refs in enumerate(pieces)]


_Parts: TypeAlias = list[tuple[Part, list[Any]]]
