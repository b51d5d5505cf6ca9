"""The program of the flex template: a Dataflow job of one task, which is the driver.

The launcher of a template takes one job graph from its program, which may not wait for it. `crawlsieve run` starts a
job for each pass and waits for each, so it runs inside of a job, on one worker. When that worker is lost, Dataflow
begins the task again, and the run goes on with what it finds at its output.
"""

import shlex
import subprocess
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
import fsspec
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

_HANDED_ON = ("project", "region", "temp_location", "staging_location", "service_account_email")
"""What a template is launched with, and the jobs of the run need too."""


class LaunchOptions(PipelineOptions):  # type: ignore[misc]
    """The parameters of the template."""

    @classmethod
    def _add_argparse_args(cls, parser: ArgumentParser) -> None:
        parser.add_argument("--recipe", help="address of the recipe: gs://bucket/recipe.yaml")
        parser.add_argument("--output", help="where the run goes, instead of where the recipe says")
        parser.add_argument("--arguments", default="", help="further arguments of `crawlsieve run`")


def command(options: PipelineOptions) -> list[str]:
    """`crawlsieve run` and its arguments, all but the recipe."""
    asked, google = options.view_as(LaunchOptions), options.view_as(GoogleCloudOptions)
    given = [(name, getattr(google, name)) for name in _HANDED_ON]
    return [
        *("crawlsieve", "run", "--engine", "beam", "--runner", "DataflowRunner"),
        *(part for name, value in given if value for part in ("--beam-option", f"{name}={value}")),
        *(("--output", asked.output) if asked.output else ()),
        *shlex.split(asked.arguments),
    ]


def drive(recipe: str, words: Sequence[str]) -> int:
    """Fetch the recipe, which `crawlsieve` reads from a local file, and run it.

    Raises:
        CalledProcessError: the run failed; its log says why.
    """
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "recipe.yaml"
        with fsspec.open(recipe, "rb") as file:
            local.write_bytes(file.read())
        return subprocess.run([*words, str(local)], check=True).returncode  # noqa: S603 - our own program


def main(arguments: Sequence[str] | None = None) -> None:
    """Hand the job over, and do not wait for it."""
    options = PipelineOptions(arguments)
    recipe, words = options.view_as(LaunchOptions).recipe, command(options)
    pipeline = beam.Pipeline(options=options)
    task = pipeline | "recipe" >> beam.Create([recipe])
    _ = task | "crawlsieve run" >> beam.Map(drive, words)
    pipeline.run()


if __name__ == "__main__":
    main()
