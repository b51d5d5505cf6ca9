"""When a report is written, and what happens where it cannot be."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crawlsieve.pipelines.cli import app
from crawlsieve.pipelines.report import write
from crawlsieve.stages.errors import CrawlsieveError
from tests.pipelines.report.conftest import made


def test_a_run_has_a_report_and_its_bytes_do_not_depend_on_when(run, tmp_path):
    before = (run / "report.html").read_bytes()

    assert write.report(str(run), str(tmp_path / "again.html")) == str(tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == before


def test_the_manifest_is_the_last_file_of_a_run(run):
    assert (run / "report.html").stat().st_mtime_ns <= (run / "manifest.json").stat().st_mtime_ns


def test_a_report_that_cannot_be_made_costs_no_run_and_leaves_no_old_one(tmp_path, monkeypatch):
    from rich.console import Console

    from crawlsieve.pipelines.progress import Progress
    from tests.pipelines.runs import ran

    made(tmp_path)
    assert (tmp_path / "run" / "report.html").exists()

    def broken(_facts):
        raise KeyError("a fault of ours")

    monkeypatch.setattr(write, "page", broken)
    (tmp_path / "shard-001.jsonl").write_text('{"text": "one more"}\n')
    with (tmp_path / "told").open("w") as told:
        ran(tmp_path / "recipe.yaml", progress=Progress(Console(file=told, width=80)))

    lines = [line for line in (tmp_path / "told").read_text().splitlines() if line.startswith("no report")]
    assert lines == [
        f"no report: KeyError: 'a fault of ours'. The run is whole; `crawlsieve report {tmp_path / 'run'}` makes one."
    ]
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["balance"]["records"] == 44
    assert not (tmp_path / "run" / "report.html").exists()


def test_the_command_makes_it_anew_and_says_where(run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("_work"))
    (copy / "report.html").unlink()
    done = CliRunner().invoke(app, ["report", str(copy)])

    assert (done.exit_code, done.stdout) == (0, f"{copy}/report.html\n")
    assert (copy / "report.html").read_bytes() == (run / "report.html").read_bytes()


def test_what_is_no_run_is_told(tmp_path):
    with pytest.raises(CrawlsieveError, match="not a run directory, it has no manifest"):
        write.report(str(tmp_path))


@pytest.mark.parametrize("table", ["rejected", "signals"])
@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: file.write_bytes(b"x")])
def test_a_file_that_is_gone_or_damaged_is_told_with_its_name(run, tmp_path, table, spoil):
    copy = tmp_path / "run"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("_work"))
    (file,) = (copy / table).iterdir()
    spoil(file)

    with pytest.raises(CrawlsieveError) as caught:
        write.report(str(copy), str(tmp_path / "x.html"))
    assert "cannot be read" in str(caught.value)
    assert file.name in str(caught.value)
    assert not (tmp_path / "x.html").exists()


def test_a_place_that_cannot_be_written_is_told_with_the_way_on(run, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CrawlsieveError, match=r"cannot be written: .*--output names another place"):
        write.report(str(run), str(tmp_path / "file" / "report.html"))


@pytest.mark.parametrize("name", ["manifest.json", "documents/part.parquet"])
def test_a_report_takes_no_other_file_s_place(run, name):
    before = (run / "manifest.json").read_bytes()

    with pytest.raises(CrawlsieveError, match="is in the run"):
        write.report(str(run), str(run / name))

    assert (run / "manifest.json").read_bytes() == before
    assert not (run / "documents/part.parquet").exists()


def test_a_run_in_an_object_store_has_one_too(tmp_path, s3, monkeypatch):
    address, client = s3
    for name, value in {
        "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    output = "s3://crawl/a report"
    made(tmp_path, output=output)
    at_close = client.get_object(Bucket="crawl", Key="a report/report.html")["Body"].read()
    client.delete_object(Bucket="crawl", Key="a report/report.html")

    assert b'"id":"samples"' in at_close
    assert write.report(output) == f"{output}/report.html"
    assert client.get_object(Bucket="crawl", Key="a report/report.html")["Body"].read() == at_close


def test_an_empty_run_has_a_report(tmp_path):
    (tmp_path / "shard-000.jsonl").touch()
    from tests.pipelines.runs import ran, recipe

    ran(recipe(tmp_path))
    found = (tmp_path / "run" / "report.html").read_text()

    assert '"id":"balance"' in found
    assert '"id":"samples"' not in found
