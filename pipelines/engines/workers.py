"""Worker processes for the local engine: one task at a time each; a killed one is replaced and its task repeated."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol

import pyarrow as pa

from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Batch

ATTEMPTS = 3
"""How often a task is begun before the run gives up, when its worker is killed each time."""

Watch = Callable[[Batch], None]


class Task(Protocol):
    """What a worker can run: it gives the rows of the plan's last table to `yields`."""

    @property
    def number(self) -> int:
        """Its place among the tasks."""

    @property
    def name(self) -> str:
        """What a message calls it."""

    def __call__(self, yields: Watch) -> None:
        """Run it."""


@contextmanager
def hire(workers: int) -> Iterator["Crew"]:
    """Worker processes for the length of the block; with 1, everything happens in this process."""
    crew = Crew(workers)
    try:
        yield crew
    finally:
        crew.dismiss()


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: Task | None = None
    rows: list[Batch] = field(default_factory=list)


class Crew:
    """Worker processes that keep what they have loaded between tasks, and between plans."""

    def __init__(self, workers: int) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._workers = workers
        self._hired: list[_Worker] = []

    def prepare(self, tasks: int) -> None:
        """Start the workers that so many tasks will keep busy; they load their modules while the caller goes on."""
        if self._workers == 1 or tasks <= 1:
            return
        for worker in [worker for worker in self._hired if not worker.process.is_alive()]:
            worker.pipe.close()
            self._hired.remove(worker)
        while len(self._hired) < min(self._workers, tasks):
            self._hire()

    def run(self, tasks: Sequence[Task], watch: Watch) -> list[Batch]:
        """The rows that the tasks yield, in order of the tasks.

        Args:
            tasks: numbered from 0.
            watch: is given each batch as it arrives.

        Raises:
            CrawlsieveError: what a task raised; or a worker was killed again and again.
        """
        if self._workers == 1 or len(tasks) <= 1:
            return _run_here(tasks, watch)
        round_ = _Round(deque(tasks), [0] * len(tasks), watch)
        self.prepare(len(tasks))
        for worker in self._hired:
            round_.assign(worker)
        while busy := [worker for worker in self._hired if worker.task is not None]:
            for pipe in wait([worker.pipe for worker in busy]):
                worker = next(worker for worker in busy if worker.pipe is pipe)
                if not round_.listen(worker):
                    self._hired.remove(worker)
                    round_.lament(worker)
                    round_.assign(self._hire())
        return round_.rows()

    def dismiss(self) -> None:
        """End every worker, whatever it does."""
        for worker in self._hired:
            worker.process.terminate()
        for worker in self._hired:
            worker.process.join()
            worker.pipe.close()

    def _hire(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, os.getpid()), daemon=False)
        process.start()
        theirs.close()
        self._hired.append(_Worker(process, ours))
        return self._hired[-1]


@dataclass
class _Round:
    """The tasks of one call: what waits, how often each was begun, and what is done."""

    waiting: deque[Task]
    begun: list[int]
    watch: Watch
    done: dict[int, list[Batch]] = field(default_factory=dict)

    def assign(self, worker: _Worker) -> None:
        """Give the worker the next task, if there is one."""
        worker.task, worker.rows = None, []
        if self.waiting:
            worker.task = self.waiting.popleft()
            self.begun[worker.task.number] += 1
            with suppress(BrokenPipeError, ConnectionResetError):  # it is dead, which `listen` will find
                worker.pipe.send(worker.task)

    def listen(self, worker: _Worker) -> bool:
        """Take the worker's next word; false where it is dead."""
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):  # also in the middle of a message
            return False
        if isinstance(message, CrawlsieveError):
            raise message
        if message is not None:
            batch = pa.ipc.open_stream(message).read_next_batch()
            worker.rows.append(batch)
            self.watch(batch)
        elif worker.task is not None:
            self.done[worker.task.number] = _compact(worker.rows)
            self.assign(worker)
        return True

    def lament(self, worker: _Worker) -> None:
        """Put the task of a dead worker back, unless it was its own fault or happens too often."""
        worker.process.join()
        worker.pipe.close()
        status, task = worker.process.exitcode or 0, worker.task
        if task is None:
            return
        if status >= 0:
            raise CrawlsieveError(f"{task.name}: a worker process stopped with an error; its report is above")
        if self.begun[task.number] >= ATTEMPTS:
            ending = signal.Signals(-status).name
            raise CrawlsieveError(
                f"{task.name}: its worker process was killed {ATTEMPTS} times ({ending}; out of memory?)."
                " Finished shards are kept: run again, with fewer --workers"
            )
        self.waiting.appendleft(task)

    def rows(self) -> list[Batch]:
        """What the tasks yielded, in their order."""
        return [batch for number in sorted(self.done) for batch in self.done[number]]


def _run_here(tasks: Sequence[Task], watch: Watch) -> list[Batch]:
    done: list[Batch] = []
    for task in tasks:
        rows: list[Batch] = []

        def yields(batch: Batch, rows: list[Batch] = rows) -> None:
            watch(batch)
            rows.append(batch)

        _perform(task, yields)
        done += _compact(rows)
    return done


def _compact(rows: list[Batch]) -> list[Batch]:
    """The same rows in one batch: a batch takes kilobytes, and a task tells of its progress in many of a few rows."""
    return pa.Table.from_batches(rows).combine_chunks().to_batches() if rows else []


def _perform(task: Task, yields: Watch) -> None:
    """Run the task; what the machine refuses (a full disk, a missing folder) is the user's to know, not a bug."""
    try:
        task(yields)
    except OSError as error:
        raise CrawlsieveError(f"{task.name}: {error.strerror or error} {error.filename or ''}".strip()) from error


def _serve(pipe: Connection, driver: int) -> None:
    """What a worker process does until it is told None, or its driver is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_outlive_nobody, args=(driver,), daemon=True).start()
    while (task := pipe.recv()) is not None:
        try:
            _perform(task, lambda batch: pipe.send(_message(batch)))
        except CrawlsieveError as error:
            pipe.send(error)
        else:
            pipe.send(None)


def _message(batch: Batch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _outlive_nobody(driver: int) -> None:
    """A driver that is killed takes its workers along: two runs must not write one directory."""
    while os.getppid() == driver:
        time.sleep(0.5)
    sys.stderr.flush()
    os._exit(1)
