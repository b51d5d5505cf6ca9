import math

import numpy as np
import pytest
from pybloom_live import BloomFilter

from crawlsieve.dedup.bloom_kernel import MAX_WORDS
from crawlsieve.dedup.bloom_sizes import BloomSize, band_rate, bits_a_key

SIZES = [(10_000_000, 1e-5, 14), (1_000_000, 1e-5, 9), (50_000, 1e-10, 42), (100_000, 0.01, 1), (3_000_000, 1e-15, 1)]


def test_bands_miss_together_as_often_as_was_asked():
    assert (1 - band_rate(1e-5, 14)) ** 14 == pytest.approx(1 - 1e-5, rel=1e-12)
    assert band_rate(1e-5, 14) == pytest.approx(7.1429e-7, rel=1e-4)
    assert band_rate(0.25, 1) == pytest.approx(0.25)


def test_a_rate_too_small_for_one_minus_it_is_kept():
    assert band_rate(1e-20, 10) == pytest.approx(1e-21)


@pytest.mark.parametrize(("documents", "rate", "bands"), SIZES)
def test_bits_are_those_of_the_formula_and_a_little_more(documents, rate, bands):
    size = BloomSize(documents, rate, bands)
    least = -documents * math.log(band_rate(rate, bands)) / math.log(2) ** 2

    assert size.bits % 64 == 0
    assert least <= size.bits <= least * 1.007 + 64
    assert size.bytes == bands * size.bits // 8


@pytest.mark.parametrize(("documents", "rate", "bands"), SIZES)
def test_no_other_number_of_hashes_needs_fewer_bits(documents, rate, bands):
    size = BloomSize(documents, rate, bands)
    needs = [bits_a_key(band_rate(rate, bands), hashes) for hashes in range(1, 80)]

    assert size.hashes == 1 + needs.index(min(needs))


@pytest.mark.parametrize(("documents", "rate", "bands"), SIZES)
def test_a_filter_is_about_as_large_as_that_of_pybloom_live(documents, rate, bands):
    size = BloomSize(documents, rate, bands)
    peer = BloomFilter(documents, band_rate(rate, bands))

    assert size.bits <= peer.num_bits * 1.007
    assert abs(size.hashes - peer.num_slices) <= 1


def test_fourteen_bands_take_less_than_53_bytes_a_document():
    size = BloomSize(10_000_000, 1e-5, 14)

    assert size.bytes / 1e7 == pytest.approx(51.57, abs=0.01)
    assert size.layer(0).bytes / 1e7 < 53


@pytest.mark.parametrize(("documents", "rate", "bands"), SIZES)
def test_a_filter_of_most_bits_has_the_asked_rate(documents, rate, bands):
    size = BloomSize(documents, rate, bands)

    at_most = -math.expm1(size.log_missed(np.full(bands, size.most_bits)))
    over = -math.expm1(size.log_missed(np.full(bands, size.most_bits + 2)))

    assert at_most <= rate < over
    assert at_most == pytest.approx(rate, rel=0.01)


def test_the_keys_behind_set_bits_are_those_that_set_as_many():
    size = BloomSize(100_000, 1e-5, 2)
    keys = np.array([1_000.0, 100_000.0])
    counts = np.rint(size.bits * (1 - (1 - 1 / size.bits) ** (size.hashes * keys))).astype(np.int64)

    assert size.keys_of(counts) == pytest.approx(keys, rel=1e-3)


def test_all_bits_set_is_no_crash():
    size = BloomSize(10, 0.1, 1)

    assert np.isfinite(size.keys_of(np.array([size.bits]))).all()
    assert np.isfinite(size.log_missed(np.array([size.bits])))


def test_layers_stay_within_the_rate_however_many():
    size = BloomSize(1_000, 1e-5, 14)
    layers = [size.layer(number) for number in range(20)]

    assert layers[0].rate == pytest.approx(0.8e-5)
    assert layers[1].rate == pytest.approx(0.1e-5)
    assert sum(layer.rate for layer in layers) <= 1e-5
    assert [layer.documents for layer in layers[:4]] == [1_000, 2_000, 4_000, 8_000]


@pytest.mark.parametrize(
    "wrong", [(0, 1e-5, 14), (10, 0.0, 14), (10, 1.0, 14), (10, -0.1, 1), (10, 0.1, 0), (10, math.nan, 1)]
)
def test_values_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValueError, match="at least 1, and the rate between 0 and 1"):
        BloomSize(*wrong)


def test_nine_billion_documents_fit_and_ten_are_to_be_sliced():
    assert 2**37 < BloomSize(9_000_000_000, 1e-5, 14).bits <= MAX_WORDS * 64

    with pytest.raises(ValueError, match=r"cut .* into slices"):
        BloomSize(10_000_000_000, 1e-5, 14)
