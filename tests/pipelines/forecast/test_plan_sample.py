"""`crawlsieve plan --sample`: what is printed, what is refused, what is left behind."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from crawlsieve.pipelines import cli
from tests.pipelines.forecast.test_forecast import JUDGED, numbers
from tests.pipelines.runs import recipe, write_shards


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process: its exit status, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["crawlsieve", "plan", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def place(tmp_path):
    """A recipe over 4 shards of 50 documents."""
    write_shards(tmp_path, *numbers(4, 50))
    return recipe(tmp_path, steps=JUDGED)


def line(out, label):
    """The numbers behind a label, as they are printed."""
    (found,) = [text for text in out.splitlines() if text.startswith(label + "  ")]
    return found.removeprefix(label).split()


def test_the_forecast_stands_below_the_plan(call, place, tmp_path):
    status, out, err = call(place, "--sample", "50%", "--workers", "1", "--seed", "3")

    assert status == 0
    assert out.startswith(f"recipe  {place}: test, seed 0\n")
    assert "\npasses  (local, in this process)\n" in out
    assert ", from 4 of 4 inputs; seed 3\n" in out
    assert line(out, "records") == ["200", "200", "200"]
    assert line(out, "duplicates, at least")[2] == "-"
    assert line(out, "documents, at most")[1] == "-"
    assert line(out, "wall, 1 worker")
    assert "Duplicates are a lower bound: a sample of" in out
    assert "reading: 4 of 4 shards" in err
    assert not (tmp_path / "run").exists()


def test_a_sample_of_everything_says_so(call, place):
    _, out, _ = call(place, "--sample", "100%", "--workers", "1")

    assert line(out, "documents") == [*["200"] * 3, *[out.split("documents  ")[-1].split()[3], "kB"] * 3]
    assert out.endswith("The sample is all there is: counts and bytes are those of the run.\n")
    assert "at most" not in line(out, "documents")


def test_programs_get_one_object(call, place):
    status, out, _ = call(place, "--sample", "2 shards", "--workers", "1", "--format", "json")
    told = json.loads(out)

    assert status == 0
    assert set(told) == {"crawlsieve", "level", "sample", "yields", "disk", "time", "memory"}
    (stratum,) = told["sample"]["strata"]
    assert (stratum["format"], stratum["inputs"], stratum["inputs_read"]) == ("jsonl", 4, 2)
    assert told["sample"]["records"] == 100
    passed = told["yields"]["passed"]["documents"]
    assert passed["low"] <= passed["estimate"] == 200 <= passed["high"]
    assert told["yields"]["duplicates"]["high"] is None
    assert told["disk"]["tables"]["documents"]["estimate"] > 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--sample", "0"], "'0' is no size of a sample"),
        (["--sample", "120%"], "not over 0 and at most 100%"),
        (["--sample", "a lot"], "Write a percentage (1%)"),
        (["--sample", "3"], "may mean two things"),
        (["--sample", "1 shard"], "at least 2 shards"),
    ],
)
def test_a_size_that_makes_no_sense_is_told_before_anything_is_read(call, given, said):
    status, out, err = call("no_recipe.yaml", *given)

    assert (status, out) == (1, "")
    assert said in err


@pytest.mark.parametrize("given", [["--seed", "1"], ["--format", "json"], ["--scratch", "there"]])
def test_options_of_a_sample_need_one(call, place, given):
    status, _, err = call(place, *given)

    assert status == 2
    assert "without --sample" in err


def test_workers_elsewhere_need_a_place_that_they_see(call, place):
    given = ["--engine", "ray", "--address", "10.0.0.1:6379"]
    status, _, err = call(place, "--sample", "10%", *given)

    assert status == 1
    assert "--scratch s3://" in err


@pytest.mark.parametrize("engine", ["beam", "ray"])
def test_every_engine_tells_the_same(call, place, engine):
    pytest.importorskip({"beam": "apache_beam", "ray": "ray"}[engine])
    given = [place, "--sample", "30%", "--format", "json", "--workers", "1"]
    told = [json.loads(call(*given, *more)[1]) for more in ([], ["--engine", engine])]
    for one in told:
        for step in one["yields"]["steps"]:
            del step["seconds"]

    assert told[0]["yields"] == told[1]["yields"]
    assert told[0]["disk"]["tables"] == told[1]["disk"]["tables"]


def test_ctrl_c_leaves_nothing(tmp_path):
    write_shards(tmp_path, *numbers(4, 20_000))
    place, temporary = recipe(tmp_path, steps=JUDGED), tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-c", "from crawlsieve.pipelines.cli import main; main()", "plan", str(place)]
    process = subprocess.Popen(
        [*command, "--sample", "100%", "--workers", "2"],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(temporary.glob("crawlsieve-forecast-*/_work/curated/*")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (130, "")
    assert err.endswith("Stopped. Nothing is left of the sample.\n")
    assert list(temporary.glob("crawlsieve-forecast-*")) == []
    assert not (tmp_path / "run").exists()
