"""Options and names as Beam takes them, checked before anything runs."""

import argparse
import difflib
import json
import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, NoReturn

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions, _BeamArgumentParser
from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator
from apache_beam.runners.runner import create_runner

from crawlsieve.pipelines.engines.options import BeamOptions
from crawlsieve.stages.errors import CrawlsieveError

HERE = ("FnApiRunner", "DirectRunner")
"""Run in this process, or in worker processes of our own."""

_WITH_OPTIONS_OF_THEIR_OWN = frozenset({"PortableRunner", "FlinkRunner", "SparkRunner", "PrismRunner"})
"""Their job services may know options that Beam for Python does not."""

_LONGEST_NAME = 63

_OURS = {"number_of_worker_harness_threads": 1}
"""What Beam's options are where nobody says. A process does one task at a time: that is how its memory is counted."""


class _Parser(_BeamArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CrawlsieveError(f"beam: {message}")


def checked(options: BeamOptions, run: str) -> PipelineOptions:
    """Beam's own options, when nothing is wrong with them that can be known before a job is made.

    Raises:
        CrawlsieveError: there is no such runner, it is not installed, an option is unknown, or one is missing.
    """
    name = options.runner
    names = sorted({*StandardOptions.KNOWN_RUNNER_NAMES, *HERE})
    if name not in names and "." not in name:
        raise CrawlsieveError(f"beam: no runner '{name}'{_nearest(name, names)} Runners: {', '.join(names)}.")
    flags = pipeline_options(options, job_name(run, "plan"))
    if name in HERE:
        return flags
    if name == "DataflowRunner" and not _installed("google.cloud.dataflow"):
        raise CrawlsieveError(
            "beam: DataflowRunner needs packages that are not installed: pip install 'crawlsieve[gcp]'"
        )
    try:
        missing = PipelineOptionsValidator(flags, create_runner(name)).validate()
    except (ImportError, AttributeError) as error:
        raise CrawlsieveError(f"beam: runner '{name}' cannot be used: {error}") from error
    if missing:
        raise CrawlsieveError(f"beam: {name}: {' '.join(missing)}")
    return flags


def pipeline_options(options: BeamOptions, job: str) -> PipelineOptions:
    """Beam's own options of a job.

    Args:
        options: true and false switch a flag, a list gives an option several times, null leaves it out.
        job: its name, if the options have none.

    Raises:
        CrawlsieveError: an option is unknown, or its value is wrong.
    """
    parser = _parser()
    flags = {text.removeprefix("--"): action for text, action in parser._option_string_actions.items()}  # noqa: SLF001
    given: dict[str, Any] = {"job_name": job, **_OURS, **options.options}
    arguments: list[str] = []
    for name, value in given.items():
        if name not in flags:
            _unknown(name, options.runner, sorted(flags))
        arguments += _arguments(name, value, flags.get(name), flags)
    parser.parse_known_args(arguments)  # wrong values are told in our way, not with a usage text and an exit
    return PipelineOptions(arguments)


def job_name(run: str, plan: str) -> str:
    """Of the run and its pass, in the letters that every service takes: [a-z]([-a-z0-9]*[a-z0-9])?."""
    return re.sub(r"[^a-z0-9]+", "-", f"crawlsieve-{run}-{plan}".lower())[:_LONGEST_NAME].strip("-")


def _parser() -> _Parser:
    parser = _Parser(allow_abbrev=False, add_help=False, conflict_handler="resolve")
    for kind in {str(kind): kind for kind in PipelineOptions.__subclasses__()}.values():
        kind._add_argparse_args(parser)  # noqa: SLF001 - as Beam itself collects them
    return parser


def _arguments(
    name: str, value: object, action: argparse.Action | None, flags: Mapping[str, argparse.Action]
) -> list[str]:
    switch = action is not None and action.nargs == 0
    if value is None or (value is False and action is None):
        return []
    if isinstance(value, bool) and (switch or action is None):
        if value:
            return [f"--{name}"]
        return [f"--{other}" for other in flags if other == f"no_{name}"]
    if switch:
        raise CrawlsieveError(f"beam: option '{name}' is true or false, not '{value}'")
    if isinstance(value, list):
        return [f"--{name}={one}" for one in value]
    return [f"--{name}={json.dumps(value) if isinstance(value, dict) else value}"]


def _unknown(name: str, runner: str, names: list[str]) -> None:
    near = difflib.get_close_matches(name, names, 1, 0.8)
    if near or runner not in _WITH_OPTIONS_OF_THEIR_OWN:
        raise CrawlsieveError(f"beam: no pipeline option '{name}'{_nearest(name, names)}")


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it is in
        return False


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f". Did you mean '{near[0]}'?" if near else "."
