"""What a recipe may say about engines, and what a wrong word costs."""

import jsonschema
import pytest
import yaml

from crawlsieve.pipelines.engines.options import BeamOptions, LocalOptions, RayOptions
from crawlsieve.pipelines.recipe.json_schema import recipe_schema
from crawlsieve.pipelines.recipe.load import from_mapping
from crawlsieve.stages.errors import RecipeError

HEAD = "name: cc\nsource: {paths: [a.jsonl]}\noutput: out\nsteps: []\n"


def made(engine, **changes):
    return from_mapping(yaml.safe_load(HEAD + engine), "cc.yaml", changes)


def test_every_engine_has_its_options():
    engine = made(
        "engine:\n"
        "  local: {workers: 3}\n"
        "  beam: {runner: DataflowRunner, options: {region: europe-west1, max_num_workers: 9}}\n"
        "  ray: {address: auto, memory_per_task: 2_000_000_000}\n"
    ).engine

    assert engine.local == LocalOptions(workers=3)
    assert engine.beam == BeamOptions(runner="DataflowRunner", options={"region": "europe-west1", "max_num_workers": 9})
    assert engine.ray == RayOptions(address="auto", memory_per_task=2_000_000_000)


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("engine: {baem: {}}", "no option 'engine.baem'. Did you mean 'beam'?"),
        ("engine: {beam: {runer: X}}", "no option 'engine.beam.runer'. Did you mean 'runner'?"),
        ("engine: {local: {workers: 0}}", "'engine.local.workers' = 0"),
        ("engine: {ray: {cpus_per_task: 0}}", "'engine.ray.cpus_per_task' = 0"),
    ],
)
def test_a_wrong_option_is_told_with_the_nearest_right_one(engine, message):
    with pytest.raises(RecipeError, match=message.replace("?", r"\?")):
        made(engine)


def test_options_of_engines_can_be_set_on_the_command_line():
    changed = made(
        "",
        **{"engine.ray.address": "head:6379", "engine.local.workers": "4", "engine.beam.options.region": "us-central1"},
    )

    assert (changed.engine.ray.address, changed.engine.local.workers) == ("head:6379", 4)
    assert changed.engine.beam.options == {"region": "us-central1"}


def test_no_option_of_an_engine_changes_what_is_staged():
    from crawlsieve.pipelines.job import Job

    assert Job(made("engine: {local: {workers: 3}}"), ()).key == Job(made(""), ()).key


def test_editors_know_the_options_of_engines():
    schema = recipe_schema()
    right = yaml.safe_load(HEAD + "engine: {beam: {runner: FlinkRunner}}")
    jsonschema.validate(right, schema)

    with pytest.raises(jsonschema.ValidationError, match="runer"):
        jsonschema.validate(right | {"engine": {"beam": {"runer": "FlinkRunner"}}}, schema)
