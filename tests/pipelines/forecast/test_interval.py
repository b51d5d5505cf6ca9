"""The bounds of a total."""

import math

import pytest

from crawlsieve.pipelines.forecast.interval import interval, student


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (10, 2.228), (31, 2.040), (1000, 1.962)],
)
def test_student_is_the_one_of_the_tables(freedom, quantile):
    assert student(freedom) == pytest.approx(quantile, abs=0.005)


def test_many_things_have_the_normal_interval():
    assert interval(1e6, 1e8, 100, 10**6) == pytest.approx((1e6 - 1.96e4, 1e6 + 1.96e4 + 100), rel=1e-4)


@pytest.mark.parametrize("freedom", [1, 2, 10, 1000])
def test_nothing_seen_is_bounded_by_the_rule_of_three(freedom):
    """1 of 100 records stands for 100: with none among them, at least 300 may be elsewhere, and 0 may be all."""
    low, high = interval(0, 0, 100, freedom)

    assert low == 0
    assert high >= 100 * -math.log(0.025) * 0.99
    assert high < 100 * 4.5 or freedom < 10


def test_where_nothing_is_left_to_chance_there_is_no_interval():
    assert interval(42, 0, 0, 5) == (42, 42)
    assert interval(0, 0, 0, 5) == (0, 0)


def test_bounds_lie_around_the_estimate_however_little_was_seen():
    for seen in (1, 2, 5, 50):
        low, high = interval(seen * 10, seen * 100, 10, 20)
        assert 0 <= low < seen * 10 < high
