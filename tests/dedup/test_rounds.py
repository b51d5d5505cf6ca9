"""Rounds over sorted rows, against the walk that they stand for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.dedup.rounds import BLOCKED, HEAD, HIT, KEPT, REMOVED, UNDECIDED, Buckets, settle
from crawlsieve.dedup.select import select

relaxed = settings(deadline=None)  # the first call loads compiled code


def one_round(keys, states, cuts=()):
    """States of documents, numbered in total order, after a round."""
    rows = sorted((int(key), doc) for doc, own in enumerate(keys) for key in own)
    buckets, said = Buckets(), []
    for part in np.split(np.arange(len(rows)), sorted(cut % (len(rows) + 1) for cut in cuts)):
        chosen = [rows[place] for place in part.tolist()]
        said += buckets.meet(
            np.array([key for key, _ in chosen], np.int64), np.array([states[doc] for _, doc in chosen], np.int32)
        ).tolist()
    by_document = sorted((doc, word) for (_, doc), word in zip(rows, said, strict=True))
    documents = [doc for doc, _ in by_document]
    starts = np.array([documents.index(doc) for doc in range(len(keys))], np.int64)
    return settle(starts, np.array([word for _, word in by_document], np.int32)).tolist()


@relaxed
@given(
    st.lists(st.sets(st.integers(0, 9), min_size=1, max_size=3), min_size=1, max_size=20),
    st.lists(st.integers(0, 60), max_size=4),
)
def test_rounds_end_where_the_walk_ends_whatever_the_batches(buckets, cuts):
    keys = [sorted(own) for own in buckets]
    states = [UNDECIDED] * len(keys)
    for _ in range(2 * len(keys)):
        states = one_round(keys, states, cuts)
    padded = [own + [100 + 3 * doc + place for place in range(3 - len(own))] for doc, own in enumerate(keys)]
    wide = np.array(
        [[key if key in own else -1 - doc for key in range(10)] for doc, own in enumerate(padded)], np.int64
    )

    kept = select(wide, np.ones(len(keys), bool)).kept
    assert [state == KEPT for state in states] == kept.tolist()
    assert UNDECIDED not in states


@relaxed
@given(st.lists(st.sets(st.integers(0, 9), min_size=1, max_size=3), min_size=1, max_size=20))
def test_what_a_round_decides_is_never_taken_back(buckets):
    keys = [sorted(own) for own in buckets]
    states = [UNDECIDED] * len(keys)
    for _ in range(5):
        later = one_round(keys, states)
        assert all(old in {UNDECIDED, new} for old, new in zip(states, later, strict=True))
        states = later


def test_a_chain_in_order_takes_a_round_a_link():
    keys = [[doc, doc + 1] for doc in range(10)]
    states = one_round(keys, [UNDECIDED] * 10)

    assert states == [KEPT, *[UNDECIDED] * 9]
    assert one_round(keys, states) == [KEPT, REMOVED, *[UNDECIDED] * 8]
    assert one_round(keys, one_round(keys, states)) == [KEPT, REMOVED, KEPT, *[UNDECIDED] * 7]


@pytest.mark.parametrize("cut", range(5))
def test_a_bucket_says_the_same_over_batches(cut):
    keys = np.array([7, 7, 7, 7, 7], np.int64)
    states = np.array([REMOVED, UNDECIDED, KEPT, UNDECIDED, REMOVED], np.int32)
    buckets = Buckets()
    said = [*buckets.meet(keys[:cut], states[:cut]), *buckets.meet(keys[cut:], states[cut:])]

    assert said == [REMOVED, HEAD, KEPT, BLOCKED, REMOVED]
    assert Buckets().meet(keys[2:], states[2:]).tolist() == [KEPT, HIT, REMOVED]
