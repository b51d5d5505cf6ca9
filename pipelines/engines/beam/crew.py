"""SDK workers of Beam as processes of our own, for its FnApiRunner.

Beam starts such processes too (`multi_processing`), but does not look after them: when one is killed the runner may
wait for its answer for ever, Ctrl-C waits until all tasks are done, a failed task ends the run only after the tasks of
all other workers, and every pipeline starts new ones, in seconds. Here the death of one ends them all, and the pipeline
with them; and those that live serve the next pipeline, with the models that they have loaded.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import grpc
from apache_beam.runners.portability.fn_api_runner.worker_handlers import GrpcWorkerHandler, WorkerHandler
from apache_beam.transforms.environments import Environment, python_sdk_capabilities

from crawlsieve.pipelines.engines.attempts import Failure
from crawlsieve.pipelines.engines.beam.task import OWN

URN = "crawlsieve:environment:processes:v1"


class LostWorkerError(Exception):
    """A worker process is gone."""

    def __init__(self, task: str, failure: Failure) -> None:
        super().__init__(f"{task}: {failure.why}")
        self.task = task
        self.failure = failure


class Worker:
    """A process that serves one pipeline after the other, and keeps what it has loaded."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="crawlsieve-beam-"))
        self.at = self._folder / "task"
        """Where it says which task it is at."""
        surroundings = {**os.environ, OWN: str(self.at), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.process = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-m", "crawlsieve.pipelines.engines.beam.worker", str(os.getpid())],
            env=surroundings,
            stdin=subprocess.PIPE,
            process_group=0,  # Ctrl-C in a terminal is answered by the driver
        )

    def serve(self, control: str, name: str) -> None:
        """Give it to the runner that listens at an address."""
        self.at.unlink(missing_ok=True)
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):  # it is dead, which whoever watches it will find
                self.process.stdin.write(json.dumps({"control": control, "name": name}).encode() + b"\n")
                self.process.stdin.flush()

    def kill(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Crew:
    """The worker processes of an engine."""

    def __init__(self) -> None:
        self.idle: list[Worker] = []
        self._busy: list[Process] = []
        self.lost: LostWorkerError | None = None
        """The first of a pipeline that was killed by somebody else."""

    def hire(self, workers: int) -> None:
        """Start workers that nobody needs yet; they load their modules while the caller goes on."""
        while len(self.idle) < workers:
            self.idle.append(Worker())

    def take(self, taker: "Process") -> Worker:
        """A worker for a runner."""
        alive = [worker for worker in self.idle if worker.process.poll() is None]
        for dead in set(self.idle) - set(alive):
            dead.kill()
        self.idle = alive
        self.hire(1)
        self._busy.append(taker)
        return self.idle.pop()

    def end(self, error: Exception) -> None:
        """End every busy worker and so the pipeline, for this reason."""
        if isinstance(error, LostWorkerError) and self.lost is None:
            self.lost = error
        for worker in self._busy:
            worker.end(error)

    def begin(self) -> None:
        """A pipeline begins."""
        self._busy, self.lost = [], None

    def dismiss(self) -> None:
        """End every worker."""
        self.end(EndedError())
        for worker in self.idle:
            worker.kill()
        self.idle = []


class EndedError(Exception):
    """A pipeline was ended because of a task's verdict, or is not wanted any more."""


_CREWS: dict[bytes, Crew] = {}
"""The crews of this process. A handler knows its own by the payload of its environment."""

_NUMBERS = count()


class Processes(Environment):
    """Where the tasks of a pipeline run: in a crew."""

    def __init__(self, crew: bytes) -> None:
        super().__init__(python_sdk_capabilities())
        self._crew = crew

    @classmethod
    def of(cls, crew: Crew) -> "Processes":
        """The environment of a crew."""
        key = str(next(_NUMBERS)).encode()
        _CREWS[key] = crew
        return cls(key)

    def forget(self) -> None:
        """The pipeline is over."""
        _CREWS.pop(self._crew, None)

    def to_runner_api_parameter(self, _: object) -> tuple[str, bytes]:
        """As Beam calls it."""
        return URN, self._crew


class Process(GrpcWorkerHandler):
    """One worker process, as the runner of one pipeline handles it."""

    def __init__(self, crew: bytes, state: object, provision: object, server: object) -> None:
        super().__init__(state, provision, server)
        self._crew = _CREWS[crew]
        self._worker = self._crew.take(self)
        self._dismissed = threading.Event()
        self._error: Exception | None = None
        self.control_conn.set_input = _until_gone(self.control_conn.set_input)
        self.control_conn.push = self._unless_gone(self.control_conn.push)
        self.data_conn.set_inputs = _until_gone(self.data_conn.set_inputs)

    def start_worker(self) -> None:
        """As Beam calls it."""
        self._worker.serve(self.control_address, self.worker_id)
        threading.Thread(target=self._watch, daemon=True).start()

    def end(self, error: Exception) -> None:
        """Kill the process; whatever waits for it gets this error."""
        self._error = self._error or error
        self._worker.process.kill()
        for future in list(self._waiting.values()):
            future.abort(error)
        self.data_conn._exception = error  # noqa: SLF001 - the only way to wake who waits for rows

    def close(self) -> None:
        """As Beam calls it when all bundles are done, or one has failed, or the driver was stopped."""
        self._dismissed.set()
        well = self._error is None and not self._waiting
        if not well:
            self._worker.kill()
        self.control_conn.close()
        if well:
            self.data_conn.close()
            self._crew.idle.append(self._worker)
            return
        self.data_conn._exception = None  # noqa: SLF001 - it was told
        closing = threading.Thread(target=self.data_conn.close, daemon=True)
        closing.start()
        closing.join(1)  # it may wait for room in a queue that nobody empties any more

    @property
    def _waiting(self) -> dict[str, Any]:
        """What the worker has not yet answered. (Beam's `abort` walks it while it changes.)"""
        futures: dict[str, Any] = self.control_conn._futures_by_id  # noqa: SLF001
        return futures

    def _watch(self) -> None:
        while not self._dismissed.wait(0.1):
            status = self._worker.process.poll()
            if status is not None:
                self._lament(status)
                return

    def _lament(self, status: int) -> None:
        if self._error is not None:
            return
        ending = signal.Signals(-status).name if status < 0 else ""
        why = f"its worker process was killed ({ending}; out of memory?)" if ending else "its worker process stopped"
        task = self._worker.at.read_text() if self._worker.at.exists() else "a worker"
        error = LostWorkerError(task, Failure(why, lost=bool(ending)))
        self._crew.end(error)
        while not self._dismissed.wait(0.5):  # a bundle may have been on its way to the dead
            self._crew.end(error)

    def _unless_gone(self, push: Any) -> Any:  # noqa: ANN401 - Beam's
        def pushed(request: Any) -> Any:  # noqa: ANN401
            if self._error is not None and hasattr(request, "instruction_id"):
                raise self._error
            return push(request)

        return pushed


def _until_gone(take: Any) -> Any:  # noqa: ANN401 - Beam's
    """Beam's threads read a worker's stream to its end. A dead worker's ends in an error, which is told elsewhere."""

    def quiet(stream: Iterable[Any]) -> Iterator[Any]:
        with suppress(grpc.RpcError):
            yield from stream

    return lambda stream: take(quiet(stream))


Environment.register_urn(URN, bytes, lambda payload, *_: Processes(payload))
WorkerHandler.register_environment(URN, bytes)(Process)
