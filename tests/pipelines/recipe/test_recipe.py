"""What a right recipe becomes."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.pipelines.recipe.load import load
from crawlsieve.pipelines.recipe.parse import parse, scalar

HEAD = "name: cc\nsource: {paths: [a.jsonl]}\noutput: out\n"

small = pytest.mark.usefixtures("small_steps")


@small
def test_steps_keep_their_order_and_get_unique_names(loaded):
    steps = "- measure: {signals: [gopher]}\n- judge: {rules: [gopher]}\n- redact:\n- judge\n- judge: {lines: 2}\n"

    names = [name for name, _ in loaded(steps).chain]

    assert names == ["measure", "judge", "redact", "judge_2", "judge_3"]


@small
def test_what_is_not_said_has_its_default(loaded):
    recipe = loaded("", head=HEAD + "steps: []\n")

    assert (recipe.seed, recipe.keep_rejected, recipe.chain, recipe.exact) == (0, "signals", (), None)
    assert recipe.source.paths == ("a.jsonl",)


@small
def test_lists_become_tuples_and_whole_numbers_pass_for_fractions(loaded):
    (named,) = loaded("- language: {keep: [en, no], at_least: 1}\n").chain

    assert named.step.keep == ("en", "no")
    assert (named.step.at_least, type(named.step.at_least)) == (1.0, float)


@small
def test_inner_mappings_become_their_dataclass(loaded):
    steps = "- measure: {signals: [c4]}\n- judge: {bounds: [{column: sentence_count, at_least: 3}]}\n"

    (bound,) = loaded(steps).chain[1].step.bounds

    assert (bound.column, bound.at_least) == ("sentence_count", 3.0)


@small
def test_exact_duplicates_leave_the_chain(loaded):
    recipe = loaded("- redact\n- exact_duplicates: {by: [text], priority: [-date]}\n")

    assert [name for name, _ in recipe.chain] == ["redact"]
    assert (recipe.exact.by, recipe.exact.priority) == (("text",), ("-date",))


@small
@pytest.mark.parametrize(("options", "seed"), [("{}", 7), ("{seed: 3}", 3), ("{seed: 0}", 0)])
def test_the_seed_goes_to_steps_that_set_none(loaded, options, seed):
    assert loaded(f"- redact: {options}\n").chain[0].step.seed == seed


@small
def test_a_column_of_the_record_needs_no_step(loaded):
    assert loaded("- judge: {bounds: [{column: date}]}\n").chain


@small
def test_a_step_may_come_again_with_other_options_or_later(loaded):
    assert loaded("- redact\n- redact: {emails: false}\n- redact\n").chain


@small
def test_the_resolved_options_are_a_recipe_that_loads_to_an_equal_one(loaded, write):
    steps = (
        "- extract\n- language: {keep: [en]}\n- measure: {signals: [gopher, c4]}\n- judge: {rules: [c4]}\n"
        "- redact\n- judge: {bounds: [{column: word_count}]}\n- exact_duplicates: {priority: [word_count]}\n"
    )
    recipe = loaded(steps)

    again = load(write(head=yaml.safe_dump(json.loads(json.dumps(recipe.options)))))

    assert again == recipe
    assert again.options == recipe.options


@small
@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("name", "2025", "2025"),
        ("seed", "1_000", 1000),
        ("output", "s3://b/1e3", "s3://b/1e3"),
        ("keep_rejected", "none", "none"),
        ("source.paths", "a.jsonl, b.jsonl,", ["a.jsonl", "b.jsonl"]),
        ("source.paths", '["a,b.jsonl"]', ["a,b.jsonl"]),
        ("source.format", "jsonl", "jsonl"),
        ("source.columns.text", "body", "body"),
        ("source.columns", "{text: body}", {"text": "body"}),
        ("source.retries", "3", 3),
        ("source.base", "null", None),
        ("source.base", "https://host/", "https://host/"),
        ("steps.language.at_least", "0.5", 0.5),
        ("steps.language.keep", "no,1,true", ["no", "1", "true"]),
        ("steps.language.keep", "de", ["de"]),
        ("steps.language.model", "null", None),
        ("steps.language.model", "~/m.bin", "~/m.bin"),
        ("steps.judge_2.lines", "5", 5),
        ("steps.judge_2.strict", "true", True),
        ("steps.judge_2.limit", "{column: language}", {"column": "language", "at_least": None}),
        ("steps.judge_2.limit.column", "language", "language"),
        ("steps.judge_2.bounds", "[{column: date}]", [{"column": "date", "at_least": None}]),
        ("steps.judge_2.rules", "", []),
    ],
)
def test_a_change_is_read_as_its_option_wants_it(loaded, key, text, value):
    options = loaded("- language: {keep: [en]}\n- judge\n- judge: {lines: 2}\n", {key: text}).options

    named = dict(zip(["language", "judge", "judge_2"], options["steps"], strict=True))
    place = options | {"steps": {name: next(iter(step.values())) for name, step in named.items()}}
    for part in key.split("."):
        place = place[part]
    assert place == value


@small
def test_a_change_may_replace_the_source(loaded):
    recipe = loaded("- redact\n", {"source": "{paths: [c.parquet], retries: 0}"})

    assert (recipe.source.paths, recipe.source.retries) == (("c.parquet",), 0)


@small
def test_a_change_may_give_what_the_file_lacks(loaded):
    head = "source: {paths: [a.jsonl]}\nsteps:\n- language\n"
    changes = {"name": "cc", "output": "out", "steps.language.keep": "en"}

    assert loaded("", changes, head).output == "out"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("10", 10),
        ("+5", 5),
        ("-0", 0),
        ("010", "010"),
        ("0x1F", 31),
        ("0o17", 15),
        ("200_000", 200_000),
        ("2025_26", "2025_26"),
        ("10:30", "10:30"),
        ("2025-06-01", "2025-06-01"),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("-.inf", float("-inf")),
        ("1.2.3", "1.2.3"),
        ("e5", "e5"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_plain_scalars_are_those_of_yaml_1_2(text, value):
    assert (scalar(text), type(scalar(text))) == (value, type(value))


def test_not_a_number_is_a_number():
    assert scalar(".nan") != scalar(".nan")


def test_quoted_scalars_are_text():
    assert parse("['1', \"true\", 'null']", "x") == [
        "1",
        "true",
        "null",
    ]


def test_an_anchor_may_be_used_twice():
    assert parse("a: &x {b: [1]}\nc: *x\nd: *x\n", "x") == {"a": {"b": [1]}, "c": {"b": [1]}, "d": {"b": [1]}}


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    (tmp_path / "cc.yaml").write_bytes(b"\xef\xbb\xbf" + HEAD.encode() + b"steps: []\n")

    assert load(str(tmp_path / "cc.yaml")).name == "cc"


TEXT = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=80)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_json_is_yaml(value):
    """But for escaped pairs of surrogates, which no person writes into a recipe."""
    assert parse(json.dumps(value), "x") == value
