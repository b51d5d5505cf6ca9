"""The rule of near-duplicates, against an implementation that is slow and obvious."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.dedup.select import select

relaxed = settings(deadline=None)  # the first call loads compiled code

UNHASHED = pow(0x9E3779B97F4A7C15, -1, 1 << 64)
"""Times a small number: a key whose hash is that number, with nothing in the top bits that are sorted."""


def by_hand(keys, present):
    """(twin, band) of each document, by comparing everything with everything."""
    kept, found = [], []
    for i, mine in enumerate(keys):
        alike = [
            j for j in kept if present[i] and present[j] and any(a == b for a, b in zip(mine, keys[j], strict=True))
        ]
        if alike:
            band = next(number for number, (a, b) in enumerate(zip(mine, keys[alike[0]], strict=True)) if a == b)
            found.append((alike[0], band))
        else:
            found.append((-1, -1))
            kept.append(i)
    return found


def chosen(keys, present=None):
    keys = np.array(keys, np.int64)
    selection = select(keys, np.ones(len(keys), bool) if present is None else np.array(present, bool))
    return list(zip(selection.twin.tolist(), selection.band.tolist(), strict=True))


@st.composite
def documents(draw):
    bands = draw(st.integers(1, 4))
    width = draw(st.integers(1, 12))
    keys = draw(st.lists(st.lists(st.integers(0, width), min_size=bands, max_size=bands), min_size=1, max_size=40))
    present = draw(st.lists(st.booleans() | st.just(True), min_size=len(keys), max_size=len(keys)))
    return keys, present


@relaxed
@given(documents())
def test_it_is_the_rule(drawn):
    keys, present = drawn

    assert chosen(keys, present) == by_hand(keys, present)


@relaxed
@given(documents())
def test_it_is_the_rule_for_keys_of_one_hash(drawn):
    keys, present = drawn
    alike = np.array(keys, np.uint64) * np.uint64(UNHASHED)

    assert chosen(alike.view(np.int64), present) == by_hand(keys, present)


@relaxed
@given(documents())
def test_no_two_kept_documents_share_a_band_key_and_every_other_shares_one(drawn):
    keys, present = drawn
    kept = [i for i, (twin, _) in enumerate(chosen(keys, present)) if twin < 0]
    seen = [(band, key) for i in kept if present[i] for band, key in enumerate(keys[i])]

    assert len(seen) == len(set(seen))


def test_a_chain_does_not_collapse():
    assert chosen([[1, 0], [1, 2], [3, 2], [3, 4]]) == [(-1, -1), (0, 0), (-1, -1), (2, 0)]


def test_the_twin_is_the_first_kept_document_and_the_band_the_lowest_shared_with_it():
    kept = [[0, 7, 9], [5, 1, 2]]

    assert chosen([*kept, [5, 7, 9]])[2] == (0, 1)


def test_documents_without_shingles_are_no_copies_of_each_other():
    assert chosen([[0, 0], [0, 0], [0, 0]], [False, False, True]) == [(-1, -1)] * 3


def test_equal_keys_of_different_bands_mean_nothing():
    assert chosen([[1, 2], [2, 1]]) == [(-1, -1), (-1, -1)]


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_and_one_document(n):
    assert chosen(np.zeros((n, 3), np.int64)) == [(-1, -1)] * n


def test_keys_are_not_touched():
    keys = np.array([[1, 2], [1, 3], [4, 3]])
    before = keys.copy()
    select(keys, np.ones(3, bool))

    assert (keys == before).all()


def test_the_holder_of_a_key_follows_the_first_that_was_removed():
    """The first two documents of the last band's key are removed by others, the third keeps it."""
    assert chosen([[1, 0, 9], [2, 5, 8], [1, 3, 7], [2, 4, 7], [6, 10, 7], [11, 12, 7]])[2:] == [
        (0, 0),
        (1, 0),
        (-1, -1),
        (4, 2),
    ]


@pytest.mark.parametrize("n", [63, 64, 65, 129])
def test_documents_are_counted_in_words_of_64(n):
    keys = np.column_stack([np.arange(n) // 2, -1 - np.arange(n)])

    assert chosen(keys) == [(-1, -1) if i % 2 == 0 else (i - 1, 0) for i in range(n)]


def test_a_million_equal_documents_have_one_twin():
    selection = select(np.ones((1_000_000, 3), np.int64), np.ones(1_000_000, bool))

    assert selection.kept.sum() == 1
    assert (selection.twin[1:] == 0).all()


def test_a_chain_in_order_of_priority_keeps_every_second():
    n = 100_000
    keys = np.column_stack([(np.arange(n) + 1) // 2, n + np.arange(n) // 2])

    assert (select(keys, np.ones(n, bool)).kept == (np.arange(n) % 2 == 0)).all()
