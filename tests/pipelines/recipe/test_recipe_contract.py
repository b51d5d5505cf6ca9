"""The keys that recipes are promised, with the real steps."""

import json
from pathlib import Path

import jsonschema
import pytest

from crawlsieve.pipelines.recipe.json_schema import option_docs, recipe_schema
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.pipelines.recipe.options import build, option_types, plain
from crawlsieve.pipelines.recipe.parse import parse
from crawlsieve.pipelines.recipe.steps import STEPS, step_class
from crawlsieve.stages.errors import RecipeError

CONTRACT = """\
name: sample
seed: 7
source: {paths: [data/*.warc.gz], format: auto}
output: out/sample
keep_rejected: signals
steps:
  - url_filter: {blocklists: [lists/adult]}
  - extract: {engine: resiliparse}
  - language: {keep: [en], at_least: 0.65}
  - clean_lines: {rules: [c4@tfds]}
  - measure: {signals: [gopher, c4, fineweb]}
  - judge: {rules: [gopher_quality, gopher_repetition, c4, fineweb]}
  - redact: {emails: true, ip_addresses: true}
  - exact_duplicates: {by: [url, text], priority: [word_count]}
"""
SHIPPED = sorted((Path(__file__).parents[3] / "pipelines" / "recipes").glob("*.yaml"))
ALONE = {"url_filter": {"blocklists": ["a"]}, "language": {"keep": ["en"]}, "clean_lines": {"rules": ["c4@tfds"]},
         "measure": {"signals": ["gopher"]}, "judge": {"rules": ["gopher_quality"]},
         "mix": {"weights": {"en": 1.0}, "domain": "language", "tokens": 10}}  # fmt: skip


@pytest.fixture
def contract(write):
    return load(write(head=CONTRACT))


def test_every_key_of_the_contract_arrives(contract):
    steps = dict(contract.chain)

    assert (contract.name, contract.seed, contract.output, contract.keep_rejected) == (
        "sample", 7, "out/sample", "signals",
    )  # fmt: skip
    assert (contract.source.paths, contract.source.format) == (("data/*.warc.gz",), "auto")
    assert list(steps) == ["url_filter", "extract", "language", "clean_lines", "measure", "judge", "redact"]
    assert steps["url_filter"].blocklists == ("lists/adult",)
    assert steps["extract"].engine == "resiliparse"
    assert (steps["language"].keep, steps["language"].at_least) == (("en",), 0.65)
    assert steps["clean_lines"].rules == ("c4@tfds",)
    assert steps["measure"].signals == ("gopher", "c4", "fineweb")
    assert steps["judge"].rules == ("gopher_quality", "gopher_repetition", "c4", "fineweb")
    assert (steps["redact"].emails, steps["redact"].ip_addresses, steps["redact"].seed) == (True, True, 7)
    assert (contract.exact.by, contract.exact.priority) == (("url", "text"), ("word_count",))


def test_the_contract_resolves_to_a_recipe_that_loads_to_an_equal_one(contract, write):
    assert load(write(head=json.dumps(contract.options))) == contract


def test_the_contract_is_valid_by_the_schema(contract):
    schema = recipe_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    validator.validate(parse(CONTRACT, "x"))
    validator.validate(contract.options)
    assert not validator.is_valid(parse(CONTRACT.replace("keep: [en]", "keep: en"), "x"))


def test_judging_without_measuring_is_told_what_to_measure(write):
    recipe = write("- extract\n- judge: {rules: [gopher_quality]}\n")

    with pytest.raises(
        RecipeError, match=r"step 2 \(judge\): needs column '\w+', .* Put `measure: \{signals: \[gopher"
    ):
        load(recipe)


@pytest.mark.parametrize("key", STEPS)
def test_every_option_is_documented(key):
    kind = step_class(key)

    assert {*option_docs(kind)} == {*option_types(kind)}


@pytest.mark.parametrize("key", STEPS)
def test_options_of_a_step_survive_being_written_down(key):
    step = build(step_class(key), ALONE.get(key, {}))

    assert build(step_class(key), json.loads(json.dumps(plain(step)))) == step


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_recipes_that_we_ship_load(path):
    assert load(str(path)).name == path.stem
