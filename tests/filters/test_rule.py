import math

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.filters.rule import Bounds, Rule


def batch(values, languages=None, kind=None):
    kind = kind or pa.float64()
    columns = {"ratio": pa.array(values, kind)}
    if languages is not None:
        columns["language"] = pa.array(languages, pa.string())
    return pa.RecordBatch.from_pydict(columns)


def arrow_verdicts(rule, table):
    return rule.rejects(table).to_pylist()


def sql_verdicts(rule, table):
    expression = rule.sql(by_language="language" in table.schema.names)
    said = duckdb.connect().from_arrow(pa.Table.from_batches([table])).project(expression)
    return [row[0] for row in said.fetchall()]


@pytest.mark.parametrize(("value", "rejected"), [(0.09, True), (0.1, False), (0.3, False), (0.31, True)])
def test_both_ends_are_good(value, rejected):
    assert arrow_verdicts(Rule("r", "ratio", at_least=0.1, at_most=0.3), batch([value])) == [rejected]


@pytest.mark.parametrize("rule", [Rule("r", "ratio", at_least=0), Rule("r", "ratio", at_most=1), Rule("r", "ratio")])
@pytest.mark.parametrize("value", [None, math.nan])
def test_what_cannot_be_measured_is_rejected(rule, value):
    table = batch([value])

    assert arrow_verdicts(rule, table) == [True]
    assert sql_verdicts(rule, table) == [True]


def test_a_rule_without_bounds_takes_any_number():
    assert arrow_verdicts(Rule("r", "ratio"), batch([-math.inf, 0.0, math.inf])) == [False, False, False]


@pytest.mark.parametrize(
    "bound", [0.1, 0.3, 1 / 3, 0.018112, 50, 100_000, 190_000, 0.30000000000000004, 1e-7, 1e22, -2.5]
)
def test_sql_and_arrow_agree_at_each_bound_and_one_ulp_beside_it(bound):
    beside = [np.nextafter(bound, -math.inf), float(bound), np.nextafter(bound, math.inf)]
    table = batch([*beside, None, math.nan, math.inf, -math.inf])

    for rule, expected in (
        (Rule("r", "ratio", at_least=bound), [True, False, False]),
        (Rule("r", "ratio", at_most=bound), [False, False, True]),
        (Rule("r", "ratio", at_least=bound, at_most=bound), [True, False, True]),
    ):
        assert arrow_verdicts(rule, table)[:3] == expected
        assert sql_verdicts(rule, table) == arrow_verdicts(rule, table)


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.uint32()])
def test_whole_numbers_are_judged_like_ratios(kind):
    table = batch([49, 50, 51, None], kind=kind)
    rule = Rule("r", "ratio", at_least=50)

    assert arrow_verdicts(rule, table) == [True, False, False, True]
    assert sql_verdicts(rule, table) == arrow_verdicts(rule, table)


def test_a_plain_bound_reads_in_sql_as_in_the_recipe():
    assert '"ratio" BETWEEN 0.1::DOUBLE AND' in Rule("r", "ratio", at_least=0.1).sql()


def test_a_language_has_its_own_bounds():
    rule = Rule("r", "ratio", at_least=3, at_most=10, exceptions=(("zh", Bounds(at_least=1, at_most=5)),))
    table = batch([1.0, 1.0, 1.0, 7.0, 7.0], ["zh", "en", None, "zh", "en"])

    assert arrow_verdicts(rule, table) == [False, True, True, True, False]
    assert sql_verdicts(rule, table) == arrow_verdicts(rule, table)


def test_an_exception_does_not_inherit_the_other_end():
    rule = Rule("r", "ratio", at_least=3, at_most=10, exceptions=(("th", Bounds(at_least=2)),))

    assert rule.bounds_for("th").ends == (2, math.inf)
    assert rule.bounds_for("en").ends == rule.bounds_for(None).ends == (3, 10)


def test_without_a_language_column_the_exceptions_do_not_count():
    rule = Rule("r", "ratio", at_least=3, exceptions=(("zh", Bounds(at_least=1)),))

    assert arrow_verdicts(rule, batch([1.0])) == [True]
    assert sql_verdicts(rule, batch([1.0])) == [True]


def test_a_slice_is_judged_like_its_rows():
    rule = Rule("r", "ratio", at_least=3, exceptions=(("zh", Bounds(at_least=1)),))
    table = batch([1.0, 5.0, 1.0, 4.0], ["en", "en", "zh", None])

    assert arrow_verdicts(rule, table.slice(1)) == arrow_verdicts(rule, table)[1:]


def test_no_rows_no_verdicts():
    rule = Rule("r", "ratio", at_least=3, exceptions=(("zh", Bounds(at_least=1)),))

    assert arrow_verdicts(rule, batch([], [])) == []


def test_an_override_replaces_only_the_ends_it_names_in_every_language():
    rule = Rule("r", "ratio", at_least=3, at_most=10, exceptions=(("zh", Bounds(at_least=1, at_most=5)),))

    changed = rule.with_bounds(Bounds(at_most=12))

    assert changed.bounds.ends == (3, 12)
    assert changed.bounds_for("zh").ends == (1, 12)


def test_an_infinite_bound_lifts_a_bound():
    changed = Rule("r", "ratio", at_least=3, at_most=10).with_bounds(Bounds(at_most=math.inf))

    assert arrow_verdicts(changed, batch([1e9])) == sql_verdicts(changed, batch([1e9])) == [False]


@pytest.mark.parametrize(("low", "high"), [(2, 1), (math.nan, None), (None, math.nan)])
def test_bounds_that_nothing_can_keep_are_an_error(low, high):
    with pytest.raises(ValueError, match=r"nothing is|not NaN"):
        Rule("r", "ratio", at_least=low, at_most=high)


def test_names_with_quotes_do_not_break_the_sql():
    rule = Rule("r", 'od"d', at_least=1, exceptions=(("o'k", Bounds(at_least=0)),))
    table = pa.RecordBatch.from_pydict({'od"d': pa.array([0.5, 0.5]), "language": pa.array(["o'k", "en"])})

    assert sql_verdicts(rule, table) == arrow_verdicts(rule, table) == [False, True]


def test_bounds_that_leave_nothing_name_the_rule():
    with pytest.raises(ValueError, match="few_words: "):
        Rule("few_words", "word_count", at_least=50).with_bounds(Bounds(at_most=49))
