"""What the local engine does when its worker processes or its driver come to harm."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import pyarrow as pa
import pytest

from crawlsieve.pipelines.engines import local
from crawlsieve.pipelines.engines.engine import Retried, nobody
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Batch, Map, Plan
from tests.engines.plans import NUMBERS, Count, shards


@dataclass(frozen=True)
class DieOnce:
    """Kills its own process at the shard that begins with `first`, as often as `times`."""

    folder: str
    first: int
    times: int

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for row in rows:
            if row.column("first").to_pylist() == [self.first]:
                place = Path(self.folder)
                died = len(list(place.iterdir()))
                if died < self.times:
                    (place / str(died)).touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            yield row


@dataclass(frozen=True)
class Who:
    """Tells its process id."""

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for _ in rows:
            yield pa.RecordBatch.from_arrays([pa.array([0]), pa.array([os.getpid()])], schema=NUMBERS)


@dataclass(frozen=True)
class Full:
    """A disk that is full."""

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for _ in rows:
            raise OSError(28, "No space left on device", "out/part")
        yield from ()


def plan(folder, times):
    folder.mkdir()
    return Plan(
        shards(4, 4, 4),
        (Map(DieOnce(str(folder), 4, times), writes=shards().schema), Map(Count(100), writes=NUMBERS)),
    )


def run(plan, folder, workers):
    with local.started(workers, str(folder)) as engine:
        return engine.run(plan, nobody)


@pytest.mark.parametrize("noticed", [True, False])
def test_a_worker_that_dies_between_two_plans_is_replaced(monkeypatch, noticed):
    if not noticed:
        monkeypatch.setattr(BaseProcess, "is_alive", lambda _: True)  # as if it died just after it was asked
    whole = Plan(shards(4, 4, 4), (Map(Count(100), writes=NUMBERS),))
    with local.started(2) as engine:
        engine.prepare(3)
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
        found = engine.run(whole, nobody)

    assert sorted(found["value"].to_pylist()) == list(range(12))


def test_workers_stay_for_the_next_plan():
    with local.started(2) as engine:
        seen = [engine.run(Plan(shards(1, 1), (Map(Who(), writes=NUMBERS),)), nobody) for _ in range(3)]

    assert len({pid for table in seen for pid in table["value"].to_pylist()}) <= 2


def test_what_a_task_tells_in_many_batches_is_held_in_one():
    with local.started(1) as engine:
        found = engine.run(Plan(shards(500), (Map(Count(100, batch=1), writes=NUMBERS),)), nobody)

    assert [len(batch) for batch in found.to_batches()] == [500]


def test_a_killed_worker_is_replaced_and_its_task_repeated(tmp_path):
    with local.started(2) as engine:
        found = engine.run(plan(tmp_path / "deaths", 2), nobody)

    assert engine.retried == [Retried("partition 1", "its worker process was killed (SIGKILL; out of memory?)")] * 2
    assert sorted(found["value"].to_pylist()) == list(range(12))


def test_a_worker_that_is_killed_every_time_ends_the_run_with_a_message(tmp_path):
    with pytest.raises(CrawlsieveError, match=r"killed \(SIGKILL; out of memory\?\), 3 times"):
        run(plan(tmp_path / "deaths", 99), tmp_path, 2)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_named(tmp_path, workers):
    with pytest.raises(CrawlsieveError, match=r"No space left on device.*out/part"):
        run(Plan(shards(1, 1), (Map(Full(), writes=NUMBERS),)), tmp_path, workers)


def test_a_driver_that_is_killed_takes_its_workers_along(tmp_path):
    script = textwrap.dedent(
        """
        import sys, time, os
        from pathlib import Path
        from crawlsieve.stages.plan import Map, Plan
        from tests.engines.plans import NUMBERS, shards
        from tests.engines.test_workers import Sleep, run

        if __name__ == "__main__":
            plan = Plan(shards(1, 1), (Map(Sleep(sys.argv[1]), writes=NUMBERS),))
            run(plan, Path(sys.argv[1]), 2)
        """
    )
    (tmp_path / "driver.py").write_text(script)
    root = Path(__file__).parents[2]
    driver = subprocess.Popen(
        [sys.executable, str(tmp_path / "driver.py"), str(tmp_path)], env={**os.environ, "PYTHONPATH": str(root)}
    )
    workers = wait_for(lambda: [int(file.stem) for file in tmp_path.glob("*.pid")], 2)
    driver.kill()
    driver.wait()

    wait_for(lambda: [pid for pid in workers if not alive(pid)], 2)


@dataclass(frozen=True)
class Sleep:
    """Tells its process id, and sleeps."""

    folder: str

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for _ in rows:
            (Path(self.folder) / f"{os.getpid()}.pid").touch()
            time.sleep(60)
        yield from ()


def wait_for(found, count):
    for _ in range(300):
        if len(found()) >= count:
            return found()
        time.sleep(0.1)
    pytest.fail(f"still waiting: {found()}")


def alive(pid):
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
