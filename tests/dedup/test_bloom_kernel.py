import numpy as np
import pytest

from crawlsieve.dedup.bloom_kernel import MAX_WORDS, PARTS, WAITING, look_up, set_bits, word_of


def keys(number, bands=14, seed=0):
    return np.random.default_rng(seed).integers(-(2**63), 2**63, (number, bands))


@pytest.mark.parametrize("words", [1, 3, 2**26 + 1, 2**31, MAX_WORDS])
@pytest.mark.parametrize("place", [0, 1, 2**32 - 1, 2**32, 2**63 + 12_345, 2**64 - 1])
def test_the_word_of_a_place_is_that_of_exact_arithmetic(place, words):
    found = word_of.py_func(np.uint64(place), np.uint64(words))

    assert int(found) == place * words >> 64


def test_the_bits_are_those_of_exact_arithmetic():
    words, hashes, number = 5_003, 8, 10_000
    bits, counts = np.zeros((2, words), np.uint64), np.zeros(2, np.int64)
    expected = np.zeros((2, words * 64), np.bool_)
    for band in range(2):
        for key in keys(number, 2)[:, band].tolist():
            expected[band, bits_of(key, hashes, words)] = True

    set_bits(keys(number, 2), bits, hashes, counts, np.empty((PARTS, WAITING + 1), np.uint64))

    assert number * hashes > PARTS * WAITING  # each part is emptied on the way and at the end
    assert (np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little") == expected).all()
    assert counts.tolist() == expected.sum(axis=1).tolist()


def test_filters_of_more_than_2_to_the_32_bits_use_all_of_them(tmp_path):
    words, hashes = 3 << 26, 16  # 1.5 GiB, of which a sparse file holds what is touched
    bits = np.asarray(np.memmap(tmp_path / "bits", np.uint64, "w+", shape=(1, words)))
    counts, scratch = np.zeros(1, np.int64), np.empty((PARTS, WAITING + 1), np.uint64)
    few, new = keys(64, 1), np.zeros((2_000, 1), np.bool_)

    set_bits(few, bits, hashes, counts, scratch)
    found = np.zeros((64, 1), np.bool_)
    look_up(few, bits, hashes, found)
    look_up(keys(2_000, 1, seed=1), bits, hashes, new)

    expected = sorted(bit >> 6 for key in few[:, 0].tolist() for bit in bits_of(key, hashes, words))
    assert found.all()
    assert not new.any()
    assert counts.tolist() == [64 * hashes]
    assert all(bits[0, word] for word in expected)
    assert sum(word >= 2**26 for word in expected) > len(expected) / 2  # two thirds lie above 2**32 bits
    assert expected[-1] > 0.99 * words


def bits_of(key, hashes, words):
    """Which bits of the filter are the key's, by Python's integers."""
    start = mixed_exactly(key % 2**64)
    step = mixed_exactly(start ^ 0xA5A5A5A5A5A5A5A5) | 1
    places = [(start + number * step) % 2**64 for number in range(hashes)]
    return [(place * words >> 64) * 64 + place % 64 for place in places]


def mixed_exactly(value):
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        value = (value ^ value >> 33) * factor % 2**64
    return value ^ value >> 33
