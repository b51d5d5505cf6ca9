"""What the documentation shows is run."""

import re

import pytest
import yaml

from crawlsieve.pipelines.recipe.load import load
from tests.docs.conftest import call
from tests.docs.snippets import ROOT, Snippet, pages, snippets

CHECKED = {"sh", "bash", "python", "yaml", "text"}


def named(*languages: str):
    return pytest.mark.parametrize("snippet", [pytest.param(one, id=one.place) for one in snippets(*languages)])


def test_every_block_names_a_language_that_is_checked():
    for page in pages():
        fences = re.findall(r"^ *```(\w*)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(fences[::2]) <= CHECKED, page
        assert set(fences[1::2]) <= {""}, page


@named("python")
def test_python_runs(snippet: Snippet, workplace, monkeypatch):
    monkeypatch.chdir(workplace)

    exec(compile(snippet.code, snippet.place, "exec"), {})  # noqa: S102 - our own documentation


@named("bash")
def test_commands_run(snippet: Snippet, workplace):
    for line in snippet.code.splitlines():
        done = call(line, workplace)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@named("sh")
def test_commands_that_install_or_need_more_name_what_is_there(snippet: Snippet, workplace):
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in snippet.code.splitlines():
        program, *arguments = line.split()
        if program == "make":
            assert set(arguments) <= targets, line
        if program.endswith("crawlsieve"):
            done = call(line.replace(".venv/bin/", ""), workplace)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@named("yaml")
def test_recipes_load(snippet: Snippet, tmp_path):
    found = yaml.safe_load(snippet.code)
    if "steps" in found:
        (tmp_path / "recipe.yaml").write_text(snippet.code)
        assert load(str(tmp_path / "recipe.yaml")).name == found["name"]
