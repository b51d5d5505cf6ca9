"""A run that is stopped, by Ctrl-C or by kill -9, goes on from its finished shards and gives the same bytes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawlsieve.pipelines.recipe.steps import STEPS, StepKind
from tests.pipelines.runs import ran, recipe, write_shards

ROOT = Path(__file__).parents[2]

DRIVER = """
import signal
import sys
from crawlsieve.pipelines.cli import main
from crawlsieve.pipelines.recipe.steps import STEPS, StepKind

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin with it ignored
    STEPS["waits"] = StepKind("tests.pipelines.runs:Waits")
    sys.argv = ["crawlsieve", "run", *sys.argv[1:]]
    main()
"""


@pytest.fixture
def crawl(tmp_path, monkeypatch):
    """Shards of which the third waits for a file, and a recipe over them."""
    monkeypatch.setitem(STEPS, "waits", StepKind("tests.pipelines.runs:Waits"))
    write_shards(tmp_path, *([{"id": f"{n}-{i}", "text": f"text {i}"} for i in range(20)] for n in range(5)))
    steps = [{"waits": {"shard": 2, "file": str(tmp_path / "go")}}, {"exact_duplicates": {"by": ["text"]}}]
    recipe(tmp_path, steps=steps)
    (tmp_path / "driver.py").write_text(DRIVER)
    return tmp_path


@pytest.fixture
def started(crawl):
    """Starts a run in a process of its own, which stands at its third shard; ends it, if it did not end itself."""
    runs = []

    def start(workers):
        runs.append(_started(crawl, workers))
        return runs[-1]

    yield start
    for run in runs:
        run.kill()
        run.wait()
        run.stderr.close()


def _started(crawl, workers):
    run = subprocess.Popen(
        [sys.executable, crawl / "driver.py", crawl / "recipe.yaml", "--workers", str(workers)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(600):
        if len(done(crawl)) == (2 if workers == 1 else 4):
            return run
        if run.poll() is not None:
            break
        time.sleep(0.05)
    run.kill()
    pytest.fail(f"the run never stood still: {run.communicate()}")


def done(crawl):
    """When each finished shard was finished."""
    return {file: file.stat().st_mtime_ns for file in (crawl / "run/_work/curated").rglob("done.json")}


def tables(run):
    """The bytes of every final table."""
    files = (file for file in run.rglob("*.parquet") if "_work" not in file.parts)
    return {str(file.relative_to(run)): file.read_bytes() for file in files}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_killed_with_9_goes_on_from_its_finished_shards(crawl, started, workers):
    run = started(workers)
    finished = done(crawl)
    run.kill()
    run.communicate()
    assert tables(crawl / "run") == {}
    time.sleep(1.0 if workers == 2 else 0)  # the orphaned worker notices within half a second

    (crawl / "go").touch()
    ran(crawl / "recipe.yaml")
    assert {file: time for file, time in done(crawl).items() if file in finished} == finished
    after = tables(crawl / "run")

    (crawl / "run").rename(crawl / "stopped")
    ran(crawl / "recipe.yaml")
    assert tables(crawl / "run") == after


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_says_how_to_go_on_and_leaves_no_process(crawl, started, workers):
    run = started(workers)
    run.send_signal(signal.SIGINT)
    _, told = run.communicate(timeout=20)

    assert run.returncode == 130
    assert "Stopped. The same command goes on" in told
    assert "Traceback" not in told
    assert not (crawl / "run" / "manifest.json").exists()
