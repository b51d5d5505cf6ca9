"""What only the Beam engine does: labels, counters, files of rows, and silence."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import apache_beam
import pyarrow as pa
import pytest

from crawlsieve.pipelines.engines.beam.graph import BatchCoder, build
from crawlsieve.pipelines.engines.beam.results import Results
from crawlsieve.pipelines.engines.beam.runners import There
from crawlsieve.pipelines.engines.beam.scratch import Scratch
from crawlsieve.pipelines.engines.engine import nobody
from crawlsieve.pipelines.engines.options import BeamOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.schemas.keys import COUNTS
from crawlsieve.stages.counts import PROGRESS, counts
from crawlsieve.stages.errors import CrawlsieveError, SourceError
from crawlsieve.stages.plan import Batch, Exchange, Map, Plan
from tests.engines.plans import NUMBERS, RUNS, Count, Total, shards
from tests.engines.test_conformance import rows, summed, totals

ROOT = Path(__file__).parents[2]


def labels(plan):
    pipeline = apache_beam.Pipeline()
    build(pipeline, plan, Scratch("nowhere"))
    proto = pipeline.to_runner_api()
    steps = proto.components.transforms[proto.root_transform_ids[0]].subtransforms
    return [proto.components.transforms[step].unique_name for step in steps]


def test_labels_are_the_plans_names_and_what_comes_twice_is_numbered():
    keyed = Exchange(by=("key",), partitions=2, then=("value",))
    steps = (Map(Count(3), NUMBERS, "read, extract"), keyed, Map(iter, NUMBERS), keyed, Map(iter, NUMBERS))
    found = labels(Plan(shards(1), steps, "curate"))

    assert [name for name in found if "," not in name.replace("read, extract", "")] == [
        "curate: source", "curate: shards", "curate: spread", "curate: read, extract", "curate: by key",
        "curate: iter", "curate: by key (2)", "curate: iter (2)",
    ]  # fmt: skip
    assert len(set(found)) == len(found)
    assert labels(Plan(shards(1, 2, 3), steps, "curate")) == found


@dataclass(frozen=True)
class Counts:
    """What a step counts, of every shard, and how far it is."""

    def __call__(self, given: Iterator[Batch]) -> Iterator[Batch]:
        for row in given:
            first, size = row.column("first")[0].as_py(), row.column("size")[0].as_py()
            yield counts(first, [("judge", "rows_in", size), (PROGRESS, "bytes", 7)])
            yield counts(first, [("judge", "rows_out", 1)])


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_pass_counts_are_counters_of_beam(tmp_path, workers):
    with started(BeamOptions(workers=workers), str(tmp_path), "run") as engine:
        engine.run(Plan(shards(5, 6), (Map(Counts(), writes=COUNTS),)), nobody)
        found = engine.result.metrics().query()["counters"]

    assert {
        counter.key.metric.name: counter.committed for counter in found if counter.key.metric.namespace == "crawlsieve"
    } == {"judge/rows_in": 11, "judge/rows_out": 2}


def test_a_slice_does_not_ship_what_it_was_cut_from():
    whole = pa.RecordBatch.from_arrays([pa.array(range(1_000_000))], names=["value"])
    found = BatchCoder().encode(whole.slice(500, 3))

    assert len(found) < 1000
    assert BatchCoder().decode(found).to_pydict() == {"value": [500, 501, 502]}


def test_left_overs_of_a_killed_run_are_removed_and_nothing_else(tmp_path):
    for name in ("exchange-beam-curate-1234", "exchange-5", "curated"):
        (tmp_path / name / "rows").mkdir(parents=True)
    with started(BeamOptions(), str(tmp_path), "run"):
        pass

    assert [file.name for file in tmp_path.iterdir()] == ["curated"]


def test_rows_are_shown_while_the_pipeline_runs_and_each_once(tmp_path):
    scratch, seen = Scratch(str(tmp_path)), []
    plan_rows = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], schema=NUMBERS)
    results = Results(scratch, seen.append, set())
    scratch.put_rows(1, NUMBERS, [plan_rows])
    results.look()
    assert [batch.to_pylist() for batch in seen] == [[{"key": 1, "value": 2}]]

    scratch.put_rows(0, NUMBERS, [])
    assert results.table(2, NUMBERS).to_pylist() == [{"key": 1, "value": 2}]
    assert len(seen) == 1


def test_who_watches_is_told_while_other_tasks_still_run(tmp_path):
    told = tmp_path / "told"
    plan = Plan(shards(1, 1), (Map(Waits(str(told)), writes=NUMBERS),))
    with started(BeamOptions(), str(tmp_path / "work"), "run") as engine:
        engine.run(plan, lambda _: told.touch())


@dataclass(frozen=True)
class Waits:
    """The second task that begins waits until somebody was told of the first."""

    file: str

    def __call__(self, given: Iterator[Batch]) -> Iterator[Batch]:
        from tests.engines.test_workers import wait_for

        begun = Path(self.file).with_name("begun")
        if begun.exists():
            wait_for(lambda: [1] if Path(self.file).exists() else [], 1)
        begun.touch()
        yield from Count(1)(given)


def test_an_error_of_who_watches_ends_the_run(tmp_path):
    """Also one in the middle, which does not come again at the end."""
    told = tmp_path / "told"

    def fails(_):
        if not told.exists():
            told.touch()
            raise ZeroDivisionError

    plan = Plan(shards(1, 1), (Map(Waits(str(told)), writes=NUMBERS),))
    with started(BeamOptions(), str(tmp_path / "work"), "run") as engine, pytest.raises(ZeroDivisionError):
        engine.run(plan, fails)


def test_rows_of_an_attempt_that_is_repeated_are_shown_once(tmp_path):
    told, first, again = set(), [], []
    for folder, seen in (("a", first), ("b", again)):
        scratch = Scratch(str(tmp_path / folder))
        scratch.put_rows(0, NUMBERS, Count(1)(iter([shards(1)])))
        assert len(Results(scratch, seen.append, told).table(1, NUMBERS)) == 1

    assert (len(first), len(again)) == (1, 0)


class Elsewhere:
    """A pipeline, and what Beam says of it, whose driver is stopped while it waits."""

    def __init__(self):
        self.cancelled = 0

    def run(self):
        return self

    def wait_until_finish(self):
        raise KeyboardInterrupt

    def cancel(self):
        self.cancelled += 1


def test_ctrl_c_cancels_a_job_elsewhere():
    job = Elsewhere()
    with pytest.raises(KeyboardInterrupt):
        There().run(lambda: job)

    assert job.cancelled == 1


def test_a_verdict_is_heard_while_the_others_still_run(tmp_path):
    scratch, heard = Scratch(str(tmp_path)), threading.Event()
    with Results(scratch, nobody, set()).watched(0.01, heard.set):
        scratch.put_verdict(0, CrawlsieveError("it is so"))
        assert heard.wait(30)


def test_a_task_without_rows_is_missed(tmp_path):
    with pytest.raises(CrawlsieveError, match="1 tasks left no rows under"):
        Results(Scratch(str(tmp_path)), nobody, set()).table(1, NUMBERS)


def test_a_verdict_keeps_its_kind_and_its_words(tmp_path):
    scratch = Scratch(str(tmp_path))
    assert scratch.verdict() is None

    scratch.put_verdict(7, CrawlsieveError("second"))
    scratch.put_verdict(3, SourceError("first: ü"))
    assert (type(scratch.verdict()), str(scratch.verdict())) == (SourceError, "first: ü")


def test_a_last_task_is_begun_again_by_itself(tmp_path):
    """The other tasks are not done twice: a month of shards is not read again for one that fails now and then."""
    steps = (*summed((5, 5, 5), 4).steps[:2], Map(FailsOnce(str(tmp_path / "begun")), writes=RUNS))
    with started(BeamOptions(), str(tmp_path / "work"), "run") as engine:
        found = engine.run(Plan(shards(5, 5, 5), steps), nobody)

        assert rows(found) == totals((5, 5, 5), 4)
        assert len(engine.retried) == 1
    assert (tmp_path / "begun").read_text() == "...."  # three partitions, one of them twice


@dataclass(frozen=True)
class FailsOnce:
    """`Total`, which fails at its end when it is called first; the file tells how often it was called."""

    file: str

    def __call__(self, given: Iterator[Batch]) -> Iterator[Batch]:
        place = Path(self.file)
        place.write_text((place.read_text() if place.exists() else "") + ".")
        yield from Total()(given)
        if place.read_text() == ".":
            raise OSError(5, "Input/output error")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_prints_nothing(tmp_path, workers):
    script = (
        "import sys\n"
        "from crawlsieve.pipelines.engines.engine import nobody\n"
        "from crawlsieve.pipelines.engines.options import BeamOptions\n"
        "from crawlsieve.pipelines.engines.start import started\n"
        "from tests.engines.test_conformance import summed\n"
        f"with started(BeamOptions(workers={workers}), sys.argv[1], 'run') as engine:\n"
        "    engine.run(summed((5, 6), 3), nobody)\n"
        "import logging\n"
        "logging.warning('a warning')\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    found = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=True, text=True
    )

    assert (found.stdout, found.stderr) == ("", "WARNING:root:a warning\n")
