"""Which engine a command uses."""

import os

import pytest

from crawlsieve.pipelines.engines import choice
from crawlsieve.pipelines.engines.choice import Asked, chosen, engine_text
from crawlsieve.pipelines.engines.options import BeamOptions, Engines, LocalOptions, RayOptions
from crawlsieve.stages.errors import RecipeError

NAMED = Engines(
    local=LocalOptions(workers=4),
    beam=BeamOptions(runner="DataflowRunner", options={"region": "europe-west1", "max_num_workers": 10}),
    ray=RayOptions(address="auto", cpus_per_task=2.0),
)


@pytest.mark.parametrize(
    ("asked", "engine"),
    [
        (Asked(), NAMED.local),
        (Asked(workers=2), LocalOptions(workers=2)),
        (Asked("beam"), NAMED.beam),
        (Asked("beam", runner="FlinkRunner"), BeamOptions(runner="FlinkRunner", options=NAMED.beam.options)),
        (
            Asked("beam", beam_options={"max_num_workers": "20", "streaming": "false"}),
            BeamOptions(
                runner="DataflowRunner",
                options={"region": "europe-west1", "max_num_workers": 20, "streaming": False},
            ),
        ),
        (Asked("ray", workers=3, address="head:6379"), RayOptions(address="head:6379", workers=3, cpus_per_task=2.0)),
    ],
)
def test_the_command_line_goes_before_the_recipe(asked, engine):
    assert chosen(NAMED, asked) == engine


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked(runner="FlinkRunner"), "--runner says nothing to the engine 'local'"),
        (Asked("ray", beam_options={"region": "x"}), "--beam-option says nothing to the engine 'ray'"),
        (Asked("beam", address="auto"), "--address says nothing to the engine 'beam'"),
    ],
)
def test_an_option_of_another_engine_is_no_slip_to_be_ignored(asked, message):
    with pytest.raises(RecipeError, match=message):
        chosen(NAMED, asked)


@pytest.mark.parametrize("name", ["local", "ray"])
def test_as_many_workers_as_cores_if_nobody_says(monkeypatch, name):
    monkeypatch.setattr(choice, "cores", lambda: 5)

    assert chosen(Engines(), Asked(name)).workers == 5


@pytest.mark.parametrize("affinity", [True, False])
def test_cores_are_those_that_the_process_may_use(monkeypatch, affinity):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    if affinity:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5}, raising=False)
    else:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)

    assert choice.cores() == (2 if affinity else 64)


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        (LocalOptions(workers=1), "local, in this process"),
        (LocalOptions(workers=3), "local, 3 worker processes"),
        (BeamOptions(), "beam, FnApiRunner, in this process"),
        (BeamOptions(workers=2), "beam, FnApiRunner, 2 worker processes"),
        (NAMED.beam, "beam, DataflowRunner, a job a pass, max_num_workers=10, region=europe-west1"),
        (RayOptions(workers=2), "ray, a cluster of 2 CPUs on this machine, for the run only"),
        (NAMED.ray, "ray, the cluster at auto, 2 CPUs a task"),
    ],
)
def test_what_will_be_launched_is_one_line(engine, text):
    assert engine_text(engine) == text
