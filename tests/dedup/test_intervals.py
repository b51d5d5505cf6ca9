"""Intervals of shares."""

import pytest

from crawlsieve.dedup.intervals import wilson


@pytest.mark.parametrize(
    ("successes", "trials", "interval"),
    [
        (0, 0, (0, 1)),
        (0, 20, (0, 0.1611)),
        (20, 20, (0.8389, 1)),
        (81, 263, (0.2553, 0.3662)),
        (1, 2, (0.0945, 0.9055)),
    ],
)
def test_intervals_are_those_of_the_literature(successes, trials, interval):
    """81 of 263: Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    assert wilson(successes, trials) == pytest.approx(interval, abs=1e-4)


def test_more_trials_and_less_confidence_are_narrower():
    assert wilson(50, 100)[0] < wilson(500, 1000)[0] < wilson(500, 1000, 0.5)[0] < 0.5


def test_an_interval_holds_its_share():
    assert all(wilson(k, n)[0] <= k / n <= wilson(k, n)[1] for n in range(1, 40) for k in range(n + 1))


@pytest.mark.parametrize("arguments", [(2, 1), (-1, 1), (1, 2, 0), (1, 2, 1)])
def test_there_is_no_such_share(arguments):
    with pytest.raises(ValueError, match="there is no such share"):
        wilson(*arguments)
