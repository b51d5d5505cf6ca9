"""Chains of removed documents, followed link by link over sorted batches."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.dedup.follow import follow, stand_for
from crawlsieve.schemas.candidate import ANSWER, LINK, NOBODY, QUESTION, STANDS_FOR


def name(number):
    return number.to_bytes(16, "big")


def links(rows):
    """Rows (key, kind, id, kept_id) as LINK, sorted as the Exchange delivers them."""
    rows = sorted(rows, key=lambda row: row[:3])
    columns = [
        pa.array([name(row[0]) for row in rows], pa.binary(16)),
        pa.array([row[1] for row in rows], pa.int32()),
        pa.array([0] * len(rows), pa.int32()),
        pa.array(list(range(len(rows))), pa.int64()),
        pa.array([name(row[2]) for row in rows], pa.binary(16)),
        pa.array(["url"] * len(rows)),
        pa.array([4] * len(rows), pa.int32()),
        pa.array([0.5] * len(rows)),
        pa.array([name(row[3]) if row[3] is not None else None for row in rows], pa.binary(16)),
        pa.array([name(row[3]) if row[3] is not None else None for row in rows], pa.binary(16)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=LINK)


def cut(batch, places):
    bounds = [0, *sorted(place % (len(batch) + 1) for place in places), len(batch)]
    return [batch.slice(first, last - first) for first, last in pairwise(bounds)]


def test_a_question_takes_the_answer_of_its_key():
    found = pa.Table.from_batches(follow(iter([links([(5, ANSWER, 5, 9), (5, QUESTION, 1, 5), (6, QUESTION, 2, 6)])])))

    assert [int.from_bytes(kept) for kept in found["kept_id"].to_pylist()] == [9, 9, 6]


def test_an_answer_that_nobody_knows_is_one():
    found = pa.Table.from_batches(
        follow(iter([links([(5, ANSWER, 5, None), (5, QUESTION, 1, 5), (6, NOBODY, 6, None)])]))
    )

    assert found["kept_id"].to_pylist() == [None, None, None]


def test_a_document_whose_chain_ends_at_a_filter_is_a_decision_without_a_kept_one():
    (batch,) = stand_for(iter([links([(1, NOBODY, 1, None)])]))

    assert batch.column("id").to_pylist() == [name(1)]
    assert batch.column("kept_id").to_pylist() == [None]


@given(
    st.dictionaries(st.integers(0, 8), st.integers(20, 30)),
    st.lists(st.integers(0, 8), max_size=12),
    st.lists(st.integers(0, 40), max_size=5),
)
def test_batch_bounds_do_not_change_where_a_chain_leads(answers, questions, places):
    rows = [(key, ANSWER, key, value) for key, value in answers.items()]
    rows += [(key, QUESTION, 100 + place, key) for place, key in enumerate(questions)]
    batch = links(rows)
    found = pa.Table.from_batches(follow(iter(cut(batch, places))), LINK).to_pylist()

    expected = [
        name(answers.get(int.from_bytes(row["key"]), int.from_bytes(row["kept_id"]))) for row in batch.to_pylist()
    ]
    assert [row["kept_id"] for row in found] == expected


@given(st.lists(st.integers(0, 5), max_size=30), st.lists(st.integers(0, 40), max_size=6))
def test_every_kept_document_counts_what_stands_behind_it(kept, places):
    batch = links([(key, STANDS_FOR, place, key) for place, key in enumerate(kept)])
    found = [row for part in stand_for(iter(cut(batch, places))) for row in part.to_pylist()]

    assert {int.from_bytes(row["id"]): row["duplicates"] for row in found} == {key: kept.count(key) for key in kept}
    assert len(found) == len(set(kept))


def test_a_removed_document_is_a_decision_with_twin_and_kept():
    (batch,) = stand_for(iter([links([(1, QUESTION, 1, 7)])]))

    assert batch.to_pylist() == [
        {
            "shard": 0,
            "row": 0,
            "id": name(1),
            "method": "url",
            "band": 4,
            "similarity": 0.5,
            "twin_id": name(7),
            "kept_id": name(7),
            "duplicates": 0,
        }
    ]


@pytest.mark.parametrize("walk", [follow, stand_for])
def test_nothing_in_nothing_out(walk):
    assert list(walk(iter([]))) == []
    assert sum(len(batch) for batch in walk(iter([links([])]))) == 0
