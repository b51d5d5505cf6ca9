"""How a step marks rows."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.clean_lines import CleanLines
from crawlsieve.stages.extract import Extract
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.language import Language
from crawlsieve.stages.measure import Measure
from crawlsieve.stages.redact import Redact
from crawlsieve.stages.step import Step, aligned, append, fail, reject, settle
from crawlsieve.stages.url_filter import UrlFilter


def batch(count):
    columns = [
        pa.array([[]] * count, field.type)
        if field.name == "reasons"
        else pa.array([False] * count)
        if field.name == "settled"
        else pa.nulls(count, field.type)
        for field in RECORD
    ]
    return pa.RecordBatch.from_arrays(columns, schema=RECORD)


def test_reasons_are_appended_in_the_order_of_the_rules():
    marked = reject(batch(3), {"short": np.array([True, False, True]), "odd": np.array([True, True, False])})
    marked = reject(marked, {"late": np.array([False, True, True])})

    assert marked["reasons"].to_pylist() == [["short", "odd"], ["odd", "late"], ["short", "late"]]
    assert marked["settled"].to_pylist() == [False] * 3


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=20), st.integers(0, 19))
def test_marking_a_slice_is_slicing_what_is_marked(masks, cut):
    columns = dict(zip("abc", np.array(masks).T, strict=True))
    whole = reject(reject(batch(len(masks)), columns), columns)
    part = reject(batch(len(masks)), columns).slice(cut)
    again = reject(part, {name: mask[cut:] for name, mask in columns.items()})

    assert again["reasons"].to_pylist() == whole["reasons"].to_pylist()[cut:]


def test_no_rule_changes_nothing():
    assert reject(batch(2), {}) == settle(batch(2), {}) == batch(2)


def test_settled_rows_are_those_that_broke_a_rule():
    assert settle(batch(2), {"gone": np.array([False, True])})["settled"].to_pylist() == [False, True]


def test_the_first_error_stays():
    failed = fail(fail(batch(2), pa.array(["first", None])), pa.array(["second", "third"]))

    assert failed["error"].to_pylist() == ["first", "third"]
    assert failed["settled"].to_pylist() == [True, True]


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=20), st.integers(0, 19))
def test_a_record_that_fails_has_no_reasons(marks, cut):
    short, odd, failing = (np.array(mark) for mark in zip(*marks, strict=True))
    errors = pa.array(["broken" if mark else None for mark in failing], pa.string())

    failed = fail(reject(batch(len(marks)), {"short": short, "odd": odd}).slice(cut), errors.slice(cut))

    names = [[name for name, mask in (("short", s), ("odd", o)) if mask] for s, o, _ in marks]
    assert failed["reasons"].to_pylist() == [[] if f else name for name, f in zip(names, failing, strict=True)][cut:]


@pytest.mark.parametrize("kind", [CleanLines, Extract, Judge, Language, Measure, Redact, UrlFilter])
def test_every_step_has_all_that_a_step_has(kind):
    names = {"version", "reads", "adds", "files", "check", "__call__"}

    assert names <= {*vars(Step), *Step.__annotations__}
    assert names <= set(dir(kind))


@pytest.mark.parametrize(
    "step", [CleanLines(rules=("c4",)), Extract(), Judge(rules=("c4",)), Measure(signals=("c4",)), Redact()]
)
def test_a_step_without_files_has_nothing_to_check(step):
    assert (step.files, step.check()) == ((), None)


def test_columns_are_added_behind_with_their_declaration():
    schema = pa.schema([pa.field("count", pa.int64(), metadata={"unit": "words"})])
    added = append(batch(1), schema, [pa.array([4])])

    assert added.schema.field("count").metadata == {b"unit": b"words"}
    assert added["count"].to_pylist() == [4]


def test_a_column_is_what_was_made_then_what_is_there_then_null():
    batch = pa.RecordBatch.from_pydict({"own": [1, 2], "both": [3, 4], "more": [0, 0]})
    schema = pa.schema([(name, pa.int64()) for name in ("both", "neither", "own")])

    found = aligned(batch, schema, {"both": pa.array([5, 6])})

    assert found.schema == schema
    assert found.to_pydict() == {"both": [5, 6], "neither": [None, None], "own": [1, 2]}
