"""`crawlsieve judge` as somebody types it."""

import json
import sys
from pathlib import Path

import pytest

from crawlsieve.pipelines import cli
from crawlsieve.pipelines.ask.digest import digest
from tests.pipelines.judge.conftest import JUDGE, MEASURE, STRICTER
from tests.pipelines.runs import ran, recipe, write_shards


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process: its exit status, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["crawlsieve", "judge", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code or 0, *capsys.readouterr()

    return run


def test_it_asks_and_writes(made, judged, call, tmp_path):
    run, _ = made()
    wanted, _ = judged(run, STRICTER)

    status, out, told = call(
        run, "--set", STRICTER, "--write", tmp_path / "out", "--format", "json", "--list", tmp_path / "moved.csv"
    )

    assert status == 0
    assert (
        json.loads(out)["kept"]["after"]
        == json.loads((tmp_path / "out" / "manifest.json").read_text())["balance"]["documents"]
    )
    assert digest(str(tmp_path / "out")) == digest(wanted)
    assert "1 ranges" in told
    assert "no report" not in told
    assert (tmp_path / "out" / "report.html").stat().st_size > 100_000
    assert (tmp_path / "moved.csv").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "gopher_word_cont.at_least=1"], "RecipeError: --set gopher_word_cont.at_least: no rule"),
        (["--write", "RUN", "--set", STRICTER], "CrawlsieveError: --write: "),
        (["--list", "moved.txt", "--set", STRICTER], "CrawlsieveError: --list moved.txt: name a file"),
        (["--list", "RUN/documents/a.parquet", "--set", STRICTER], "CrawlsieveError: 'RUN/documents/a.parquet' is in"),
        (["--list", "RUN/b/a.csv", "--write", "RUN/b", "--set", STRICTER], "CrawlsieveError: 'RUN/b/a.csv' is in"),
    ],
)
def test_a_mistake_is_a_message_and_status_1(made, call, arguments, said):
    run, _ = made()

    status, out, told = call(run, *(part.replace("RUN", str(run)) for part in arguments))

    assert (status, out) == (1, "")
    assert told.startswith(said.replace("RUN", str(run)))
    assert not list(Path(run).rglob("a.*"))
    assert "Traceback" not in told


def test_what_is_no_run_is_said_to_be_none(call, tmp_path):
    status, _, told = call(tmp_path)

    assert status == 1
    assert "not a run directory" in told


def test_an_address_does_not_speak_to_the_terminal(tmp_path, call):
    hostile = "http://a.example/\x1b[31m\u202e"
    write_shards(tmp_path, [{"url": hostile, "text": "some words about a thing and the other " * 10}])
    ran(recipe(tmp_path, steps=[MEASURE, JUDGE], keep_rejected="text"))

    status, out, _ = call(tmp_path / "run", "--set", "gopher_word_count.at_least=1000")

    assert status == 0
    assert "1 newly rejected" in out
    assert "\x1b[31m" not in out
    assert "\u202e" not in out


def test_the_run_is_only_read(made, call):
    run, _ = made()
    before = {path: path.stat().st_mtime_ns for path in Path(run).rglob("*")}

    call(run, "--set", STRICTER)

    assert {path: path.stat().st_mtime_ns for path in Path(run).rglob("*")} == before
