"""A plan on a cluster of Ray, stretch by stretch."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

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
    """The engine. The rows of an Exchange are objects in the cluster's memory, which go to disks as it fills.

    Every shard or partition is a task, unless an Exchange follows: there, neighbouring ones share a task, so that there
    are at most MOST_TASKS, and MOST_OBJECTS objects. Only a cluster with more CPUs than such tasks gets one for each
    CPU, and more objects. Each costs the driver about 1 kB, and its rows too where they are less than 100 kB: Ray
    keeps small objects there, of one task up to 10 MB.
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

    def _tasks(self, stretch: Stretch, parts: list[Part]) -> deque[Work]:
        together = 1
        if stretch.after is not None:
            tasks = min(MOST_TASKS, max(self.cluster.slots, MOST_OBJECTS // stretch.after.partitions))
            together = math.ceil(len(parts) / tasks)
        starts = range(0, len(parts), together or 1)
        return deque(Work(number, parts[start : start + together]) for number, start in enumerate(starts))


def _of_shards(plan: Plan) -> list[Part]:
    return [Part(number, task_name(row, number), packed(row), []) for number, row in enumerate(shards(plan))]


def _of_partitions(stretch: Stretch, found: list[Result]) -> list[Part]:
    partitions = stretch.before.partitions if stretch.before else 0
    pieces: list[list[Any]] = [[result.pieces[number] for result in found] for number in range(partitions)]
    return [Part(number, task_name(None, number), b"", refs) for number, refs in enumerate(pieces)]
