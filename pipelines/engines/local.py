"""The embedded engine: tasks in this process or in worker processes, Exchange through files on a local disk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pyarrow as pa

from crawlsieve.pipelines.engines.exchange import Scatter, gather
from crawlsieve.pipelines.engines.workers import Crew
from crawlsieve.stages.plan import Batch, Exchange, Map, Plan

Watch = Callable[[Batch], None]


@dataclass(frozen=True)
class Stretch:
    """Neighbouring Maps, which are one call per task, between two Exchanges."""

    maps: tuple[Map, ...]
    before: Exchange | None
    after: Exchange | None

    def writes(self) -> pa.Schema:
        """The schema of the rows that leave."""
        return self.maps[-1].writes


@dataclass(frozen=True)
class Task:
    """One shard's, or one partition's, way through a stretch."""

    stretch: Stretch
    number: int
    rows: Batch | None
    reads: str | None
    writes: str | None
    schema: pa.Schema | None

    @property
    def name(self) -> str:
        """What a message calls it: the path of the shard, or the number of the partition."""
        if self.rows is not None and "path" in self.rows.schema.names:
            return str(self.rows.column("path")[0])
        return f"partition {self.number}"

    def __call__(self, yields: Watch) -> None:
        """Run it. Rows of the last stretch are given to `yields`; those of others are scattered into files."""
        batches = reduce(lambda stream, step: step.fn(stream), self.stretch.maps, self._source())
        if self.stretch.after is None or self.writes is None:
            for batch in batches:
                yields(batch)
            return
        with Scatter(self.stretch.after, self.stretch.writes(), self.writes, self.number) as scatter:
            for batch in batches:
                scatter.add(batch)

    def _source(self) -> Iterator[Batch]:
        if self.rows is not None:
            return iter([self.rows])
        if self.reads is None or self.stretch.before is None or self.schema is None:
            message = "a task reads a shard or a partition"
            raise ValueError(message)
        return gather(self.stretch.before, self.schema, self.reads, self.number)


def run(plan: Plan, scratch: str, *, crew: Crew | None = None, watch: Watch = lambda _: None) -> pa.Table:
    """Run a plan and return its last table.

    Args:
        plan: what to do.
        scratch: a local folder for the exchanges' files; what they leave is not needed afterwards.
        crew: who does the tasks; this process, if not given.
        watch: is given each batch of the last table as it arrives, also those of an attempt that is repeated later.

    Raises:
        CrawlsieveError: what a task raised; or a worker process died again and again.
    """
    last: list[Batch] = []
    stretches = _stretches(plan)
    workers = crew or Crew(1)
    for place in range(len(stretches)):
        last = workers.run(_tasks(plan, stretches, place, Path(scratch)), watch)
    return pa.Table.from_batches(last, stretches[-1].writes())


def _stretches(plan: Plan) -> list[Stretch]:
    found: list[Stretch] = []
    maps: list[Map] = []
    before: Exchange | None = None
    for step in plan.steps:
        if isinstance(step, Map):
            maps.append(step)
            continue
        found.append(Stretch(tuple(maps), before, step))
        maps, before = [], step
    found.append(Stretch(tuple(maps), before, None))
    if not all(stretch.maps for stretch in found):
        message = "a plan begins and ends with a Map, and has one between two Exchanges"
        raise ValueError(message)
    return found


def _tasks(plan: Plan, stretches: list[Stretch], place: int, scratch: Path) -> list[Task]:
    stretch = stretches[place]
    writes = str(scratch / f"exchange-{place}") if stretch.after else None
    if stretch.before is None:
        rows = [plan.source.take(pa.array([n])) for n in range(len(plan.source))]
        return [Task(stretch, n, row, None, writes, None) for n, row in enumerate(rows)]
    reads = str(scratch / f"exchange-{place - 1}")
    schema = stretches[place - 1].writes()
    return [Task(stretch, n, None, reads, writes, schema) for n in range(stretch.before.partitions)]
