"""Publishers that meet, and publishers that are killed: HEAD is the old one or a whole new one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import fsspec
import pytest

from crawlsieve.pipelines.index.write import publish
from crawlsieve.stages.history.head import Head, HistoryError, LostRaceError, read_head, swap_head
from crawlsieve.stages.history.index import open_index
from tests.pipelines.index.conftest import made

ROOT = Path(__file__).parents[3]

MEETS = """
import sys, time
from pathlib import Path
from crawlsieve.pipelines import cli
from crawlsieve.pipelines.index import write

index, run, ready, go = sys.argv[1:]
real = write.swap_head

def waits(*arguments):
    Path(ready).touch()
    while not Path(go).exists():
        time.sleep(0.01)
    real(*arguments)

write.swap_head = waits
sys.argv = ["crawlsieve", "index", "publish", index, run, "--workers", "1"]
cli.main()
"""

DIES = """
import os, signal, sys
from contextlib import contextmanager
from crawlsieve.pipelines.index import write
from crawlsieve.stages import bloom_file
from crawlsieve.stages.history import head as history_head
from crawlsieve.stages.history import ids as history_ids

index, run, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
left = [number]

def dying(real):
    @contextmanager
    def writing(path):
        with real(path) as file:
            yield file
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    return writing

for module in (write, bloom_file, history_head, history_ids):
    module.writing = dying(module.writing)
write.publish(index, run)
"""


def started(tmp_path, script, *arguments):
    place = tmp_path / "driver.py"
    place.write_text(script)
    return subprocess.Popen(
        [sys.executable, place, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def appeared(paths, processes):
    for _ in range(1200):
        if all(path.exists() for path in paths):
            return
        if any(process.poll() is not None for process in processes):
            break
        time.sleep(0.05)
    pytest.fail(f"they never met: {[process.communicate() for process in processes if process.poll() is not None]}")


def meet(tmp_path, index, runs):
    """Both publish on the same generation; (exit status, what was told) each."""
    names = sorted(runs)
    ready, go = [tmp_path / f"ready-{name}" for name in names], tmp_path / "go"
    processes = [
        started(tmp_path, MEETS, index, runs[name], place, go) for name, place in zip(names, ready, strict=True)
    ]
    try:
        appeared(ready, processes)
        go.touch()
        told = [process.communicate(timeout=60) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return {
        name: (process.returncode, out + error)
        for name, process, (out, error) in zip(names, processes, told, strict=True)
    }


def assert_one_wins(tmp_path, index, runs):
    told = meet(tmp_path, index, runs)
    [winner] = [name for name, (status, _) in told.items() if status == 0]
    [loser] = [name for name in told if name != winner]

    assert told[loser][0] == 1
    assert "LostRaceError" in told[loser][1]
    assert "the same command again adds it" in told[loser][1]
    assert "Traceback" not in told[loser][1]
    current, _ = open_index(index)
    assert (current.name, [run["name"] for run in current.runs]) == ("gen-1", [winner])

    publish(index, runs[loser])
    current, _ = open_index(index)
    assert (current.name, [run["name"] for run in current.runs]) == ("gen-2", [winner, loser])
    lost = {path.split("/")[1] for path in current_paths(index)} - used(index)
    assert len(lost) == 1  # what the loser had written is there, and nobody names it


def current_paths(index):
    system, place = fsspec.core.url_to_fs(index)
    return [path.removeprefix(place).lstrip("/") for path in system.find(place) if "/gen-" in path]


def used(index):
    """Folders of attempts that can be reached from HEAD."""
    current, _ = open_index(index)
    every = [current, *(open_index(index, one["name"])[0] for one in current.earlier)]
    paths = [one.path for one in every] + [file.path for one in every for file in one.filters.values()]
    return {path.split("/")[1] for path in paths}


def test_of_two_publishers_at_once_one_wins_and_the_other_is_told(tmp_path, index, runs):
    assert_one_wins(tmp_path, index, runs)


@pytest.mark.usefixtures("bucket")
def test_of_two_publishers_at_once_on_s3_one_wins_and_the_other_is_told(tmp_path, runs):
    assert_one_wins(tmp_path, made("s3://crawl/history/one"), runs)


def test_a_head_on_s3_is_swapped_only_if_it_is_the_one_that_was_read(bucket):
    index = "s3://crawl/history/two"
    swap_head(index, None, b"one")
    head = read_head(index)
    with pytest.raises(LostRaceError):
        swap_head(index, None, b"other")
    swap_head(index, head, b"two")

    with pytest.raises(LostRaceError):
        swap_head(index, head, b"three")
    assert bucket.get_object(Bucket="crawl", Key="history/two/HEAD")["Body"].read() == b"two"
    bucket.delete_object(Bucket="crawl", Key="history/two/HEAD")
    with pytest.raises(LostRaceError):
        swap_head(index, head, b"three")


def test_a_put_whose_answer_was_lost_has_won(bucket):
    index = "s3://crawl/history/three"
    swap_head(index, None, b"one")

    swap_head(index, Head(b"", '"0"'), b"one")
    assert bucket.get_object(Bucket="crawl", Key="history/three/HEAD")["Body"].read() == b"one"


@pytest.mark.usefixtures("bucket")
def test_only_a_failed_condition_is_a_lost_race():
    with pytest.raises(OSError, match="bucket"):
        swap_head("s3://no-such-bucket/index", Head(b"", '"0"'), b"one")


@pytest.mark.usefixtures("bucket")
def test_a_client_without_conditional_writes_is_told(monkeypatch):
    system = fsspec.filesystem("s3")
    system.connect()
    shape = system.s3.meta.service_model.operation_model("PutObject").input_shape
    members = {name: shape.members[name] for name in ("Bucket", "Key", "Body", "IfNoneMatch")}
    monkeypatch.setitem(vars(shape), "members", members)

    with pytest.raises(HistoryError, match="has no conditional PUT"):
        made("s3://crawl/history/four")


@pytest.mark.parametrize("number", [1, 2, 7, 24, 25, 26])  # 12 filters and 12 files of ids, the generation, HEAD
def test_a_publisher_killed_with_9_leaves_head_and_what_it_left_is_never_used(tmp_path, runs, number):
    index = made(str(tmp_path / "index"), ids=True)
    publish(index, runs["jan"])
    head = (Path(index) / "HEAD").read_bytes()

    process = started(tmp_path, DIES, index, runs["feb"], number)
    told = process.communicate()

    assert process.returncode == -signal.SIGKILL, told
    assert (Path(index) / "HEAD").read_bytes() == head
    left = {path.name for path in (Path(index) / "gen-2").iterdir()}
    assert left
    assert publish(index, runs["feb"]).generation.name == "gen-2"
    assert not left & used(index)


def test_a_publisher_that_may_live_reaches_head(tmp_path, runs):
    index = made(str(tmp_path / "index"), ids=True)
    publish(index, runs["jan"])

    process = started(tmp_path, DIES, index, runs["feb"], 27)

    told = process.communicate()
    assert process.returncode == 0, told
    assert open_index(index)[0].name == "gen-2"
