"""The driver: it runs plans as pipelines, begins them again after failures, and gathers what their tasks left."""

import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import apache_beam as beam
import fsspec
import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.engines.attempts import ATTEMPTS, Failure
from crawlsieve.pipelines.engines.beam.crew import Crew, LostWorkerError, Processes
from crawlsieve.pipelines.engines.beam.dataflow import Client, Jobs, OnDataflow, Submitted
from crawlsieve.pipelines.engines.beam.flags import HERE, checked, job_name, pipeline_options
from crawlsieve.pipelines.engines.beam.graph import build
from crawlsieve.pipelines.engines.beam.results import Results, Told
from crawlsieve.pipelines.engines.beam.runners import Here, Runner, There, of_beam
from crawlsieve.pipelines.engines.beam.scratch import PREFIX, Scratch, left_over
from crawlsieve.pipelines.engines.engine import Retried, Watch
from crawlsieve.pipelines.engines.options import BeamOptions
from crawlsieve.pipelines.engines.stretches import stretches
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, remove
from crawlsieve.stages.plan import Plan

_REPEAT_THEMSELVES = frozenset({"DataflowRunner", "FlinkRunner", "SparkRunner"})
"""Runners that begin a failed bundle again; to repeat their whole job would repeat what is hopeless."""

LOOK_SECONDS, LOOK_SECONDS_AFAR = 0.5, 10.0
"""Between two looks for tasks that are done, on this machine's disk and in an object store, where each look is paid."""


@dataclass
class Beam:
    """The engine."""

    options: BeamOptions
    work: str
    name: str
    retried: list[Retried] = field(default_factory=list)
    jobs: Jobs | None = None
    """Those on Dataflow, if that is the runner."""
    crew: Crew = field(default_factory=Crew)
    result: object = None
    """What Beam says of the last pipeline: its metrics, for one."""

    def prepare(self, tasks: int) -> None:
        """Start worker processes, where they are ours."""
        if tasks > 1 and self._processes:
            self.crew.hire(self.options.workers)

    @property
    def _every(self) -> float:
        system, _ = fsspec.core.url_to_fs(self.work)
        return LOOK_SECONDS if isinstance(system, LocalFileSystem) else LOOK_SECONDS_AFAR

    @property
    def _processes(self) -> bool:
        return self.options.runner in HERE and self.options.workers > 1

    def run(self, plan: Plan, watch: Watch) -> pa.Table:
        """As `Engine.run`."""
        told: Told = set()
        attempts = 1 if self.options.runner in _REPEAT_THEMSELVES else ATTEMPTS
        for begun in range(1, attempts + 1):
            found = self._attempt(plan, watch, told)
            if isinstance(found, pa.Table):
                return found
            task, failure = found
            if begun == attempts:
                raise failure.last(task)
            self.retried.append(Retried(task, failure.why))
        raise AssertionError

    def _attempt(self, plan: Plan, watch: Watch, told: Told) -> pa.Table | tuple[str, Failure]:
        """The last table, or whose failure ended the pipeline."""
        submitted = self.jobs.find(plan) if self.jobs is not None else None
        folder = join(self.work, f"{PREFIX}beam-{plan.name}-{uuid.uuid4().hex[:8]}")
        results = Results(Scratch(submitted.scratch if submitted else folder), watch, told)
        options = pipeline_options(self.options, job_name(self.name, plan.name))
        place = Processes.of(self.crew) if self._processes else None
        runner = self._runner(plan, place, submitted, results.scratch)
        try:
            error: Exception | None = None
            try:
                with results.watched(self._every, runner.end):
                    self.result = runner.run(lambda: self._pipeline(plan, options, place, results.scratch))
            except Exception as ended:  # noqa: BLE001 - whatever Beam makes of whatever a task raised
                error = ended
            if _interrupted(error):
                raise KeyboardInterrupt
            return self._ending(plan, results, error)
        finally:
            results.scratch.remove()
            if self.jobs is not None:
                self.jobs.forget(plan)

    def _pipeline(
        self, plan: Plan, options: PipelineOptions, place: Processes | None, scratch: Scratch
    ) -> beam.Pipeline:
        pipeline = beam.Pipeline(runner=of_beam(self.options, options, place), options=options)
        scratch.put_source(plan.source)
        build(pipeline, plan, scratch)
        return pipeline

    def _ending(self, plan: Plan, results: Results, error: Exception | None) -> pa.Table | tuple[str, Failure]:
        verdict, failures = results.scratch.verdict(), results.scratch.failures()
        last = next((one for one in reversed(failures) if one.ending), None) if error else None
        self.retried += [Retried(one.task, one.failure.why) for one in failures if one is not last]
        if verdict is not None:
            raise verdict
        if error is None:
            parts = stretches(plan)
            before = parts[-1].before
            return results.table(len(plan.source) if before is None else before.partitions, parts[-1].writes)
        if last is not None:
            return last.task, last.failure
        if isinstance(error, CrawlsieveError):
            raise error
        if isinstance(error, LostWorkerError):
            return error.task, error.failure
        traceback.print_exception(error)
        return plan.name, Failure(f"{type(error).__name__}: {str(error).splitlines()[0]}", reported=True)

    def _runner(self, plan: Plan, place: Processes | None, found: Submitted | None, scratch: Scratch) -> Runner:
        if self.jobs is not None:
            return OnDataflow(self.jobs, plan, found, scratch.folder)
        return Here(self.crew, place) if self.options.runner in HERE else There()


def _interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind this. Beam makes a RuntimeError of it."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:  # an error that several threads raise may stand behind itself
        if isinstance(error, KeyboardInterrupt):
            return True
        seen.append(error)
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def started(options: BeamOptions, work: str, name: str) -> Iterator[Beam]:
    """The engine, for the length of a block.

    Args:
        options: runner, workers and Beam's own options.
        work: the work folder of the run, any address that fsspec knows; driver and workers have to reach it.
        name: of the run, with which the names of jobs begin.

    Raises:
        CrawlsieveError: Beam has no such runner or option, or the runner lacks one.
    """
    flags = checked(options, name)
    jobs = Jobs(work, Client(flags)) if options.runner == "DataflowRunner" else None
    for folder in left_over(work, jobs.scratches() if jobs is not None else ()):
        remove(folder)
    engine = Beam(options, work, name, jobs=jobs)
    try:
        yield engine
    finally:
        engine.crew.dismiss()
