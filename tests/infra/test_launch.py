"""The program of the flex template, up to where Dataflow would take over."""

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location

import fsspec
import pytest

from tests.docs.snippets import ROOT

beam = pytest.importorskip("apache_beam")


@pytest.fixture(scope="module")
def launch():
    spec = spec_from_file_location("launch", ROOT / "infra" / "dataflow" / "launch.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command(launch, *arguments: str) -> list[str]:
    return launch.command(launch.PipelineOptions(list(arguments)))


def test_the_run_gets_what_the_template_was_given(launch):
    words = command(
        launch, "--project=p", "--region=r", "--temp_location=gs://b/temp", "--recipe=gs://b/recipe.yaml",
        "--output=gs://b/out", "--arguments=--set name='a b' --verify-inputs", "--job_name=launched",
    )  # fmt: skip

    assert words == [
        "crawlsieve", "run", "--engine", "beam", "--runner", "DataflowRunner",
        "--beam-option", "project=p", "--beam-option", "region=r", "--beam-option", "temp_location=gs://b/temp",
        "--output", "gs://b/out", "--set", "name=a b", "--verify-inputs",
    ]  # fmt: skip


def test_the_command_line_takes_the_words(launch):
    from typer.testing import CliRunner

    from crawlsieve.pipelines.cli import app

    _, *words = command(launch, "--project=p", "--region=r")
    said = CliRunner().invoke(app, [*words, "nowhere.yaml"])

    assert "nowhere.yaml: no such file" in str(said.exception)


def test_a_recipe_is_fetched_from_any_address(launch, monkeypatch):
    with fsspec.open("memory://launch/recipe.yaml", "wb") as file:
        file.write(b"name: x\n")
    seen = []

    def run(words, *, check):
        with open(words[-1], "rb") as file:  # noqa: PTH123 - as it is at that moment
            seen.append((words[:-1], file.read(), check))
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr(launch.subprocess, "run", run)

    assert launch.drive("memory://launch/recipe.yaml", ["crawlsieve", "run"]) == 0
    assert seen == [(["crawlsieve", "run"], b"name: x\n", True)]


def test_a_run_that_fails_fails_the_task(launch, tmp_path):
    (tmp_path / "recipe.yaml").write_text("name: x\n")

    with pytest.raises(subprocess.CalledProcessError):
        launch.drive(str(tmp_path / "recipe.yaml"), ["false"])


def test_the_job_is_one_task(launch, monkeypatch, tmp_path):
    seen = []

    def run(pipeline):
        seen.append(pipeline)

    monkeypatch.setattr(launch.beam.Pipeline, "run", run)

    launch.main(["--recipe", str(tmp_path / "recipe.yaml")])

    (pipeline,) = seen
    labels = [part.full_label for part in pipeline.transforms_stack[0].parts]
    assert labels == ["recipe", "crawlsieve run"]


def test_a_worker_does_it(tmp_path):
    """The program as the launcher calls it, its one task done by Beam here, with something else for `crawlsieve`."""
    (tmp_path / "recipe.yaml").write_text("name: x\n")
    program = tmp_path / "crawlsieve"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\nfor last; do :; done\ncp "$last" {tmp_path}/seen\n')
    program.chmod(0o755)
    runner = "apache_beam.runners.portability.fn_api_runner.fn_runner.FnApiRunner"
    options = ("--project=p", f"--recipe={tmp_path}/recipe.yaml", f"--runner={runner}")
    command = [sys.executable, str(ROOT / "infra" / "dataflow" / "launch.py"), *options]
    env = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "seen").read_text() == "name: x\n"
    assert (
        (tmp_path / "words")
        .read_text()
        .startswith("run --engine beam --runner DataflowRunner --beam-option project=p /")
    )
