"""Samples by a hash of ids."""

import numpy as np

from crawlsieve.dedup.sampling import sample_places, smallest

IDS = np.random.default_rng(3).integers(0, 2**63, (20_000, 2)).astype(np.uint64)


def test_the_same_seed_is_the_same_order_and_another_is_not():
    assert (sample_places(IDS, 5) == sample_places(IDS.copy(), 5)).all()
    assert (sample_places(IDS, 5) != sample_places(IDS, 6)).all()


def test_both_halves_of_an_id_count():
    same = IDS.copy()
    same[:, 1] += np.uint64(1)

    assert (sample_places(IDS, 0) != sample_places(same, 0)).all()


def test_places_are_spread_evenly_also_of_ids_in_a_row():
    for ids in (IDS, np.stack([np.zeros(20_000), np.arange(20_000)], axis=1).astype(np.uint64)):
        counts = np.bincount((sample_places(ids, 0) >> np.uint64(60)).astype(int), minlength=16)
        assert ((counts - 1250) ** 2 / 1250).sum() < 45  # chi-square with 15 degrees of freedom: 1 in 10,000


def test_two_samples_share_what_chance_shares():
    one, two = (set(smallest(sample_places(IDS, seed), 2000).tolist()) for seed in (1, 2))

    assert 140 < len(one & two) < 260  # 200 expected, standard deviation 13


def test_the_smallest_come_in_order():
    assert smallest(np.array([5, 1, 3], np.uint64), 2).tolist() == [1, 2]
    assert smallest(np.array([5, 1], np.uint64), 9).tolist() == [1, 0]
