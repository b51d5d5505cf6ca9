"""Intervals hold the truth about as often as they say, on crawls whose truth is known."""

import numpy as np
import pytest

from tests.pipelines.forecast.made_crawl import made, sampled

SAMPLES = 300
CRAWLS = 10

DESIGNS = {
    "whole shards of many": (100, 10, 1.0),
    "three whole shards": (40, 3, 1.0),
    "records of some shards": (100, 16, 0.06),
    "records of most shards": (20, 16, 0.25),
    "records of all shards": (8, 8, 0.1),
    "records of one shard": (1, 1, 0.3),
}


def covered(design, rare):
    """float64[4]: how often the truth (common, rare, bytes, records) lay in the interval; and the last estimates."""
    shards, read, rate = design
    chance = np.random.default_rng(5)
    hits = np.zeros(4)
    found = []
    for number in range(SAMPLES):
        if number % (SAMPLES // CRAWLS) == 0:
            crawl = made(chance, shards, rare)
        found = sampled(crawl, chance, read, rate)
        hits += [total.low <= true <= total.high for total, true in zip(found, crawl.truth, strict=True)]
    return hits / SAMPLES, found


@pytest.mark.parametrize("design", DESIGNS.values(), ids=list(DESIGNS))
def test_95_of_100_intervals_hold_the_truth(design):
    """With 300 samples, 0.95 is 0.925 to 0.975; bytes have long tails, what is rare has few hits: 0.90, or more."""
    (common, rare, size, records), _ = covered(design, 0.01)

    assert 0.91 <= common <= 0.995
    assert rare >= 0.92
    assert size >= 0.90
    assert records >= 0.91


def test_a_rule_that_the_sample_hardly_meets_is_bounded():
    """About every other sample has no hit."""
    (_, rare, _, _), found = covered((100, 16, 0.06), 0.002)

    assert rare >= 0.95
    assert found[1].high > 0


def test_an_interval_is_no_wider_than_it_needs_to_be():
    """Half of the width is about 2 standard deviations of the estimates themselves."""
    chance = np.random.default_rng(6)
    crawl = made(chance, 100, 0.01)
    found = [sampled(crawl, chance, 20, 0.5)[0] for _ in range(SAMPLES)]

    spread = np.std([total.estimate for total in found])
    width = np.median([total.high - total.low for total in found])
    assert 3.2 < width / spread < 5
    assert np.mean([total.estimate for total in found]) == pytest.approx(crawl.truth[0], rel=0.02)


def test_the_more_of_the_shards_are_read_the_less_is_left_to_chance():
    chance = np.random.default_rng(6)
    crawl = made(chance, 20, 0.01)

    widths = []
    for read in (5, 15, 20):
        total = sampled(crawl, chance, read, 1.0)[0]
        widths.append(total.high - total.low)

    assert widths[0] > 2 * widths[1] > 0
    assert widths[2] == 0


def test_the_whole_is_told_as_it_is():
    chance = np.random.default_rng(6)
    crawl = made(chance, 12, 0.01)

    for total, true in zip(sampled(crawl, chance, 12, 1.0), crawl.truth, strict=True):
        assert (total.estimate, total.low, total.high) == pytest.approx((true, true, true))
