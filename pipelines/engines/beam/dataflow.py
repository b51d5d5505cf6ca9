"""Jobs on Google Cloud Dataflow outlive their driver: a driver that starts again attaches to the one that it finds.

What can be tried without an account is tested: the job's graph, and what is decided here, against a fake of `Service`.
What cannot: the service, its workers, and the calls of Beam's own client in `Client` and `submit`. A driver that is
killed between the submission and the note of it leaves a job that nobody knows of; Dataflow then refuses another job of
that name.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import apache_beam as beam
import fsspec
import xxhash
from apache_beam.options.pipeline_options import PipelineOptions

from crawlsieve.pipelines.engines.ipc import packed
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, read_json, remove, write_json
from crawlsieve.stages.plan import Plan

POLL_SECONDS = 10.0

_NOTE = "dataflow-"

DONE = "JOB_STATE_DONE"
GONE = frozenset({DONE, "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_DRAINED", "JOB_STATE_UPDATED"})
"""States in which a job does nothing any more."""


class Service(Protocol):
    """What is asked of Dataflow."""

    def state(self, job: str) -> str:
        """The state of a job, as the service calls it."""

    def cancel(self, job: str) -> None:
        """Ask for the end of a job."""


@dataclass(frozen=True)
class Client:
    """The service itself, through Beam's client."""

    options: PipelineOptions

    def state(self, job: str) -> str:
        """As `Service`."""
        return str(self._client().get_job(job).current_state.name)

    def cancel(self, job: str) -> None:
        """As `Service`."""
        self._client().modify_job_state(job, "JOB_STATE_CANCELLED")

    def _client(self) -> Any:  # noqa: ANN401 - Beam's, only there with the extra `gcp`
        from apache_beam.runners.dataflow.internal import apiclient  # noqa: PLC0415

        return apiclient.DataflowApplicationClient(self.options)


def submit(pipeline: beam.Pipeline) -> str:
    """Hand a job to Dataflow; returns its id."""
    return str(pipeline.run().job_id())


@dataclass(frozen=True)
class Submitted:
    """A job, as its driver notes it before it waits."""

    job: str
    plan: str
    """Fingerprint of what it does."""
    scratch: str
    """Where its tasks leave what they made."""


@dataclass(frozen=True)
class Jobs:
    """The jobs of a run, one a plan. The note of a job is gone when its driver has what it made."""

    work: str
    service: Service
    submit: Callable[[beam.Pipeline], str] = submit
    every: float = POLL_SECONDS

    def find(self, plan: Plan) -> Submitted | None:
        """A job that an earlier driver left, if it does this very plan and is not in vain; any other is cancelled."""
        value = read_json(self._note(plan))
        if value is None:
            return None
        found = Submitted(**value)
        state = self.service.state(found.job)
        if found.plan == fingerprint(plan) and state in {DONE, *_alive(state)}:
            return found
        if state not in GONE:
            self.cancel(found.job)
        remove(found.scratch)
        self.forget(plan)
        return None

    def note(self, plan: Plan, job: str, scratch: str) -> Submitted:
        """Write down a job, so that another driver finds it."""
        submitted = Submitted(job, fingerprint(plan), scratch)
        write_json(self._note(plan), asdict(submitted))
        return submitted

    def forget(self, plan: Plan) -> None:
        """The driver knows what became of the job."""
        remove(self._note(plan))

    def cancel(self, job: str) -> None:
        """End a job, and wait until nothing of it writes any more."""
        self.service.cancel(job)
        self._wait(job)

    def wait(self, job: str) -> None:
        """Until the job is done.

        Raises:
            CrawlsieveError: it came to another end.
        """
        state = self._wait(job)
        if state != DONE:
            raise CrawlsieveError(f"Dataflow job {job} ended as {state}: its log says why")

    def _wait(self, job: str) -> str:
        while (state := self.service.state(job)) not in GONE:
            time.sleep(self.every)
        return state

    def scratches(self) -> list[str]:
        """Folders of jobs that an earlier driver left."""
        system, place = fsspec.core.url_to_fs(self.work)
        system.invalidate_cache()
        if not system.isdir(place):
            return []
        names = [str(path).rsplit("/", 1)[-1] for path in system.ls(place, detail=False)]
        notes = [read_json(join(self.work, name)) for name in names if name.startswith(_NOTE)]
        return [note["scratch"] for note in notes if note]

    def _note(self, plan: Plan) -> str:
        return join(self.work, f"{_NOTE}{plan.name}.json")


class OnDataflow:
    """A runner of one plan: its job is submitted, or was by an earlier driver."""

    def __init__(self, jobs: Jobs, plan: Plan, found: Submitted | None, scratch: str) -> None:
        self._jobs, self._plan, self._job, self._scratch = jobs, plan, found, scratch

    def run(self, made: Callable[[], beam.Pipeline]) -> None:
        """As `Runner`."""
        if self._job is None:
            self._job = self._jobs.note(self._plan, self._jobs.submit(made()), self._scratch)
        try:
            self._jobs.wait(self._job.job)
        except KeyboardInterrupt:
            self._jobs.cancel(self._job.job)
            raise

    def end(self) -> None:
        """As `Runner`."""
        if self._job is not None:
            self._jobs.service.cancel(self._job.job)


def fingerprint(plan: Plan) -> str:
    """The same for the same shards and the same steps with the same options."""
    return xxhash.xxh3_128_hexdigest(packed(plan.source) + repr(plan.steps).encode())


def _alive(state: str) -> set[str]:
    return set() if state in GONE or state == "JOB_STATE_CANCELLING" else {state}
