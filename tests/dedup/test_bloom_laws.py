"""Laws of Bloom filters: nothing is forgotten, and neither batches nor order nor repetition matter."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.dedup.bloom import Bloom
from crawlsieve.dedup.bloom_sizes import BloomSize

BANDS = 3
KEYS = st.lists(st.tuples(*[st.integers(-(2**63), 2**63 - 1)] * BANDS), max_size=60)
SIZE = BloomSize(120, 1e-3, BANDS)
SMALL = BloomSize(4, 1e-2, BANDS)


def array(rows):
    return np.array(rows, np.int64).reshape(-1, BANDS)


def bloom_of(*parts, size=SIZE, when_full="refuse"):
    bloom = Bloom(size, when_full)
    for part in parts:
        bloom.add(array(part))
    return bloom


def state(bloom):
    return [(layer.bits.tolist(), layer.counts.tolist()) for layer in bloom.layers]


def cut(rows, data):
    places = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=5)))
    return [rows[start:end] for start, end in pairwise([0, *places, len(rows)])]


@given(KEYS)
def test_no_document_is_forgotten(rows):
    assert bloom_of(rows).contains(array(rows)).all()
    assert bloom_of(rows, size=SMALL, when_full="grow").contains(array(rows)).all()


@given(KEYS, st.data())
def test_batch_boundaries_do_not_matter(rows, data):
    parts = cut(rows, data)

    assert state(bloom_of(*parts)) == state(bloom_of(rows))
    grown = [bloom_of(*of, size=SMALL, when_full="grow") for of in (parts, [rows])]
    assert state(grown[0]) == state(grown[1])
    assert grown[0].inserted == len(rows)


@given(KEYS, st.randoms())
def test_order_and_repetition_do_not_matter(rows, chance):
    shuffled = [*rows, *rows]
    chance.shuffle(shuffled)

    assert state(bloom_of(shuffled)) == state(bloom_of(rows))


@given(KEYS)
def test_documents_that_come_again_open_no_layer(rows):
    bloom = bloom_of(rows, size=SMALL, when_full="grow")
    before = state(bloom)

    bloom.add(array(rows))

    assert state(bloom) == before


@given(KEYS, KEYS)
def test_a_merge_is_a_union_from_either_side(some, others):
    one, two = bloom_of(some), bloom_of(others)

    one.merge(two)
    two.merge(bloom_of(some))

    assert state(one) == state(two) == state(bloom_of(some, others))
    assert one.inserted == two.inserted == len(some) + len(others)


@given(KEYS)
def test_filters_that_grow_stay_within_their_rate(rows):
    bloom = bloom_of(rows, size=SMALL, when_full="grow")

    assert bloom.rate <= SMALL.rate
    assert not bloom.full


@given(KEYS, st.data())
def test_batches_of_queries_do_not_matter(rows, data):
    bloom = bloom_of(rows[::2])
    found = [bloom.contains(array(part)) for part in cut(rows, data)]

    assert np.concatenate(found).tolist() == bloom.contains(array(rows)).tolist()
