"""The embedded engine: tasks in this process or in worker processes, Exchange through files on a local disk."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import fsspec
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.engines.engine import Retried, Watch
from crawlsieve.pipelines.engines.exchange import gather, scatter
from crawlsieve.pipelines.engines.stretches import Stretch, shards, stretches, task_name
from crawlsieve.pipelines.engines.workers import Crew, hire
from crawlsieve.stages.plan import Batch, Plan

_EXCHANGE = "exchange-"


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
        """What messages call it."""
        return task_name(self.rows, self.number)

    def __call__(self, yields: Watch) -> None:
        """Run it. Rows of the last stretch are given to `yields`; those of others are scattered into files."""
        batches = self.stretch.rows(self._source())
        if self.stretch.after is None or self.writes is None:
            for batch in batches:
                yields(batch)
            return
        scatter(self.stretch.after, self.stretch.writes, batches, self.writes, self.number)

    def _source(self) -> Iterator[Batch]:
        if self.rows is not None:
            return iter([self.rows])
        if self.reads is None or self.stretch.before is None or self.schema is None:
            message = "a task reads a shard or a partition"
            raise ValueError(message)
        return gather(self.stretch.before, self.schema, self.reads, self.number)


@dataclass(frozen=True)
class Local:
    """The engine, with its folder for the files of exchanges."""

    crew: Crew
    scratch: Path
    retried: list[Retried] = field(default_factory=list)

    def prepare(self, tasks: int) -> None:
        """Start as many workers as these tasks will keep busy."""
        self.crew.prepare(tasks)

    def run(self, plan: Plan, watch: Watch) -> pa.Table:
        """As `Engine.run`."""
        last: list[Batch] = []
        parts = stretches(plan)
        for file in self.scratch.iterdir():  # the exchanges of the plan before
            shutil.rmtree(file)
        for place in range(len(parts)):
            last = self.crew.run(_tasks(plan, parts, place, self.scratch), watch, self.retried.append)
        return pa.Table.from_batches(last, parts[-1].writes)


@contextmanager
def started(workers: int, work: str | None = None) -> Iterator[Local]:
    """The engine for the length of a block.

    Args:
        workers: processes; with 1, everything happens in this one.
        work: the work folder of the run. Files of exchanges go beside it where that is local, else, and without one,
            into this machine's temporary folder.
    """
    beside = _local(work)
    for left_over in beside.glob(f"{_EXCHANGE}*") if beside else ():  # of a run that was killed
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(prefix=_EXCHANGE, dir=beside) as folder, hire(workers) as crew:
        yield Local(crew, Path(folder))


def _local(work: str | None) -> Path | None:
    if work is None:
        return None
    system, place = fsspec.core.url_to_fs(work)
    return Path(place) if isinstance(system, LocalFileSystem) else None


def _tasks(plan: Plan, parts: list[Stretch], place: int, scratch: Path) -> list[Task]:
    stretch = parts[place]
    writes = str(scratch / f"exchange-{place}") if stretch.after else None
    if stretch.before is None:
        return [Task(stretch, n, row, None, writes, None) for n, row in enumerate(shards(plan))]
    reads = str(scratch / f"exchange-{place - 1}")
    schema = parts[place - 1].writes
    return [Task(stretch, n, None, reads, writes, schema) for n in range(stretch.before.partitions)]
