"""Beam's runners, in two kinds: those of this machine, and all others."""

from collections.abc import Callable
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.runners.runner import create_runner

from crawlsieve.pipelines.engines.beam.crew import Crew, EndedError, Processes
from crawlsieve.pipelines.engines.options import BeamOptions


class Runner(Protocol):
    """Who runs one pipeline."""

    def run(self, made: Callable[[], beam.Pipeline]) -> Any:  # noqa: ANN401 - Beam's result
        """Run the pipeline that `made` makes to its end."""

    def end(self) -> None:
        """End it before."""


def of_beam(options: BeamOptions, flags: PipelineOptions, place: Processes | None) -> Any:  # noqa: ANN401 - Beam's
    """What Beam calls a runner. Ours is used by its class: Beam's DirectRunner tries to download another first."""
    if place is not None:
        direct = flags.view_as(DirectOptions)
        direct.direct_num_workers = options.workers
        direct.direct_running_mode = None  # any other would have workers of its own
        return FnApiRunner(default_environment=place)
    return FnApiRunner() if options.runner == "FnApiRunner" else create_runner(options.runner)


class Here:
    """This process, or worker processes of our own."""

    def __init__(self, crew: Crew, place: Processes | None) -> None:
        self._crew = crew
        self._place = place

    def run(self, made: Callable[[], beam.Pipeline]) -> Any:  # noqa: ANN401 - Beam's
        """As `Runner`."""
        self._crew.begin()
        try:
            result = made().run()
            result.wait_until_finish()
        except Exception:
            if self._crew.lost is not None:
                raise self._crew.lost from None
            raise
        finally:
            if self._place is not None:
                self._place.forget()
        return result

    def end(self) -> None:
        """As `Runner`. In this process, the task that came to a verdict has ended the pipeline by raising it."""
        self._crew.end(EndedError())


class There:
    """A runner by its name: it takes a job, and does it elsewhere."""

    def __init__(self) -> None:
        self._result: Any = None

    def run(self, made: Callable[[], beam.Pipeline]) -> Any:  # noqa: ANN401 - Beam's
        """As `Runner`. A driver that is stopped cancels its job."""
        try:
            self._result = made().run()
            self._result.wait_until_finish()
        except KeyboardInterrupt:
            self.end()
            raise
        return self._result

    def end(self) -> None:
        """As `Runner`."""
        if self._result is not None:
            self._result.cancel()
