"""The driver's side of a stretch: its tasks go to the cluster, a few at a time, and what they tell is taken."""

import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import ray

from crawlsieve import __version__
from crawlsieve.pipelines.engines.attempts import ATTEMPTS, Failure
from crawlsieve.pipelines.engines.engine import Retried, Watch
from crawlsieve.pipelines.engines.ipc import unpacked
from crawlsieve.pipelines.engines.ray.cluster import Cluster
from crawlsieve.pipelines.engines.ray.tasks import KILLED, Part, Shared, Told, last, scattered
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Batch

IN_FLIGHT = 3
"""Tasks that wait in the cluster or run, for each that can run at a time."""

LOOK_SECONDS = 10.0
"""Without a word from any task; then the nodes are looked at."""

INTERRUPT_SECONDS = 3.0
"""For interrupted tasks to end. A worker that is killed may have got a task of the next plan meanwhile."""

CANCEL_SECONDS = 10.0
"""For killed tasks to end: two runs must not write one directory."""

_LAST: Any = ray.remote(last)
_SCATTERED: Any = ray.remote(scattered)

_DEAD = (
    ray.exceptions.WorkerCrashedError,
    ray.exceptions.OutOfMemoryError,
    ray.exceptions.NodeDiedError,
    ray.exceptions.LocalRayletDiedError,
)


class Work(NamedTuple):
    """A task of Ray."""

    number: int
    parts: list[Part]
    pieces: list[Any]
    """Objects that hold the rows of its parts, if they are partitions. They are arguments one by one, so that Ray
    fetches them first: a task that asks for a lost one by itself keeps its CPU from the task that would make it again,
    and both wait for ever."""

    @property
    def name(self) -> str:
        """What messages call it."""
        more = len(self.parts) - 1
        return f"{self.parts[0].name} and {more} more" if more else self.parts[0].name


class Result(NamedTuple):
    """What came of a task."""

    rows: list[Batch]
    """Of the last table."""
    pieces: list[Any]
    """One object for each partition of the Exchange that follows."""


@dataclass
class Round:
    """The tasks of one stretch: what waits, what runs, how often each was begun, and what is done."""

    cluster: Cluster
    shared: Shared
    name: str
    watch: Watch
    note: Callable[[Retried], None]
    begun: dict[int, int] = field(default_factory=dict)
    done: dict[int, Result] = field(default_factory=dict)
    _running: dict[Any, tuple[Work, list[Any]]] = field(default_factory=dict)

    def run(self, tasks: deque[Work]) -> list[Result]:
        """What the tasks came to, in their order.

        Args:
            tasks: taken from here, so that what they read is released when they have ended.

        Raises:
            CrawlsieveError: what a task raised; or it failed again and again.
        """
        submit = self._submitter(ray.put(self.shared))
        try:
            while tasks or self._running:
                while tasks and len(self._running) < IN_FLIGHT * self.cluster.slots:
                    work = tasks.popleft()
                    *pieces, told = submit(work)
                    self._running[told] = (work, pieces)
                tasks.extendleft(self._take())
        except BaseException:  # the others are in the middle of tasks that nobody wants any more
            self._cancel()
            raise
        return [self.done[number] for number in sorted(self.done)]

    def _submitter(self, shared: Any) -> Callable[[Work], list[Any]]:  # noqa: ANN401 - an ObjectRef
        exchange, asked = self.shared.stretch.after, self.cluster.options
        options: dict[str, Any] = {"num_cpus": asked.cpus_per_task, "memory": asked.memory_per_task or None}
        if (
            exchange is None
        ):  # only the driver reads what it returns: where its worker dies, it is begun again from here
            options["max_retries"] = 0
            return lambda work: [
                _LAST.options(name=self._title(work), **options).remote(shared, work.parts, *work.pieces)
            ]
        # Ray itself begins it again where its worker dies, and where a node is lost with what it had returned.
        options |= {"max_retries": ATTEMPTS - 1, "num_returns": exchange.partitions + 1}
        return lambda work: _SCATTERED.options(name=self._title(work), **options).remote(
            shared, work.parts, *work.pieces
        )

    def _title(self, work: Work) -> str:
        return f"{self.name}: {work.name}"

    def _take(self) -> list[Work]:
        """Take the words of tasks that have ended; wait for the first. Returns those that are to begin again."""
        ended, _ = ray.wait(list(self._running), num_returns=1, timeout=LOOK_SECONDS)
        if not ended:
            self.cluster.check()
            return []
        ended, _ = ray.wait(list(self._running), num_returns=len(self._running), timeout=0)
        heard = [(ref, *self._running.pop(ref)) for ref in ended]
        return [work for ref, work, pieces in heard if not self._hear(work, pieces, _told(ref, work))]

    def _hear(self, work: Work, pieces: list[Any], told: Told) -> bool:
        """Take what a task told; false where it has to begin again."""
        if told.verdict is not None:
            raise told.verdict
        begun = self.begun[work.number] = self.begun.get(work.number, 0) + 1
        for _ in range(told.deaths):
            self.note(Retried(told.part or work.name, KILLED.why))
        if told.failure is None:
            rows = [unpacked(message) for message in told.rows]
            for batch in rows:
                self.watch(batch)
            self.done[work.number] = Result(rows, pieces)
            return True
        sys.stderr.write(told.report)
        begun_by_ray = told.failure is KILLED and self.shared.stretch.after is not None
        if begun >= ATTEMPTS or begun_by_ray:
            raise told.failure.last(told.part)
        self.note(Retried(told.part, told.failure.why))
        return False

    def _cancel(self) -> None:
        """End the tasks that run: with an interrupt, that they clean up, and without mercy if that does not help."""
        running = list(self._running)
        with suppress(ray.exceptions.RayError):
            for force, seconds in ((False, INTERRUPT_SECONDS), (True, CANCEL_SECONDS)):
                for ref in running:
                    ray.cancel(ref, force=force)
                if running:
                    _, running = ray.wait(running, num_returns=len(running), timeout=seconds)


def _told(ref: Any, work: Work) -> Told:  # noqa: ANN401 - an ObjectRef
    """What a task told, or what Ray tells of one that could not.

    Raises:
        CrawlsieveError: the nodes lack what a task needs.
    """
    try:
        told: Told = ray.get(ref)
    except _DEAD:
        return Told(failure=KILLED, part=work.name)
    except ray.exceptions.RayError as error:
        cause = error.cause if isinstance(error, ray.exceptions.RayTaskError) else error
        why = f"{type(cause).__name__}: {str(cause).strip().splitlines()[0] if str(cause).strip() else ''}"
        if isinstance(cause, ImportError):
            raise CrawlsieveError(
                f"a node of Ray cannot begin a task ({why}): crawlsieve {__version__}, and what the recipe's steps "
                "need, have to be installed on every node"
            ) from error
        return Told(failure=Failure(why), part=work.name)
    return told
