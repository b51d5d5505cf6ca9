"""Worker processes for the local engine, one task at a time each. What fails, or loses its worker, is repeated."""

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

from crawlsieve.pipelines.engines.attempts import ATTEMPTS, Failure, Task, attempt
from crawlsieve.pipelines.engines.engine import Retried, Watch, nobody
from crawlsieve.pipelines.engines.ipc import compact, packed, unpacked
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Batch

Note = Callable[[Retried], None]
"""Is told of every task that is begun again."""


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

    def run(self, tasks: Sequence[Task], watch: Watch = nobody, note: Note = lambda _: None) -> list[Batch]:
        """The rows that the tasks yield, in order of the tasks.

        Args:
            tasks: numbered from 0.
            watch: is given each batch as it arrives.
            note: is told of each task that is begun again.

        Raises:
            CrawlsieveError: what a task raised; or it failed again and again.
        """
        if self._workers == 1 or len(tasks) <= 1:
            return [batch for task in tasks for batch in _run_here(task, watch, note)]
        round_ = _Round(deque(tasks), [0] * len(tasks), watch, note)
        try:
            return self._run(round_, len(tasks))
        except BaseException:  # the others are in the middle of tasks that nobody wants any more
            self.dismiss()
            raise

    def _run(self, round_: "_Round", tasks: int) -> list[Batch]:
        self.prepare(tasks)
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
        self._hired.clear()

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
    note: Note
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
        if isinstance(message, Failure):
            self.repeat(worker, message)
            self.assign(worker)
        elif message is not None:
            batch = unpacked(message)
            worker.rows.append(batch)
            self.watch(batch)
        elif worker.task is not None:
            self.done[worker.task.number] = compact(worker.rows)
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
        ending = signal.Signals(-status).name
        self.repeat(worker, Failure(f"its worker process was killed ({ending}; out of memory?)", lost=True))

    def repeat(self, worker: _Worker, failure: Failure) -> None:
        """Put the worker's task back, for whoever is free.

        Raises:
            CrawlsieveError: it has been begun too often.
        """
        task = worker.task
        if task is None:
            return
        if self.begun[task.number] >= ATTEMPTS:
            raise failure.last(task.name)
        self.note(Retried(task.name, failure.why))
        self.waiting.appendleft(task)

    def rows(self) -> list[Batch]:
        """What the tasks yielded, in their order."""
        return [batch for number in sorted(self.done) for batch in self.done[number]]


def _run_here(task: Task, watch: Watch, note: Note) -> list[Batch]:
    for begun in range(1, ATTEMPTS + 1):
        rows: list[Batch] = []

        def yields(batch: Batch, rows: list[Batch] = rows) -> None:
            watch(batch)
            rows.append(batch)

        failure = attempt(task, yields)
        if failure is None:
            return compact(rows)
        if begun == ATTEMPTS:
            raise failure.last(task.name)
        note(Retried(task.name, failure.why))
    raise AssertionError


def _serve(pipe: Connection, driver: int) -> None:
    """What a worker process does until it is told None, or its driver is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=outlive_nobody, args=(driver,), daemon=True).start()
    while (task := pipe.recv()) is not None:
        try:
            pipe.send(attempt(task, lambda batch: pipe.send(packed(batch))))
        except CrawlsieveError as error:
            pipe.send(error)


def outlive_nobody(driver: int) -> None:
    """A driver that is killed takes its workers along: two runs must not write one directory."""
    while os.getppid() == driver:
        time.sleep(0.5)
    sys.stderr.flush()
    os._exit(1)
