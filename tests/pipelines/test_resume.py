"""What an output is while its run is not finished, and what a run that starts again finds there."""

import io
import json
import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from crawlsieve.pipelines import close, curate, resume
from crawlsieve.pipelines.progress import Progress
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import BalanceError, CrawlsieveError, RecipeError
from crawlsieve.stages.read import survey
from tests.pipelines.runs import ran, recipe, write_shards

A = [{"exact_duplicates": {"by": ["url", "text"]}}]
B = [{"exact_duplicates": {"by": ["text"]}}]
PAGES = [{"id": str(n), "url": f"http://{n}.example/", "text": f"text {n % 3}"} for n in range(6)]


@pytest.fixture
def run(tmp_path):
    """The folder of a finished run of recipe A."""
    write_shards(tmp_path, PAGES[:3], PAGES[3:])
    ran(recipe(tmp_path, steps=A))
    return tmp_path / "run"


@pytest.fixture
def told():
    """What a run says, a line each, and the progress to give it."""
    console = Console(record=True, file=io.StringIO(), width=300)
    return lambda: console.export_text().splitlines(), Progress(console)


def documents(run):
    return sorted(file.name for file in (run / "documents").iterdir())


def stopped(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("fault", [KeyboardInterrupt, BalanceError("lost")])
def test_a_changed_run_that_does_not_end_leaves_no_manifest_of_the_old_one(run, monkeypatch, fault):
    def fails(*_):
        raise fault

    monkeypatch.setattr(close, "check_balance", fails)
    with pytest.raises((KeyboardInterrupt, BalanceError)):
        ran(recipe(run.parent, steps=B))

    assert len(documents(run)) == 2
    assert not (run / "manifest.json").exists()


def test_a_run_after_a_stopped_one_of_another_recipe_removes_its_files(run, monkeypatch):
    before = documents(run)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(close, "check_balance", stopped)
        ran(recipe(run.parent, steps=B))
    ran(recipe(run.parent, steps=A))

    assert documents(run) == before


def test_a_finished_run_with_a_stray_file_is_not_complete(run):
    before = documents(run)
    (run / "documents" / "stray.parquet").write_bytes(b"of somebody else")
    ran(recipe(run.parent, steps=A))

    assert documents(run) == before


def test_a_finished_run_does_without_its_work_until_the_recipe_changes(run, told):
    lines, progress = told
    shutil.rmtree(run / "_work")
    ran(recipe(run.parent, steps=A), progress=progress)
    assert lines()[0] == f"{run} is complete: nothing to do"

    manifest = ran(recipe(run.parent, steps=B), progress=progress)
    assert "2 shards to read" in lines()
    assert manifest["balance"]["records"] == 6


def test_a_verification_that_is_stopped_forgets_no_change(run, monkeypatch):
    shards = sorted(run.parent.glob("*.jsonl"))
    times = (shards[0].stat().st_atime_ns, shards[0].stat().st_mtime_ns)
    shards[0].write_bytes(shards[0].read_bytes().replace(b'"text ', b'"tiny '))
    os.utime(shards[0], ns=times)
    real = resume.hash_input
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(
            resume, "hash_input", lambda item, source: stopped() if "001" in item.path else real(item, source)
        )
        ran(recipe(run.parent, steps=A), verify=True)
    ran(recipe(run.parent, steps=A))

    texts = [text for file in (run / "documents").iterdir() for text in pq.read_table(file)["text"].to_pylist()]
    assert any(text.startswith("tiny") for text in texts)


def test_what_is_forgotten_is_gone_from_the_front(run, monkeypatch):
    removed = []
    monkeypatch.setattr(resume, "remove", removed.append)
    shards = sorted(run.parent.glob("*.jsonl"))
    monkeypatch.setattr(resume, "hash_input", lambda item, _: "" if item.path == str(shards[0]) else "other")
    manifest = json.loads((run / "manifest.json").read_text())
    loaded = load(str(recipe(run.parent, steps=A)))
    job = curate.Job(loaded, tuple(survey(loaded.source)))
    resume.forget(job, job.task_keys[0])

    assert removed == [
        str(run / "manifest.json"),
        str(run / "_work" / "published" / manifest["key"]),
        str(run / "_work" / "curated" / job.task_keys[0]),
    ]


def test_inputs_without_a_hash_are_told_when_all_shall_be_verified(run, told):
    lines, progress = told
    for file in (run / "_work" / "curated").rglob("done.json"):
        file.write_text(json.dumps(json.loads(file.read_text()) | {"sha256": None}))  # as of a Parquet file
    ran(recipe(run.parent, steps=A), verify=True, progress=progress)

    assert lines()[0] == (
        f"2 of 2 inputs cannot be verified, the first is {run.parent}/shard-000.jsonl: "
        "not every byte was read, so there is no sha256 to compare"
    )


@pytest.mark.parametrize("record", ["manifest.json", "_work/state.json"])
def test_a_run_looks_again_whose_output_it_is_once_it_has_the_lock(tmp_path, record):
    write_shards(tmp_path, PAGES)
    ran(recipe(tmp_path))
    if record != "manifest.json":
        (tmp_path / "run" / "manifest.json").unlink()
    with pytest.raises(RecipeError, match="holds the run 'test', and this recipe is 'other'"):
        ran(recipe(tmp_path, name="other"))


@pytest.mark.parametrize("record", ["manifest.json", "_work/state.json"])
@pytest.mark.parametrize("content", ['{"name": "test"}', "{}", "[]", "\x00"])
def test_records_of_something_else_are_named(tmp_path, record, content):
    write_shards(tmp_path, PAGES)
    (tmp_path / "run" / "_work").mkdir(parents=True)
    (tmp_path / "run" / record).write_text(content)
    with pytest.raises(CrawlsieveError, match=f"{record}' is not of crawlsieve"):
        ran(recipe(tmp_path))

    assert (tmp_path / "run" / record).read_text() == content


def test_the_staged_notes_of_a_shard_are_read_once_a_pass(run, monkeypatch):
    read = []
    real = close.staged_done
    monkeypatch.setattr(close, "staged_done", lambda work, key: read.append(key) or real(work, key))
    (run / "manifest.json").unlink()
    ran(recipe(run.parent, steps=A))

    assert len(read) == len(set(read)) == 2


class Page(BaseHTTPRequestHandler):
    """One JSONL file, of which nothing but the head can be had while the server is down."""

    protocol_version = "HTTP/1.1"
    body = b'{"text": "from afar"}\n'

    def do_HEAD(self):
        self._head(200, len(self.body))

    def do_GET(self):
        if self.server.down:
            self._head(503, 0)
            return
        self._head(200, len(self.body))
        self.wfile.write(self.body)

    def _head(self, status, size):
        self.send_response(status)
        self.send_header("Content-Length", str(size))
        self.send_header("ETag", '"1"')
        self.end_headers()

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def server():
    """A web server on loopback that is down."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.down = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def afar(tmp_path, server):
    """A recipe with a file that its server does not give away."""
    write_shards(tmp_path, PAGES)
    paths = [str(tmp_path / "*.jsonl"), f"http://127.0.0.1:{server.server_address[1]}/page.jsonl"]
    source = {"paths": paths, "retries": 0, "backoff_seconds": 0.01, "on_unreachable": "record"}
    return recipe(tmp_path, source=source)


def test_a_run_with_an_unreachable_input_says_that_it_is_not_deterministic(afar, told):
    lines, progress = told
    manifest = ran(afar, progress=progress)

    assert manifest["balance"]["failed"] == 1
    assert manifest["deterministic"] is False
    assert any(line.startswith("not deterministic") and "unreachable" in line for line in lines())


def test_an_unreachable_input_is_tried_again_by_the_next_run(afar, server, told):
    lines, progress = told
    ran(afar)
    server.down = False
    manifest = ran(afar, progress=progress)

    assert (manifest["balance"]["failed"], manifest["balance"]["records"]) == (0, 7)
    assert manifest["deterministic"] is True
    (line,) = [line for line in lines() if "shards are done" in line]
    assert line.startswith("1 of 2 shards are done, 1 to read: http://127.0.0.1:")
    assert line.endswith("/page.jsonl could not be reached")


def test_an_input_that_stays_unreachable_gives_the_same_run_again(afar):
    first, second = ran(afar), ran(afar)

    assert first["key"] == second["key"]
    assert first["files"] == second["files"]
    assert second["balance"]["failed"] == 1


def test_what_to_do_with_unreachable_inputs_is_not_part_of_the_key(tmp_path):
    write_shards(tmp_path, PAGES)
    paths = [str(tmp_path / "*.jsonl")]
    fails, records = (
        ran(recipe(tmp_path, source={"paths": paths, "on_unreachable": what}))["key"] for what in ("fail", "record")
    )

    assert fails == records
