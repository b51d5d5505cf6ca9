"""A mixture that was killed goes on, one that is complete is left alone, and what it leaves is what trainers load."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from crawlsieve.pipelines.ask.sql import query
from crawlsieve.stages.errors import BalanceError, CrawlsieveError
from tests.pipelines.mixture.slow import applied, corpus, rows, slow_mixture, write

CORPUS = corpus(a=[1 + n * n % 300 for n in range(150)], b=[1 + n * n % 90 for n in range(100)])
MIX = {"weights": {"a": 0.4, "b": 0.6}, "tokens": 12_000, "seed": 2}

KILLED = """
import os, signal, sys
from crawlsieve.pipelines.mixture.weighted import passes
from tests.pipelines.mixture.slow import applied

runs, output, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
sync = os.fsync

def kill(file):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(file)

os.fsync = kill
passes.TEXT_BYTES_PER_FILE = 4_000
applied(output, runs, weights={"a": 0.4, "b": 0.6}, tokens=12_000, seed=2)
"""


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setattr("crawlsieve.pipelines.mixture.weighted.passes.TEXT_BYTES_PER_FILE", 4_000)
    return write(tmp_path / "in", CORPUS[::3], CORPUS[1::3], CORPUS[2::3])


def files(output, *tables):
    names = tables or ("documents", "manifest.json", "README.md")
    paths = [path for name in names for path in (output / name, *(output / name).rglob("*"))]
    return {str(path.relative_to(output)): path.read_bytes() for path in paths if path.is_file()}


def killed(runs, output, point):
    """Make the mixture in another process, which is killed while it writes a file: the one of that number."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", KILLED, runs, str(output), str(point)]
    assert subprocess.run(command, env=environment, check=False).returncode == -9


@pytest.mark.parametrize("point", [4, 10, 15, 17, 21])
def test_a_killed_mixture_goes_on_to_the_same_bytes(runs, tmp_path, point):
    """Killed while it measures, stages, writes files, and before its manifest; whatever file was being written."""
    applied(tmp_path / "whole", runs, **MIX)
    killed(runs, tmp_path / "out", point)
    assert not (tmp_path / "out" / "manifest.json").exists()
    with pytest.raises(CrawlsieveError, match="the run is not finished"):
        query(str(tmp_path / "out"), "SELECT 1")
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "_work" / "mix").rglob("done.json")}

    applied(tmp_path / "out", runs, **MIX)

    assert files(tmp_path / "out") == files(tmp_path / "whole")
    assert all(path.stat().st_mtime_ns == time for path, time in done.items() if path.exists())
    assert not list((tmp_path / "out" / "_work" / "mix").glob("staged/*"))


def test_a_folder_that_is_being_written_anew_is_no_finished_mixture(runs, tmp_path):
    applied(tmp_path / "out", runs, **{**MIX, "seed": 3})

    killed(runs, tmp_path / "out", 10)

    assert not (tmp_path / "out" / "manifest.json").exists()
    applied(tmp_path / "whole", runs, **MIX)
    applied(tmp_path / "out", runs, **MIX)
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_what_another_mixture_left_staged_is_not_taken(runs, tmp_path):
    killed(runs, tmp_path / "out", 15)
    assert list((tmp_path / "out" / "_work" / "mix" / "staged").glob("*/done.json"))

    applied(tmp_path / "out", runs, **{**MIX, "seed": 3})

    assert rows(tmp_path / "out") == slow_mixture(CORPUS, MIX["weights"], MIX["tokens"], 3)


def test_a_complete_mixture_is_left_alone(runs, tmp_path):
    applied(tmp_path / "out", runs, **MIX)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}

    applied(tmp_path / "out", runs, **MIX)

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before


def test_what_was_staged_goes_also_from_a_complete_mixture(runs, tmp_path):
    """Whoever was stopped between the manifest and the end leaves it."""
    applied(tmp_path / "out", runs, **MIX)
    staged = tmp_path / "out" / "_work" / "mix" / "staged" / "key"
    staged.mkdir(parents=True)
    (staged / "copies.staged").write_bytes(b"text")

    applied(tmp_path / "out", runs, **MIX)

    assert not staged.parent.exists()


def test_strays_go_and_lost_files_come_again(runs, tmp_path):
    applied(tmp_path / "out", runs, **MIX)
    before = files(tmp_path / "out", "documents")
    first, *_ = sorted((tmp_path / "out" / "documents").iterdir())
    first.rename(first.with_name("stray.parquet"))

    applied(tmp_path / "out", runs, **MIX)

    assert files(tmp_path / "out", "documents") == before


def test_other_weights_replace_the_mixture_and_measure_nothing_again(runs, tmp_path):
    applied(tmp_path / "out", runs, **MIX)
    measured = {
        path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "_work" / "mix" / "measured").rglob("*.*")
    }

    manifest = applied(tmp_path / "out", runs, **{**MIX, "weights": {"a": 0.9, "b": 0.1}})

    assert {path: path.stat().st_mtime_ns for path in measured} == measured
    there = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out" / "documents").iterdir()}
    assert there == {file["path"] for file in manifest["files"]}


@pytest.mark.parametrize(
    ("kind", "then", "said"),
    [
        (BalanceError, CORPUS[::3][:-5], "were staged: did an input change"),
        (CrawlsieveError, corpus(c=[5]), "changed while it was read: it has a domain that it had not"),
    ],
)
def test_an_input_that_changes_on_the_way_is_an_error(runs, tmp_path, monkeypatch, kind, then, said):
    from crawlsieve.pipelines.mixture.weighted.passes import Passes

    cuts = Passes.cuts

    def changing(self, wanted, there):
        write(tmp_path / "in", then, CORPUS[1::3], CORPUS[2::3])
        return cuts(self, wanted, there)

    monkeypatch.setattr(Passes, "cuts", changing)

    with pytest.raises(kind, match=said):
        applied(tmp_path / "out", runs, **MIX)

    assert not (tmp_path / "out" / "manifest.json").exists()


def test_the_manifest_says_what_was_asked_and_what_came_of_it(runs, tmp_path):
    told = applied(tmp_path / "out", runs, **MIX)

    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest == told
    assert [Path(item["path"]).name for item in manifest["inputs"]] == [f"part-{n}.parquet" for n in range(3)]
    assert all(item["size"] and item["version"] for item in manifest["inputs"])
    mixture = manifest["mixture"]
    assert (mixture["seed"], mixture["tokens"], mixture["unit"], mixture["max_epochs"]) == (2, 12_000, "bytes", 4.0)
    assert sum(domain["share"] for domain in mixture["domains"].values()) == pytest.approx(1)
    for name, domain in mixture["domains"].items():
        largest = max(len(row["text"]) for row in CORPUS if row["domain"] == name)
        assert abs(domain["share"] - domain["weight"]) <= max(0.001, largest / 12_000)
        own = {row["id"]: len(row["text"]) for row in CORPUS if row["domain"] == name}
        found = [own[row[0]] for row in rows(tmp_path / "out") if row[1] == name]
        assert (domain["documents"], domain["size"], domain["bytes"]) == (len(found), sum(found), sum(found))
        assert (domain["unique_documents"], domain["unique_size"]) == (len(own), sum(own.values()))
        assert domain["epochs"] == sum(found) / sum(own.values())
    assert "| a | 0.4 |" in (tmp_path / "out" / "README.md").read_text()


def test_trainers_load_it(runs, tmp_path):
    datasets = pytest.importorskip("datasets")
    manifest = applied(tmp_path / "out", runs, **MIX)
    folder = str(tmp_path / "out" / "documents")

    found = datasets.load_dataset("parquet", data_files=f"{folder}/*.parquet", cache_dir=str(tmp_path / "cache"))[
        "train"
    ]

    assert found.num_rows == ds.dataset(folder).count_rows() == manifest["mixture"]["documents"]
    texts = {row["id"]: row["text"] for row in CORPUS}
    assert all(row["text"] == texts[row["id"]] for row in found)
    assert list(zip(found["id"], found["domain"], found["epoch"], strict=True)) == rows(tmp_path / "out")
