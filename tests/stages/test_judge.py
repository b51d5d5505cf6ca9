import pickle

import duckdb
import pyarrow as pa
import pytest

from crawlsieve.filters.rule import Bounds
from crawlsieve.filters.rulesets import ALIASES, RULE_SETS
from crawlsieve.pipelines.recipe.options import OptionsError, alternatives, build, option_types
from crawlsieve.stages.judge import Judge
from tests.records import records

GOOD = {
    "line_punctuation_ratio": 0.5,
    "short_line_ratio": 0.5,
    "repeated_line_char_ratio": 0.0,
    "newline_to_word_ratio": 0.1,
}


def measured(rows, languages=None):
    """Open records with the columns of FineWeb."""
    batch = records(["x"] * len(rows), languages)
    for name in GOOD:
        batch = batch.append_column(name, pa.array([(GOOD | row)[name] for row in rows], pa.float64()))
    return batch


def test_every_rule_that_is_broken_is_named_in_order():
    batch = measured([{"newline_to_word_ratio": 0.5, "line_punctuation_ratio": 0.0}, {}, {"short_line_ratio": None}])

    judged = Judge(rules=("fineweb",))(batch)

    assert judged["reasons"].to_pylist() == [
        ["fineweb_line_punctuation", "fineweb_newlines"],
        [],
        ["fineweb_short_lines"],
    ]


def test_a_rejected_row_stays_open():
    judged = Judge(rules=("fineweb",))(measured([{"short_line_ratio": 1.0}]))

    assert judged["settled"].to_pylist() == [False]


def test_rows_and_columns_stay_as_they_are():
    batch = measured([{}, {"short_line_ratio": 1.0}])

    assert Judge(rules=("fineweb",))(batch).drop_columns(["reasons"]).equals(batch.drop_columns(["reasons"]))


def test_earlier_reasons_stay_in_front():
    batch = measured([{"short_line_ratio": 1.0}])
    once = Judge(rules=("fineweb",))(batch)

    twice = Judge(rules=("fineweb",), override={"fineweb_short_lines": Bounds(at_most=0.9)})(once)

    assert twice["reasons"].to_pylist() == [["fineweb_short_lines", "fineweb_short_lines"]]


def test_a_judge_reads_the_columns_of_its_rules():
    assert Judge(rules=("fineweb",)).reads == tuple(GOOD)
    assert Judge(rules=("c4",)).reads == (
        "c4_characters",
        "c4_lorem_ipsum_lines",
        "c4_curly_bracket_lines",
        "c4_sentences",
    )
    assert Judge(rules=("fineweb",)).adds.names == []
    assert Judge(rules=("fineweb",)).files == ()


def test_an_override_replaces_the_end_that_it_names():
    judge = Judge(rules=("fineweb",), override={"fineweb_short_lines": Bounds(at_most=0.4)})

    assert judge(measured([{}]))["reasons"].to_pylist() == [["fineweb_short_lines"]]


def test_a_rule_can_be_left_out():
    judge = Judge(rules=("fineweb",), without=("fineweb_short_lines",))

    assert judge(measured([{"short_line_ratio": 1.0}]))["reasons"].to_pylist() == [[]]
    assert "short_line_ratio" not in judge.reads


def test_a_language_keeps_its_own_bounds_only_where_the_column_is():
    rows = [{"short_line_ratio": 1.0}] * 3

    assert Judge(rules=("fineweb",))(measured(rows, ["zh", "en", None]))["reasons"].to_pylist() == [
        [],
        ["fineweb_short_lines"],
        ["fineweb_short_lines"],
    ]
    assert Judge(rules=("fineweb",))(measured(rows))["reasons"].to_pylist() == [["fineweb_short_lines"]] * 3


def test_the_manifest_gets_every_rule_with_its_bounds():
    (rule, *_) = Judge(rules=("gopher_quality",), override={"gopher_word_count": Bounds(at_least=30)}).bounds()

    assert rule == {
        "name": "gopher_word_count",
        "column": "word_count",
        "at_least": 30,
        "at_most": 100_000,
        "exceptions": [],
    }
    lengths = Judge(rules=("gopher_quality",)).bounds()[1]["exceptions"]
    assert {"language": "zh", "at_least": 1, "at_most": 5} in lengths


def test_duckdb_gives_the_verdict_of_the_run():
    rows = [{}, {"short_line_ratio": 0.67}, {"short_line_ratio": 0.68}, {"newline_to_word_ratio": None}]
    batch = measured(rows, ["en", "en", "en", "zh"])
    judge = Judge(rules=("fineweb",))

    table = pa.table({name: batch.column(name) for name in [*GOOD, "language"]})
    columns = ", ".join(f"{rule.sql()} AS {rule.name}" for rule in judge.resolved)
    said = duckdb.connect().from_arrow(table).project(columns).to_arrow_table().to_pylist()

    assert [[name for name, broken in row.items() if broken] for row in said] == judge(batch)["reasons"].to_pylist()


def test_every_rule_set_and_alias_can_be_named_in_a_recipe():
    (kind,) = alternatives(option_types(Judge)["rules"])
    choices = kind.__args__[0].__args__

    assert sorted(choices) == sorted([*ALIASES, *RULE_SETS])
    for name in choices:
        assert Judge(rules=(name,)).resolved


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": []}, "no rule is left"),
        ({"rules": ["c4", "c4@tfds"]}, "two of the rule sets have the rule 'c4_characters'"),
        ({"rules": ["c4"], "without": ["c4_sentence"]}, "Did you mean 'c4_sentences'"),
        ({"rules": ["c4"], "override": {"gopher_hashes": {"at_most": 1}}}, "`override` names 'gopher_hashes'"),
        ({"rules": ["gopher_quality"], "override": {"gopher_word_count": {"at_least": 2e5}}}, "gopher_word_count"),
        ({"rules": ["c4"], "override": {"c4_sentences": {"at_lest": 1}}}, "Did you mean 'at_least'"),
        ({"rules": ["gopher_qualiti"]}, "Did you mean 'gopher_quality'"),
        ({"rules": ["fineweb"], "override": {"fineweb_newlines": {"at_most": "1"}}}, "valid number"),
    ],
)
def test_wrong_options_are_refused_with_the_right_answer(options, message):
    with pytest.raises(OptionsError) as refused:
        build(Judge, options)

    assert any(message in said for _, said in refused.value.problems)


def test_a_judge_travels_to_a_worker():
    judge = Judge(rules=("fineweb",), override={"fineweb_newlines": Bounds(at_most=0.2)})

    assert pickle.loads(pickle.dumps(judge)) == judge  # noqa: S301 - our own bytes
