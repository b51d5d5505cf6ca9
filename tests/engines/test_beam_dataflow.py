"""Jobs on Dataflow, against a service of our own: a job that outlives its driver is found again."""

import re

import apache_beam
import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from crawlsieve.pipelines import curate
from crawlsieve.pipelines.engines.beam.dataflow import Jobs, OnDataflow, fingerprint
from crawlsieve.pipelines.engines.beam.driver import Beam
from crawlsieve.pipelines.engines.beam.flags import pipeline_options
from crawlsieve.pipelines.engines.beam.graph import build
from crawlsieve.pipelines.engines.beam.scratch import Scratch, left_over
from crawlsieve.pipelines.engines.engine import nobody
from crawlsieve.pipelines.engines.options import BeamOptions
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.progress import Progress
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import read_json
from crawlsieve.stages.plan import Map, Plan
from crawlsieve.stages.read import survey
from tests.engines.plans import NUMBERS, Count, FailAt, shards
from tests.engines.test_conformance import rows, summed, totals
from tests.pipelines.runs import recipe, write_shards

PLAN = summed((5, 6), 3)
OPTIONS = BeamOptions(
    runner="DataflowRunner",
    options={"project": "p", "region": "r", "temp_location": "gs://bucket/temp", "num_workers": 3},
)
RUNNING, DONE, FAILED, CANCELLED = (f"JOB_STATE_{name}" for name in ("RUNNING", "DONE", "FAILED", "CANCELLED"))


class Fake:
    """Dataflow: it runs a job here when it is submitted, or when somebody asks after it."""

    def __init__(self, *, late=False):
        self.late, self.log, self.states, self.waiting = late, [], {}, {}

    def submit(self, pipeline):
        name = f"job-{len(self.states)}"
        self.log.append(("submit", name))
        self.states[name], self.waiting[name] = RUNNING, pipeline
        return name

    def state(self, job):
        found = self.states.get(job, CANCELLED)
        if found == RUNNING and not self.late:
            self.states[job] = self._run(self.waiting.pop(job))
        return found

    def cancel(self, job):
        self.log.append(("cancel", job))
        self.states[job] = CANCELLED

    def _run(self, pipeline):
        try:
            FnApiRunner().run_pipeline(pipeline, pipeline.options)
        except CrawlsieveError:
            return FAILED
        return DONE


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A function from a service to an engine that uses it."""
    monkeypatch.setattr("crawlsieve.pipelines.engines.beam.driver.of_beam", lambda *_: FnApiRunner())

    def made(service):
        return Beam(OPTIONS, str(tmp_path), "web", jobs=Jobs(str(tmp_path), service, service.submit, every=0.01))

    return made


class Gone(BaseException):
    """The driver is killed."""


def begin_and_die(engine, monkeypatch):
    """A driver that is killed when its job runs: no `finally` of its own is reached."""
    service = Fake()
    with monkeypatch.context() as patch:
        patch.setattr(Scratch, "remove", lambda _: None)
        patch.setattr(Jobs, "forget", lambda *_: None)
        patch.setattr(Jobs, "wait", lambda *_: (_ for _ in ()).throw(Gone))
        with pytest.raises(Gone):
            engine(service).run(PLAN, nobody)
    return service


def test_the_job_is_noted_while_it_runs_and_forgotten_when_it_is_done(engine, tmp_path):
    service, noted = Fake(), []
    seen = service.state
    service.state = lambda job: noted.append(read_json(str(tmp_path / "dataflow-plan.json"))) or seen(job)

    assert rows(engine(service).run(PLAN, nobody)) == totals((5, 6), 3)
    assert {note["job"] for note in noted} == {"job-0"}
    assert list(tmp_path.iterdir()) == []


def test_a_driver_that_starts_again_attaches_to_the_job_it_left(engine, tmp_path, monkeypatch):
    service = begin_and_die(engine, monkeypatch)
    kept = Jobs(str(tmp_path), service).scratches()
    assert left_over(str(tmp_path), kept) == []
    assert left_over(str(tmp_path), ()) == kept

    assert rows(engine(service).run(PLAN, nobody)) == totals((5, 6), 3)
    assert service.log == [("submit", "job-0")]
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_was_done_meanwhile_is_not_done_again(engine, monkeypatch):
    service = begin_and_die(engine, monkeypatch)
    while service.state("job-0") != DONE:
        pass

    assert rows(engine(service).run(PLAN, nobody)) == totals((5, 6), 3)
    assert service.log == [("submit", "job-0")]


def test_a_job_of_another_plan_is_cancelled_first(engine, monkeypatch, tmp_path):
    service = begin_and_die(engine, monkeypatch)

    assert rows(engine(service).run(summed((9,), 3), nobody)) == totals((9,), 3)
    assert service.log == [("submit", "job-0"), ("cancel", "job-0"), ("submit", "job-1")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("state", [FAILED, CANCELLED])
def test_a_job_that_came_to_nothing_is_begun_anew(engine, monkeypatch, state):
    service = begin_and_die(engine, monkeypatch)
    service.states["job-0"] = state

    assert rows(engine(service).run(PLAN, nobody)) == totals((5, 6), 3)
    assert service.log == [("submit", "job-0"), ("submit", "job-1")]


def test_ctrl_c_cancels_the_job(engine, tmp_path):
    service = Fake(late=True)

    def interrupted(_):
        service.state = lambda job: service.states[job]
        raise KeyboardInterrupt

    service.state = interrupted
    with pytest.raises(KeyboardInterrupt):
        engine(service).run(PLAN, nobody)

    assert service.log == [("submit", "job-0"), ("cancel", "job-0")]
    assert list(tmp_path.iterdir()) == []


def test_a_verdict_ends_the_job_with_its_own_words_and_no_second_one_is_submitted(engine):
    plan = Plan(shards(5, 5), (Map(FailAt(5), writes=shards().schema), Map(Count(3), writes=NUMBERS)))
    service = Fake()
    with pytest.raises(CrawlsieveError, match=r"^this shard cannot be read$"):
        engine(service).run(plan, nobody)

    assert [name for name, _ in service.log].count("submit") == 1


def test_a_verdict_cancels_a_job_that_would_go_on(tmp_path):
    service = Fake()
    jobs = Jobs(str(tmp_path), service)
    OnDataflow(jobs, PLAN, jobs.note(PLAN, "job-0", "x"), "x").end()

    assert service.log == [("cancel", "job-0")]


def test_a_job_that_fails_without_a_word_is_named(engine):
    service = Fake()
    service._run = lambda _: FAILED
    with pytest.raises(CrawlsieveError, match="Dataflow job job-0 ended as JOB_STATE_FAILED: its log says why"):
        engine(service).run(PLAN, nobody)


def test_a_fingerprint_is_that_of_shards_and_steps():
    assert fingerprint(PLAN) == fingerprint(summed((5, 6), 3))
    assert len({fingerprint(plan) for plan in (PLAN, summed((5, 7), 3), summed((5, 6), 4))}) == 3


class Seen:
    """An engine that keeps the plans it is given."""

    def run(self, plan, _):
        self.plan = plan
        raise Gone


def test_the_graph_of_a_pass_is_made_without_an_account_and_does_not_grow_with_the_shards(tmp_path):
    write_shards(tmp_path, *([{"id": str(n), "text": "a text"}] for n in range(300)))
    loaded, seen, size = load(str(recipe(tmp_path))), Seen(), {}
    inputs = survey(loaded.source)
    for shards_ in (1, 300):
        with pytest.raises(Gone):
            curate.curate(Job(loaded, tuple(inputs[:shards_])), seen, Progress.silent())
        pipeline = apache_beam.Pipeline(options=pipeline_options(OPTIONS, "job"), runner=FnApiRunner())
        build(pipeline, seen.plan, Scratch("gs://bucket/run/_work/exchange-1"))
        proto = pipeline.to_runner_api()
        size[shards_] = len(proto.SerializeToString())
        names = {step.unique_name for step in proto.components.transforms.values()}

    assert "curate: read" in names
    assert any(re.match(r"curate: spread/", name) for name in names)
    assert size[300] - size[1] < 100
