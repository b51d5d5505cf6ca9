"""What the engine on Ray does when its workers come to harm, and what it leaves in the cluster."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from crawlsieve.pipelines.engines.engine import Retried, nobody
from crawlsieve.pipelines.engines.options import RayOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.stages.errors import CrawlsieveError, MissingError
from crawlsieve.stages.plan import Batch, Exchange, Map, Plan
from tests.engines.plans import NUMBERS, RUNS, Count, FailOnce, InOrder, Total, shards
from tests.engines.test_workers import DieOnce, Full, alive, wait_for

ray = pytest.importorskip("ray")
pytest.importorskip("crawlsieve.pipelines.engines.ray")
from crawlsieve.pipelines.engines.ray import cluster, engine, rounds, tasks  # noqa: E402 - they import Ray

KILLED = "its worker process was killed (out of memory?)"


@pytest.fixture(scope="module")
def crew():
    with started(RayOptions(workers=2, object_store_memory=200 << 20), "", "test") as crew:
        yield crew


@pytest.fixture
def run(crew):
    """A function from a plan to its last table; `run.retried` is what was begun again in this test."""

    def run(plan, watch=nobody):
        return crew.run(plan, watch)

    crew.retried.clear()
    run.retried = crew.retried
    return run


def plain(*steps, sizes=(4, 4, 4)):
    """Every number of every shard, after `steps` over the shards."""
    return Plan(
        shards(*sizes), (*(Map(step, writes=shards().schema) for step in steps), Map(Count(100), writes=NUMBERS))
    )


def exchanged(*steps, sizes=(4, 4, 4), partitions=3):
    """The same, and their sums by key."""
    return Plan(
        shards(*sizes),
        (
            *plain(*steps).steps,
            Exchange(by=("key",), partitions=partitions, then=("value",)),
            Map(InOrder(), writes=NUMBERS),
            Map(Total(), writes=RUNS),
        ),
    )


def sums(table):
    return dict(zip(table["key"].to_pylist(), table["total"].to_pylist(), strict=True))


@pytest.mark.parametrize("make", [plain, exchanged])
def test_a_killed_worker_is_replaced_and_its_task_repeated(run, tmp_path, make):
    found = run(make(DieOnce(str(tmp_path), 4, 2)))

    assert run.retried == [Retried("partition 1", KILLED)] * 2
    assert found.sort_by("key") == run(make()).sort_by("key")


@pytest.mark.parametrize("make", [plain, exchanged])
def test_a_worker_that_is_killed_every_time_ends_the_run_with_a_message(run, tmp_path, make):
    with pytest.raises(CrawlsieveError, match=r"partition 1: its worker .*killed \(out of memory\?\), 3 times"):
        run(make(DieOnce(str(tmp_path), 4, 99)))

    assert len(list(tmp_path.iterdir())) == 3


def test_a_worker_that_is_killed_after_an_exchange_is_replaced(run, tmp_path):
    plan = exchanged()
    found = run(Plan(plan.source, (*plan.steps, Map(DieAfter(str(tmp_path), 2), writes=RUNS))))

    assert sums(found) == sums(run(plan))
    assert [again.why for again in run.retried] == [KILLED] * 2


def test_ray_does_not_begin_a_task_without_end(run, tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "ATTEMPTS", 99)
    with pytest.raises(CrawlsieveError, match=f"killed .*, {tasks.DEATHS} times"):
        run(exchanged(DieOnce(str(tmp_path), 4, 99)))


@pytest.mark.parametrize("make", [plain, exchanged])
def test_a_verdict_keeps_its_type_and_has_no_stack_trace(run, make):
    with pytest.raises(MissingError) as caught:
        run(make(Missing()))

    assert str(caught.value) == "there is no such page"
    assert type(caught.value) is MissingError


def test_a_full_disk_is_named(run):
    with pytest.raises(CrawlsieveError, match=r"No space left on device.*out/part"):
        run(Plan(shards(1, 1), (Map(Full(), writes=NUMBERS),)))


def test_the_stack_trace_of_a_mistake_is_shown_here(run, tmp_path, capfd):
    with pytest.raises(CrawlsieveError, match="RuntimeError: flaky, 3 times; its report is above"):
        run(exchanged(FailOnce(str(tmp_path), 4, 99)))

    shown = capfd.readouterr().err
    assert shown.count("RuntimeError: flaky") == 3
    assert "plans.py" in shown


def test_what_a_task_prints_is_not_shown_here(run, capfd):
    run(plain(Prints()))

    shown = capfd.readouterr()
    assert "hello" not in shown.out + shown.err


@pytest.mark.parametrize("stubborn", [False, True])
def test_the_other_tasks_are_cancelled_where_one_fails(run, tmp_path, stubborn):
    with pytest.raises(MissingError):
        run(Plan(shards(1, 1), (Map(MissingOrMany(str(tmp_path), stubborn), writes=NUMBERS),)))

    wait_for(lambda: [file for file in tmp_path.iterdir() if file.suffix == ".ended" or not alive(int(file.stem))], 1)


def test_shards_share_a_task_where_an_exchange_follows_and_each_is_a_call(run, monkeypatch):
    monkeypatch.setattr(engine, "MOST_OBJECTS", 9)
    sizes = (5, 0, 7, 1, 9, 3, 3, 2)
    ran = []
    monkeypatch.setattr(
        rounds.Round, "run", lambda self, work, run=rounds.Round.run: ran.append(len(work)) or run(self, work)
    )
    found = run(exchanged(OneShard(), sizes=sizes))

    assert ran == [3, 3]
    assert sums(found) == {key: sum(range(key, sum(sizes), 100)) for key in range(sum(sizes))}


def test_rows_that_exceed_memory_pass_through_a_file():
    exchange = Exchange(by=("key",), partitions=7, then=("value",))
    values = pa.array(range(20_000), pa.int64())
    with tasks.Shelf(exchange, NUMBERS) as shelf:
        shelf._file._max_size = 1000
        for first in range(0, 20_000, 5000):
            part = values.slice(first, 5000)
            shelf.fill(iter([pa.RecordBatch.from_arrays([part, part], schema=NUMBERS)]))
        kept = [shelf.messages(number) for number in range(7)]

    found = [
        value for some in kept for message in some for value in tasks.unpacked(message).column("value").to_pylist()
    ]
    assert sorted(found) == values.to_pylist()
    assert [len(some) for some in kept] == [4] * 7


def test_what_was_exchanged_leaves_the_object_store(run):
    """More rows than the store holds, twice over."""
    plan = exchanged(sizes=(2_000_000,) * 3, partitions=4)
    plan = Plan(plan.source, (Map(Count(1000, 100_000), writes=NUMBERS), plan.steps[1], Map(Counted(), writes=RUNS)))
    for _ in range(2):
        assert run(plan)["total"].to_pylist() == pytest.approx([1_500_000] * 4, rel=0.2)

    from ray._private.internal_api import memory_summary

    here = ray.get_runtime_context().gcs_address  # without it, some cluster of this machine is asked, alive or dead

    def empty():
        return [1] if "usage 0 MiB, 0 objects" in memory_summary(here, stats_only=True) else []

    wait_for(empty, 1)


@pytest.mark.usefixtures("crew")
def test_a_task_that_no_node_can_do_is_an_error():
    asked = cluster.Cluster(RayOptions(cpus_per_task=64, memory_per_task=1))
    with pytest.raises(
        CrawlsieveError, match=r"no node can do a task, which reserves 64 CPUs .* the nodes have 2 CPUs"
    ):
        asked.check()


@pytest.mark.usefixtures("crew")
def test_a_cluster_may_grow_for_a_while(monkeypatch):
    asked = cluster.Cluster(RayOptions(address="auto", cpus_per_task=64))
    asked.check()
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 0)

    with pytest.raises(CrawlsieveError, match="no node can do a task"):
        asked.check()


@pytest.mark.usefixtures("crew")
def test_a_run_that_waits_for_a_node_in_vain_ends(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(rounds, "LOOK_SECONDS", 0.2)
    with (
        started(RayOptions(address="auto", memory_per_task=1 << 40), "", "test") as waiting,
        pytest.raises(CrawlsieveError, match="no node can do a task"),
    ):
        waiting.run(plain(), nobody)


@pytest.mark.usefixtures("crew")
def test_who_is_connected_stays_connected():
    with started(RayOptions(address="auto"), "", "test") as second:
        assert len(second.run(plain(), nobody)) == 12

    assert ray.is_initialized()


@pytest.mark.usefixtures("crew")
def test_a_second_cluster_in_one_process_is_refused():
    with (
        pytest.raises(CrawlsieveError, match=r"started in this process already.*address: auto"),
        started(RayOptions(), "", "test"),
    ):
        pass


def test_nodes_have_the_version_of_the_driver(run, monkeypatch):
    monkeypatch.setattr(engine, "Shared", lambda *args: tasks.Shared(*args, version="0.0.1"))

    with pytest.raises(CrawlsieveError, match=r"crawlsieve is 0\.0\.1 here, but .* on a node of Ray"):
        run(plain())


def test_what_a_node_cannot_import_is_named(run, monkeypatch):
    monkeypatch.setattr(rounds, "_LAST", ray.remote(imports_nothing))

    with pytest.raises(CrawlsieveError, match=r"ModuleNotFoundError.*have to be installed on every node"):
        run(plain())


def imports_nothing(*_):
    import no_such_module  # noqa: F401


@dataclass(frozen=True)
class DieAfter(DieOnce):
    """Kills its own process at a partition that has rows."""

    def __init__(self, folder, times):
        super().__init__(folder, 0, times)

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for row in rows:
            died = len(list(Path(self.folder).iterdir()))
            if died < self.times:
                (Path(self.folder) / str(died)).touch()
                os.kill(os.getpid(), 9)
            yield row


@dataclass(frozen=True)
class Missing:
    """Finds nothing."""

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for _ in rows:
            raise MissingError("there is no such page")
        yield from ()


@dataclass(frozen=True)
class MissingOrMany:
    """The second shard fails when the first has begun, which never ends."""

    folder: str
    stubborn: bool

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        place = Path(self.folder)
        for row in rows:
            if row.column("first").to_pylist() == [0]:
                (place / f"{os.getpid()}.begun").touch()
                self._stay(place / f"{os.getpid()}.ended")
            while not list(place.iterdir()):
                pass
            raise MissingError("there is no such page")
        yield from ()

    def _stay(self, ended):
        try:
            while True:
                pass
        except KeyboardInterrupt:
            while self.stubborn:
                pass
            ended.touch()
            raise


@dataclass(frozen=True)
class Prints:
    """Says hello."""

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for row in rows:
            sys.stdout.write("hello\n")
            yield row


@dataclass(frozen=True)
class OneShard:
    """Checks that a call is one shard's."""

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        (row,) = rows
        assert len(row) == 1
        yield row


@dataclass(frozen=True)
class Counted:
    """How many rows a partition has."""

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        yield pa.RecordBatch.from_arrays([pa.array([0]), pa.array([sum(len(row) for row in rows)])], schema=RUNS)
