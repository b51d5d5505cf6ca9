"""Verified near-duplicates, against implementations that are slow and obvious."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.dedup.verified import PairWalk, bucket_starts, pairs, shingle_similarity, signature_similarity

relaxed = settings(deadline=None)  # the first call loads compiled code


def ids(numbers):
    """Ids whose order is that of the numbers; 0 is the id of zeros."""
    return np.array([[number >> 64, number & 0xFFFFFFFFFFFFFFFF] for number in numbers], np.uint64).reshape(-1, 2)


@given(st.lists(st.integers(0, 4), max_size=30).map(sorted), st.integers(1, 5), st.data())
def test_every_document_is_compared_with_the_first_of_its_bucket(keys, most, data):
    first = data.draw(st.integers(0, len(keys)))
    last = data.draw(st.integers(first, len(keys)))
    later, earlier = pairs(bucket_starts(np.array(keys, np.int64)), range(first, last), most)

    expected = [
        (i, j) for i in range(first, last) for j in [k for k in range(len(keys)) if keys[k] == keys[i]][:most] if j < i
    ]
    assert list(zip(later.tolist(), earlier.tolist(), strict=True)) == expected


def test_similarity_of_signatures_is_the_share_of_equal_places():
    signatures = np.array([[1, 2, 3, 4], [1, 2, 3, 5], [9, 9, 9, 9]], np.uint32)

    found = signature_similarity(signatures, np.array([0, 0, 1]), np.array([1, 2, 1]))
    assert found.tolist() == [0.75, 0.0, 1.0]


@relaxed
@given(st.lists(st.sets(st.integers(0, 2**64 - 1) | st.integers(0, 6), max_size=8), min_size=2, max_size=5))
def test_similarity_of_shingles_is_that_of_sets(sets):
    first = np.cumsum([0, *map(len, sets)])
    hashes = np.array([value for one in sets for value in sorted(one)], np.uint64)
    later, earlier = (
        np.array(side) for side in zip(*[(i, j) for i in range(len(sets)) for j in range(i)], strict=True)
    )

    jaccard = shingle_similarity((hashes, first), later, earlier, containment=False)
    contained = shingle_similarity((hashes, first), later, earlier, containment=True)
    for i, j, one, other in zip(later, earlier, jaccard, contained, strict=True):
        both, either = sets[i] & sets[j], sets[i] | sets[j]
        assert one == len(both) / max(1, len(either))
        assert other == len(both) / max(1, min(len(sets[i]), len(sets[j])))


def by_hand(edges):
    """The edges that remove a document; edges are (later, earlier), sorted."""
    removed, found = set(), []
    for place, (later, earlier) in enumerate(edges):
        if later not in removed and earlier not in removed:
            removed.add(later)
            found.append(place)
    return found


@relaxed
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=80), st.data())
def test_the_walk_is_the_rule_whatever_the_batches(drawn, data):
    edges = sorted((max(pair), min(pair)) for pair in set(drawn) if pair[0] != pair[1])
    cut = data.draw(st.integers(0, len(edges)))
    walk, found = PairWalk(), []
    for begin, part in ((0, edges[:cut]), (cut, edges[cut:])):
        found += [begin + place for place in walk.walk(ids([a for a, _ in part]), ids([b for _, b in part])).tolist()]

    assert found == by_hand(edges)


def test_a_chain_longer_than_the_table_keeps_every_second():
    n = 100_000
    walk, removed = PairWalk(), []
    for begin in range(1, n, 1000):
        numbers = range(begin, min(begin + 1000, n))
        by = walk.walk(ids(numbers), ids([number - 1 for number in numbers]))
        removed += [numbers[place] for place in by.tolist()]

    assert removed == list(range(1, n, 2))


@pytest.mark.parametrize("most", [1, 100])
def test_nothing_to_compare_is_no_trouble(most):
    later, earlier = pairs(bucket_starts(np.empty(0, np.int64)), range(0), most)

    assert len(later) == len(earlier) == 0
    assert len(PairWalk().walk(ids([]), ids([]))) == 0
