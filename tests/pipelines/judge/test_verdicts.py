"""Judge steps over measured rows say what they say in a run."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.filters.rule import Bounds
from crawlsieve.pipelines.judge.verdicts import (
    begins_with,
    benches,
    columns_of,
    joined,
    reasons_of,
    rest_after,
    verdicts,
)
from crawlsieve.pipelines.recipe.order import NamedStep
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.language import Language
from crawlsieve.stages.measure import Measure

QUALITY = Judge(rules=("gopher_quality",))
CHAIN = [
    NamedStep("measure", Measure(signals=("gopher",))),
    NamedStep("judge", QUALITY),
    NamedStep("language", Language()),
    NamedStep("judge_2", QUALITY),
]
LISTS = st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=6)


def excepted():
    """(the number of a rule that has a bound of its own for a language, that language, a value good by that alone)."""
    for number, rule in enumerate(QUALITY.resolved):
        for label, own in rule.exceptions:
            high, usual = own.ends[1], rule.bounds.ends[1]
            if high > usual:
                return number, label, min(high, usual + 1)
            if own.ends[0] < rule.bounds.ends[0]:
                return number, label, own.ends[0]
    raise AssertionError


def test_a_judge_before_the_language_is_known_makes_no_exceptions():
    number, label, value = excepted()
    made = {name: [None] for name in columns_of(benches(CHAIN))}
    made |= {QUALITY.resolved[number].column: [value], "language": [label]}
    rows = pa.RecordBatch.from_pydict(made)

    found = verdicts(benches(CHAIN), rows, np.array([4]))

    assert [bench.by_language for bench in benches(CHAIN)] == [False, True]
    assert (found[0, number], found[0, len(QUALITY.resolved) + number]) == (True, False)


@pytest.mark.parametrize(("passed", "seen"), [(0, [0, 0]), (1, [0, 0]), (2, [1, 0]), (3, [1, 0]), (4, [1, 1])])
def test_a_judge_has_seen_what_it_left_open_itself(passed, seen):
    rows = pa.RecordBatch.from_pydict({name: [None] for name in columns_of(benches(CHAIN))})

    found = verdicts(benches(CHAIN), rows, np.array([passed])).reshape(2, -1)

    assert found.all(axis=1).astype(int).tolist() == found.any(axis=1).astype(int).tolist() == seen


def test_reasons_are_names_in_order_of_the_rules():
    assert reasons_of(np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], np.bool_), "xyz").to_pylist() == [
        ["x", "z"],
        [],
        ["y"],
    ]


def arrays(*lists):
    """The lists as slices of longer arrays, so that no offset begins at 0."""
    return [pa.array([["c"], *one], pa.list_(pa.string())).slice(1) for one in lists]


@given(LISTS, st.data())
def test_lists_are_taken_apart_and_put_together(lists, data):
    cuts = [data.draw(st.integers(0, len(one))) for one in lists]
    whole, first, second = arrays(
        lists,
        [one[:cut] for one, cut in zip(lists, cuts, strict=True)],
        [one[cut:] for one, cut in zip(lists, cuts, strict=True)],
    )

    assert begins_with(whole, first).all()
    assert rest_after(whole, np.array(cuts, np.int64)).to_pylist() == second.to_pylist()
    assert joined(first, second).to_pylist() == lists


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from("ab"), max_size=3), st.lists(st.sampled_from("ab"), max_size=3)), max_size=6
    )
)
def test_a_list_begins_with_another_or_not(pairs):
    whole, first = arrays([one for one, _ in pairs], [other for _, other in pairs])

    assert begins_with(whole, first).tolist() == [one[: len(other)] == other for one, other in pairs]


def test_bounds_that_are_changed_hold_for_every_language():
    number, label, value = excepted()
    rule = QUALITY.resolved[number]
    end = "at_most" if value > rule.bounds.ends[1] else "at_least"
    judge = Judge(rules=("gopher_quality",), override={rule.name: Bounds(**{end: getattr(rule, end)})})
    (bench,) = benches([CHAIN[2], NamedStep("judge", judge)])
    made = {name: [None] for name in columns_of([bench])} | {rule.column: [value], "language": [label]}

    assert verdicts([bench], pa.RecordBatch.from_pydict(made), np.array([2]))[0, number]
