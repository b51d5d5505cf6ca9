"""The JSON Schema says of a recipe what `load` says of it."""

import json

import jsonschema
import pytest

from crawlsieve.pipelines.recipe.json_schema import option_docs, recipe_schema
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.pipelines.recipe.parse import parse
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.read import Source

pytestmark = pytest.mark.usefixtures("small_steps")

HEAD = "name: cc\nsource: {paths: [a.jsonl]}\noutput: out\n"


@pytest.fixture
def validator():
    schema = recipe_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize(
    "recipe",
    [
        HEAD + "steps: []\n",
        HEAD + "seed: 3\nkeep_rejected: none\nsteps:\n- extract\n- redact:\n- redact: {emails: false}\n",
        HEAD + "steps:\n- language: {keep: [no], at_least: 1}\n- judge: {limit: {column: language}}\n",
        HEAD + "steps:\n- language: {keep: [en], model: null}\n- exact_duplicates: {by: [url], priority: [-date]}\n",
        "name: cc\noutput: o\nsteps: []\nsource: {paths: [a], columns: {text: body}, storage: {anon: true}}\n",
    ],
)
def test_what_loads_is_valid(validator, write, recipe):
    load(write(head=recipe))

    validator.validate(parse(recipe, "x"))


@pytest.mark.parametrize(
    "recipe",
    [
        "[]",
        HEAD,
        HEAD + "steps: {}\n",
        HEAD + "steps: []\nsed: 3\n",
        HEAD + "steps: []\nseed: -1\n",
        HEAD + "steps: []\nseed: '3'\n",
        HEAD + "steps: []\nkeep_rejected: no\n",
        "name: a b\nsource: {paths: [a.jsonl]}\noutput: out\nsteps: []\n",
        "name: cc\nsource: {paths: a.jsonl}\noutput: out\nsteps: []\n",
        "name: cc\nsource: {paths: []}\noutput: out\nsteps: []\n",
        "name: cc\nsource: [a.jsonl]\noutput: out\nsteps: []\n",
        "name: cc\nsource: {paths: [a], columns: {txt: body}}\noutput: out\nsteps: []\n",
        "name: cc\nsource: {paths: [a]}\noutput: ''\nsteps: []\n",
        HEAD + "steps: [extrct]\n",
        HEAD + "steps: [language]\n",
        HEAD + "steps:\n- language:\n",
        HEAD + "steps:\n- {extract: {}, redact: {}}\n",
        HEAD + "steps:\n- {}\n",
        HEAD + "steps:\n- judge: {line: 3}\n",
        HEAD + "steps:\n- judge: {lines: '3'}\n",
        HEAD + "steps:\n- judge: {lines: 0}\n",
        HEAD + "steps:\n- judge: {strict: yes}\n",
        HEAD + "steps:\n- judge: {rules: [gophr]}\n",
        HEAD + "steps:\n- judge: {bounds: [{at_least: 3}]}\n",
        HEAD + "steps:\n- language: {keep: [en], at_least: 65}\n",
    ],
)
def test_what_is_wrong_in_itself_does_neither(validator, write, recipe):
    with pytest.raises(RecipeError):
        load(write(head=recipe))

    assert not validator.is_valid(parse(recipe, "x"))


def test_every_option_says_what_it_is():
    schema = recipe_schema()
    language = schema["$defs"]["step_language"]

    assert language["description"] == "Which language a text is in."
    assert language["properties"]["at_least"] == {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": 0.65,
        "description": "smallest probability, both ends included.",
    }
    assert schema["$defs"]["step_measure"]["properties"]["prefix"]["description"] == "Begins the name of each column."
    assert "description" in schema["properties"]["keep_rejected"]
    assert {*option_docs(Source)} == {*Source.__dataclass_fields__}


def test_it_is_json_and_the_same_each_time():
    first = json.dumps(recipe_schema())

    assert json.dumps(recipe_schema()) == first
    assert json.loads(first)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
