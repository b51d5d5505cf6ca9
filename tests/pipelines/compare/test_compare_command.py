"""`crawlsieve compare`: what is printed, what is written, and what is refused."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from typer.testing import CliRunner

from crawlsieve.filters.rulesets import rule_set
from crawlsieve.pipelines.cli import app, main
from tests.pipelines.compare.conftest import document, name_of, rejected
from tests.pipelines.runs import ran, recipe, write_shards

HEADS = {
    "a", "b", "by", "seed", "equal", "notes", "recipe", "versions", "inputs", "funnel", "overlap", "only_a", "only_b",
    "rules", "languages", "sites", "texts", "changed",
}  # fmt: skip


def called(*arguments):
    return CliRunner().invoke(app, ["compare", *map(str, arguments)], env={"COLUMNS": "100"})


def refused(capsys, monkeypatch, *arguments):
    """Exit status and message of a command that is a user's mistake."""
    monkeypatch.setattr("sys.argv", ["crawlsieve", "compare", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code, capsys.readouterr().err


def test_equal_runs_are_a_line(two):
    done = called(two[0], two[0])

    assert done.exit_code == 0
    assert "The runs are equal (the same recipe, inputs and versions): both keep the same 8 documents" in done.stdout
    assert "KS" not in done.stdout


def test_what_differs_is_printed(two):
    said = " ".join(called(*two).stdout.split())

    for part in (
        'steps.judge.rules │ ["short"]', "kept by A only │ 6 │ 54.5% │ 30 bytes", "the same cluster is kept through",
        "word_count = 60, good is at least 70", "-beta", "+gamma", "at least 50", "at least 80",
        "Texts: 1 of 2 that both keep differ (50.0%).", "Inputs: 1 of both, 0 of A alone, 1 of B alone.",
    ):  # fmt: skip
        assert part in said


def test_json_has_every_part_and_can_be_read_back(two):
    told = json.loads(called(*two, "--format", "json").stdout)

    assert told.keys() == HEADS
    assert told["overlap"]["only_a"] == 6
    assert told["only_a"].keys() == {"kinds", "reasons", "contrasts", "samples"}
    assert told["only_a"]["samples"][0].keys() == {
        "id", "url", "kind", "reasons", "decided", "kept_id", "kept_url", "text", "length",
    }  # fmt: skip
    assert told["rules"][0].keys() == {
        "a", "b", "a_column", "b_column", "a_bounds", "b_bounds", "rejects_a", "rejects_b", "rejects_both",
    }  # fmt: skip


def test_the_list_has_every_document_that_one_alone_keeps(two, tmp_path):
    place = tmp_path / "only.parquet"

    assert called(*two, "--output", place, "--samples", 0).exit_code == 0

    rows = {(row["side"], row["id"]): row for row in pq.read_table(place).to_pylist()}
    assert [*rows] == [("A", name_of(number)) for number in (3, 4, 5, 7, 8, 9)] + [
        ("B", name_of(number)) for number in (6, 10, 11)
    ]
    assert rows["A", name_of(3)] == {
        "id": name_of(3), "url": "https://www.site1.example/3", "side": "A", "kind": "rejected",
        "reasons": ["stop", "too_short"], "kept_id": None,
    }  # fmt: skip
    assert rows["A", name_of(5)]["kept_id"] == name_of(6)


def test_the_list_may_be_csv(two, tmp_path):
    place = tmp_path / "only.csv"

    assert called(*two, "--output", place).exit_code == 0

    with place.open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == 9
    assert json.loads(rows[0]["reasons"]) == ["stop", "too_short"]


@pytest.mark.parametrize("name", ["only.json", "only.txt", "only"])
def test_a_list_of_another_form_is_refused(two, tmp_path, capsys, monkeypatch, name):
    status, said = refused(capsys, monkeypatch, *two, "--output", tmp_path / name)

    assert status == 1
    assert ".parquet" in said
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("place", [0, 1])
def test_nothing_is_written_into_a_run(two, capsys, monkeypatch, place):
    status, said = refused(capsys, monkeypatch, *two, "--output", f"{two[place]}/only.csv")

    assert status == 1
    assert "only read" in said


@pytest.mark.parametrize("table", ["documents", "rejected", "duplicates", "failed", "signals"])
def test_a_list_that_cannot_be_made_whole_is_not_there(two, tmp_path, capsys, monkeypatch, table):
    damaged = next((tmp_path / "b" / table).iterdir())
    damaged.write_bytes(damaged.read_bytes()[:100])

    status, said = refused(capsys, monkeypatch, *two, "--output", tmp_path / "only.csv")

    assert status == 1
    assert "cannot be read" in said
    assert not [*tmp_path.glob("only*")]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_folder_that_is_no_run_is_named(two, tmp_path, capsys, monkeypatch, missing):
    given = [*two]
    given[missing] = tmp_path / "nothing"

    status, said = refused(capsys, monkeypatch, *given)

    assert (status, "Traceback" in said) == (1, False)
    assert f"{tmp_path / 'nothing'}: no such directory" in said


def test_no_character_of_a_page_acts_on_the_terminal(write_run):
    evil = "\x1b]0;owned\x07\x1b[31m[bold]"
    a = write_run("a", documents=[document(1, evil, url=f"http://x.example/{evil}"), document(2, f"x{evil}")])
    b = write_run("b", documents=[document(2, f"y{evil}", language=evil)], rejected=[rejected(1, evil)])

    done = called(a, b)

    assert done.exit_code == 0
    assert not {"\x1b", "\x07"} & {*done.stdout}
    assert "[bold]" in done.stdout


@pytest.fixture
def in_memory(two):
    """The same two runs, the first one in an object store."""
    system = MemoryFileSystem()
    system.put(two[0], "/bucket/one", recursive=True)
    yield "memory://bucket/one", two[1]
    system.rm("/bucket", recursive=True)


@pytest.mark.parametrize("by", ["id", "url", "text"])
def test_a_run_may_lie_in_an_object_store(in_memory, two, by):
    local, remote = (json.loads(called(*runs, "--by", by, "--format", "json").stdout) for runs in (two, in_memory))

    assert remote["a"].pop("place") == "memory://bucket/one"
    local["a"].pop("place")
    assert remote == local


def test_both_runs_may_lie_on_s3(two, s3, monkeypatch):
    address, client = s3
    for name, value in {
        "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for number, run in enumerate(two):
        for file in Path(run).rglob("*.*"):
            client.upload_file(str(file), "crawl", f"compared {number}/{file.relative_to(run)}")

    remote = json.loads(called("s3://crawl/compared 0", "s3://crawl/compared 1", "--format", "json").stdout)

    assert remote["b"]["place"] == "s3://crawl/compared 1"
    local = json.loads(called(*two, "--format", "json").stdout)
    assert remote | {"a": 0, "b": 0} == local | {"a": 0, "b": 0}


def test_two_variants_of_a_recipe_over_the_same_records_are_compared(tmp_path):
    write_shards(tmp_path, [{"id": str(n), "text": f"{n} " + "word other thing " * n} for n in range(30)])
    runs, measure = [], {"measure": {"signals": ["gopher_quality"]}}
    others = [rule.name for rule in rule_set("gopher_quality") if rule.name != "gopher_word_count"]
    for least in (10, 40):
        judge = {"rules": ["gopher_quality"], "without": others, "override": {"gopher_word_count": {"at_least": least}}}
        output = str(tmp_path / f"run-{least}")
        ran(
            recipe(tmp_path, steps=[measure, {"judge": judge}, "exact_duplicates"], output=output, keep_rejected="text")
        )
        runs.append(output)

    told = json.loads(called(*runs, "--format", "json").stdout)

    # document n has 3n + 1 words, and the last one is 29: 3 to 12 have 10 to 37
    assert told["overlap"]["only_a"] == 10
    assert told["overlap"]["both"] == 17
    assert (told["inputs"]["same"], told["overlap"]["only_b"]) == (1, 0)
    assert [change["path"] for change in told["recipe"]] == ["steps.judge.override.gopher_word_count.at_least"]
    assert told["only_a"]["contrasts"][0]["distance"] == 1


def test_no_number_is_cut_on_a_narrow_terminal(two):
    narrow = CliRunner().invoke(app, ["compare", *two], env={"COLUMNS": "30"}).stdout

    narrow = " ".join(narrow.split())
    assert "54.5%" in narrow
    assert "kept by neither" in narrow
    assert "deduplication │ 8 │ 53.3% │ 44 bytes │ 5 │ 45.5% │ 30 bytes" in narrow
