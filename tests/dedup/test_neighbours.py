"""Neighbours by exact similarity, against sets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.dedup.neighbours import Neighbours, distinct
from crawlsieve.dedup.shingles import Shingles

documents = st.lists(st.lists(st.integers(0, 9), max_size=12), max_size=8)


def shingles(lists):
    first = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    return Shingles(first, np.array([value for one in lists for value in one], np.uint64))


@settings(deadline=None)  # the first call compiles
@given(documents, documents, st.sampled_from([0.1, 0.25, 0.5, 2 / 3, 1.0]))
def test_all_pairs_that_are_alike_are_found_and_no_others(known, others, least):
    found = Neighbours(shingles(known)).alike(shingles(others), least)

    sets, other_sets = [set(one) for one in known], [set(one) for one in others]
    expected = {
        (row, place): (len(a & b) / len(a | b), len(a & b) / min(len(a), len(b)))
        for row, a in enumerate(other_sets)
        for place, b in enumerate(sets)
        if a & b and len(a & b) / len(a | b) >= least
    }
    pairs = zip(found.row.tolist(), found.known.tolist(), strict=True)
    assert dict(zip(pairs, zip(found.jaccard, found.containment, strict=True), strict=True)) == expected
    assert found.row.tolist() == sorted(found.row.tolist())


@given(documents)
def test_sets_are_ascending_and_each_hash_is_there_once(lists):
    sets = distinct(shingles(lists))

    assert [sets.hash[a:b].tolist() for a, b in zip(sets.first[:-1], sets.first[1:], strict=True)] == [
        sorted({*one}) for one in lists
    ]


@pytest.mark.parametrize(("known", "others"), [([], [[1]]), ([[]], [[1], []]), ([[1]], [])])
def test_what_is_empty_is_like_nothing(known, others):
    assert len(Neighbours(shingles(known)).alike(shingles(others), 0.1).row) == 0
