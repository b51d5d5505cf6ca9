"""What the Beam engine does when its worker processes or its driver come to harm."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from crawlsieve.pipelines.engines.engine import Retried, nobody
from crawlsieve.pipelines.engines.options import BeamOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Exchange, Map, Plan
from tests.engines.plans import NUMBERS, Count, shards
from tests.engines.test_workers import DieOnce, Full, Sleep, Who, alive, wait_for

KILLED = "its worker process was killed (SIGKILL; out of memory?)"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    with started(BeamOptions(workers=2), str(work), "harm") as found:
        yield found
    assert list(work.iterdir()) == []


def dying(folder, times, *exchange):
    folder.mkdir()
    maps = [Map(DieOnce(str(folder), 4, times), writes=shards().schema), Map(Count(100), writes=NUMBERS)]
    return Plan(shards(4, 4, 4), (*maps, *exchange))


@pytest.mark.parametrize(
    "exchange",
    [(), (Exchange(("key",), 2, ("value",)), Map(iter, NUMBERS))],
    ids=["last stretch", "before an exchange"],
)
def test_a_killed_worker_is_replaced_and_its_plan_begun_again(engine, tmp_path, exchange):
    before = len(engine.retried)
    found = engine.run(dying(tmp_path / "deaths", 2, *exchange), nobody)

    assert engine.retried[before:] == [Retried("partition 1", KILLED)] * 2
    assert sorted(found["value"].to_pylist()) == list(range(12))


def test_a_worker_that_is_killed_every_time_ends_the_run_with_a_message(engine, tmp_path):
    with pytest.raises(CrawlsieveError, match=r"^partition 1: .*killed \(SIGKILL; out of memory\?\), 3 times"):
        engine.run(dying(tmp_path / "deaths", 99), nobody)


def test_workers_stay_for_the_next_plan(engine):
    who = Plan(shards(1, 1), (Map(Who(), writes=NUMBERS),))
    engine.prepare(2)
    seen = [engine.run(who, nobody)["value"].to_pylist() for _ in range(3)]

    assert len({pid for pids in seen for pid in pids}) <= 2


def test_a_worker_that_dies_between_two_plans_is_replaced(engine):
    who = Plan(shards(1, 1), (Map(Who(), writes=NUMBERS),))
    for pid in {*engine.run(who, nobody)["value"].to_pylist()}:
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda pid=pid: [pid] if not alive(pid) else [], 1)
    before = len(engine.retried)

    assert len(engine.run(who, nobody)) == 2
    assert len(engine.retried) == before


def test_a_full_disk_is_named_and_no_worker_goes_on(engine, tmp_path):
    """The other worker sleeps for a minute; nobody waits for it."""
    plan = Plan(shards(1, 1), (Map(FullOrSleep(str(tmp_path)), writes=NUMBERS),))
    with pytest.raises(CrawlsieveError, match=r"^partition 0: No space left on device.*out/part"):
        engine.run(plan, nobody)

    assert not [pid for pid in (int(file.stem) for file in tmp_path.glob("*.pid")) if alive(pid)]


class FullOrSleep:
    """The first shard finds a full disk, when the others are asleep."""

    def __init__(self, folder):
        self._folder = folder

    def __call__(self, rows):
        for row in rows:
            if row.column("first").to_pylist() != [0]:
                yield from Sleep(self._folder)(iter([row]))
            wait_for(lambda: list(Path(self._folder).glob("*.pid")), 1)
            yield from Full()(iter([row]))


@pytest.fixture
def driver(tmp_path):
    """A driver in a process of its own, and a function that waits for the ids of its workers."""
    script = textwrap.dedent(
        """
        import sys
        from crawlsieve.pipelines.engines.engine import nobody
        from crawlsieve.pipelines.engines.options import BeamOptions
        from crawlsieve.pipelines.engines.start import started
        from crawlsieve.stages.plan import Map, Plan
        from tests.engines.plans import NUMBERS, shards
        from tests.engines.test_workers import Sleep

        try:
            with started(BeamOptions(workers=int(sys.argv[2])), sys.argv[1] + "/work", "sleep") as engine:
                engine.run(Plan(shards(1, 1), (Map(Sleep(sys.argv[1]), writes=NUMBERS),)), nobody)
        except KeyboardInterrupt:
            print("stopped")
        """
    )
    (tmp_path / "driver.py").write_text(script)
    begun = []

    def begin(workers):
        command = [sys.executable, str(tmp_path / "driver.py"), str(tmp_path), str(workers)]
        surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        begun.append(subprocess.Popen(command, env=surroundings, stdout=pipe, stderr=pipe, start_new_session=True))
        return begun[0], wait_for(lambda: [int(file.stem) for file in tmp_path.glob("*.pid")], workers)

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def test_a_driver_that_is_killed_takes_its_workers_along(driver):
    process, workers = driver(2)
    process.kill()

    wait_for(lambda: [pid for pid in workers if not alive(pid)], 2)


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_the_pipeline_and_the_workers_without_a_trace(driver, workers, tmp_path):
    process, at_work = driver(workers)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
    out, err = process.communicate(timeout=30)

    assert (out, err) == (b"stopped\n", b"")
    assert not [pid for pid in at_work if alive(pid)]
    assert list((tmp_path / "work").iterdir()) == []
