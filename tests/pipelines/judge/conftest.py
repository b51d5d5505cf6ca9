"""A run under some rules, and the same run under others, made both ways."""

import copy
import io
import json
import random
import shutil
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from crawlsieve.pipelines import curate
from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.judge.asked import changed_recipe
from crawlsieve.pipelines.judge.finished import finished_run
from crawlsieve.pipelines.judge.printed import as_data, print_answer
from crawlsieve.pipelines.judge.question import Question, answered
from crawlsieve.pipelines.judge.write import checked_replay, written
from crawlsieve.pipelines.progress import Progress
from tests.pipelines.near_corpus import corpus
from tests.pipelines.runs import ran, recipe, write_shards

MEASURE = {"measure": {"signals": ["gopher_quality"]}}
JUDGE = {"judge": {"rules": ["gopher_quality"], "without": ["gopher_stop_words"]}}
STRICTER = "gopher_word_count.at_least=100"
LOOSER = "gopher_word_count.at_least=41"


def documents():
    """`corpus()` with texts of different lengths, an empty one, one without letters, and one that is no text at all."""
    chance = random.Random(5)  # noqa: S311 - a corpus
    found = corpus(count=40)
    for document in found:
        words = document["text"].split()
        document["text"] = " ".join(words[: chance.choice([40, 41, 60, 99, 100, 120])])
    odd = [{"id": "none", "text": ""}, {"id": "digits", "text": "1 2 3 " * 40}, {"id": "lost", "text": None}]
    return [*found, *odd]


def shards():
    """Three of them: one is empty, and the first two documents are in another one again."""
    given = documents()
    return given[:60], [], given[60:] + given[:2]


@pytest.fixture
def no_reports(monkeypatch):
    """Runs end without a report, which is a quarter of their time and says nothing of judging."""
    monkeypatch.setattr("crawlsieve.pipelines.close.report_at_close", lambda *_: None)


@pytest.fixture(scope="session")
def crawl(tmp_path_factory):
    """The folder of the shards; nobody writes there."""
    folder = tmp_path_factory.mktemp("crawl")
    write_shards(folder, *shards())
    return folder


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """Folder -> runs over `crawl` that a test has made already, by what they are made of."""
    return tmp_path_factory.mktemp("shelf"), {}


@pytest.fixture
def run_into(shelf, crawl):
    """A function that runs a recipe and returns its manifest. What is run over `crawl` again is copied."""
    folder, made_of = shelf

    def run(place):
        given = yaml.safe_load(place.read_text())
        output = Path(given["output"])
        if output.exists() or given["source"]["paths"] != [str(crawl / "*.jsonl")]:
            return ran(place)
        key = json.dumps([given | {"output": ""}, curate.TEXT_BYTES_PER_FILE])
        if key not in made_of:
            made_of[key] = folder / str(len(made_of))
            ran(place)
            shutil.copytree(output, made_of[key])
        else:
            shutil.copytree(made_of[key], output)
        manifest = json.loads((output / "manifest.json").read_text())
        manifest["recipe"]["output"] = str(output)
        (output / "manifest.json").write_text(json.dumps(manifest))
        return manifest

    return run


@pytest.fixture
def made(tmp_path, crawl, run_into):
    """A function that runs steps over the shards: the run directory, and the place of its recipe."""

    def make(name="run", steps=(MEASURE, JUDGE, "exact_duplicates"), **changes):
        settings = {
            "source": {"paths": [str(crawl / "*.jsonl")]},
            "keep_rejected": "text",
            "output": str(tmp_path / name),
            **changes,
        }
        place = recipe(tmp_path, steps=copy.deepcopy(list(steps)), **settings)
        kept = place.rename(tmp_path / f"{name}.yaml")
        run_into(kept)
        return str(tmp_path / name), kept

    return make


@pytest.fixture
def full(tmp_path, run_into):
    """A function that runs the recipe at a place with `options` of its judge steps changed, into a folder."""

    def run(place, judges, name="full"):
        given = yaml.safe_load(place.read_text())
        steps = [next(iter(step.values())) for step in given["steps"] if isinstance(step, dict) and "judge" in step]
        for step, options in zip(steps, judges, strict=True):
            step.update(options)
        other = tmp_path / f"{name}.yaml"
        other.write_text(yaml.safe_dump(given | {"output": str(tmp_path / name)}))
        return str(tmp_path / name), run_into(other)

    return run


@pytest.fixture
def judged(tmp_path):
    """A function that writes the run that another would be with changed rules: its directory and its manifest."""

    def write(run, *changes, name="judged"):
        finished = finished_run(run)
        out = name if "://" in name else str(tmp_path / name)
        job = checked_replay(finished, changed_recipe(finished.recipe, run, changes, out), changes)
        return out, written(job, 1, Progress.silent())

    return write


@pytest.fixture
def asked():
    """A function that asks what other rules change: what `--format json` prints, and what a terminal shows."""

    def ask(run, *changes, replays=True):
        finished = finished_run(run)
        changed = changed_recipe(finished.recipe, run, changes, "nowhere")
        question = Question(finished, changed, replays, 1, changes)
        found = answered(question)
        console = Console(file=io.StringIO(), width=120)
        print_answer(question, found, console)
        return as_data(question, found), console.file.getvalue()

    return ask


def same(one, other):
    """Whether two runs have the same rows, whatever their files."""
    return digest(one) == digest(other)
