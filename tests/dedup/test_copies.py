import numpy as np
import pytest

from crawlsieve.dedup.copies import BIN_BITS, bin_start, bins, places, shuffle_keys

MASK = (1 << 64) - 1
IDS = np.random.default_rng(7).integers(0, 1 << 64, (500, 2), np.uint64)


def mixed(value):
    """MurmurHash3's finaliser, as its author wrote it."""
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & MASK
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ (value >> 33)


def hashed(high, low, seed, epoch, purpose):
    salt = mixed(mixed(mixed(seed + 0x9E3779B97F4A7C15 & MASK) ^ purpose) ^ epoch)
    return mixed(mixed(high ^ salt) ^ low)


@pytest.mark.parametrize(("seed", "epoch"), [(0, 0), (0, 1), (5, 0), (2**63 - 1, 900)])
def test_places_are_a_hash_of_seed_id_and_epoch(seed, epoch):
    wanted = [hashed(int(high), int(low), seed, epoch, 1) >> 1 for high, low in IDS]

    assert places(IDS, seed, np.array([epoch])).tolist() == wanted


def test_the_shuffle_is_of_other_hashes_than_the_order():
    keys = shuffle_keys(IDS, 5, np.array([2]))

    wanted = [[hashed(int(high), int(low), 5, 2, purpose) for purpose in (2, 3)] for high, low in IDS]
    assert keys.tolist() == wanted
    assert len(np.unique(keys, axis=0)) == len(IDS)


def test_each_document_may_have_an_epoch_of_its_own():
    epochs = np.arange(len(IDS)) % 3

    alone = [places(IDS[n : n + 1], 1, epochs[n : n + 1])[0] for n in range(len(IDS))]

    assert places(IDS, 1, epochs).tolist() == alone


def test_bins_are_the_leading_bits_of_places():
    found = places(IDS, 0, np.array([0]))
    number = bins(found)

    assert number.min() >= 0
    assert number.max() < 1 << BIN_BITS
    assert all(
        bin_start(b) <= place < bin_start(b + 1) for b, place in zip(number.tolist(), found.tolist(), strict=True)
    )


def test_orders_of_two_epochs_have_nothing_to_do_with_each_other():
    first, second = (np.argsort(np.argsort(places(IDS, 0, np.array([epoch])))) for epoch in (0, 1))

    assert abs(np.corrcoef(first, second)[0, 1]) < 0.15
