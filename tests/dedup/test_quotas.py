import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.dedup.quotas import Cut, Portion, cut_bin, portion, quota_of

SIZES = st.lists(st.integers(0, 50), min_size=1, max_size=40)


def nearest_prefix(sizes, rest):
    """Every prefix up to the one that reaches `rest`: the nearest, of two the shorter; but what weighs nothing and
    stands before the document that reaches it is taken.
    """
    sums = np.cumsum([0, *sizes]).tolist()
    reach = next(n for n, total in enumerate(sums) if total >= rest)
    if reach == 0:
        return 0
    return reach if sums[reach] - rest < rest - sums[reach - 1] else reach - 1


@pytest.mark.parametrize(
    ("weight", "total", "quota"), [(0.1, 10, 1), (0.25, 10, 2), (0.35, 10, 3), (1.0, 2**53, 2**53), (0.0, 99, 0)]
)
def test_a_quota_is_the_weight_of_the_total_rounded(weight, total, quota):
    assert quota_of(weight, total) == quota


@pytest.mark.parametrize(
    ("quota", "unique", "found"),
    [
        (3, 10, Portion(3, 0, 3)),
        (10, 10, Portion(10, 1, 0)),
        (27, 10, Portion(27, 2, 7)),
        (0, 0, Portion(0, 0, 0)),
    ],
)
def test_whole_epochs_come_first(quota, unique, found):
    assert portion(quota, unique) == found


def test_nothing_can_be_taken_of_nothing():
    with pytest.raises(ValueError, match="5 wanted of a domain of size 0"):
        portion(5, 0)


@given(SIZES, st.data())
def test_the_cut_is_the_nearest_whole_document(sizes, data):
    rest = data.draw(st.integers(1, max(1, sum(sizes))))
    if sum(sizes) < rest:
        return
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sizes)), max_size=4)))

    cut = Cut(rest)
    counts = [cut.walk(np.array(part, np.int64)) for part in np.split(np.array(sizes), cuts)]

    wanted = nearest_prefix(sizes, rest)
    assert (cut.taken, sum(counts)) == (wanted, wanted)
    assert cut.size == sum(sizes[:wanted])
    assert abs(cut.size - rest) <= max(sizes) / 2


@pytest.mark.parametrize(
    ("sizes", "rest", "taken"),
    [
        ([10, 10], 14, 1),
        ([10, 10], 15, 1),  # 5 too few or 5 too many: fewer
        ([10, 10], 16, 2),
        ([100], 49, 0),
        ([100], 50, 0),
        ([100], 51, 1),
        ([0, 0, 10, 0], 10, 3),  # what weighs nothing stands before the document that reaches the quota, or behind it
        ([5, 0, 0, 10], 6, 3),
    ],
)
def test_the_last_document_is_taken_if_that_is_nearer(sizes, rest, taken):
    cut = Cut(rest)

    assert cut.walk(np.array(sizes)) == taken
    assert cut.reached


@given(SIZES, st.data())
def test_the_bin_of_a_cut_is_the_first_that_reaches_it(sizes, data):
    rest = data.draw(st.integers(1, max(1, sum(sizes))))
    if sum(sizes) < rest:
        with pytest.raises(ValueError, match="wanted of"):
            cut_bin(np.array(sizes), rest)
        return

    found = cut_bin(np.array(sizes), rest)

    assert sum(sizes[:found]) < rest <= sum(sizes[: found + 1])
