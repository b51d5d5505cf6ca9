import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.dedup.bloom import Bloom
from crawlsieve.dedup.history import FILTER_BYTES, MOST_SLICES, HistorySize, slices_for

HEADER = 4096
KEY = st.integers(-(2**63), 2**63 - 1)


def keys(number, bands, seed=0):
    return np.random.default_rng(seed).integers(-(2**63), 2**63, (number, bands))


@given(st.lists(KEY, min_size=3, max_size=3), st.integers(1, 1000))
def test_a_slice_is_the_place_of_the_key_in_the_range_of_all_keys(row, slices):
    size = HistorySize(100, 1e-3, 3, slices)

    found = size.filter_of(np.array([row]))

    tops = [(key % 2**64) >> 32 for key in row]
    assert found.tolist() == [[band * slices + (top * slices >> 32) for band, top in enumerate(tops)]]
    assert [size.band_of(int(number)) for number in found[0]] == [0, 1, 2]


def test_the_ends_of_the_range_are_in_the_first_and_the_last_slice():
    numbers = HistorySize(100, 1e-3, 4, 16).filter_of(np.array([[0, 2**63 - 1, -(2**63), -1]]))

    assert (numbers - np.arange(4) * 16).tolist() == [[0, 7, 8, 15]]


@pytest.mark.parametrize("slices", [1, 8, 139, 4096])
def test_fourteen_bands_at_1e_5_take_at_most_53_bytes_a_document(slices):
    documents = 200_000 * slices
    size = HistorySize(documents, 1e-5, 14, slices)

    assert size.filters * (size.filter.bytes + HEADER) < 53 * documents


def test_slices_are_as_few_as_keep_a_filter_within_its_bytes():
    assert slices_for(1_000_000, 1e-5, 14) == 1
    assert slices_for(10**10, 1e-5, 14) == 138
    assert HistorySize(10**10, 1e-5, 14, 138).filter.bytes <= FILTER_BYTES * 1.01


@pytest.mark.parametrize("slices", [1, 16])
def test_the_rate_that_was_asked_holds_for_every_filter_with_so_many_documents(slices):
    size = HistorySize(50_000, 1e-3, 4, slices)
    numbers, found = size.filter_of(keys(50_000, 4)), {}
    for number in range(size.filters):
        bloom = Bloom(size.filter, "refuse")
        bloom.add(keys(50_000, 4)[numbers == number].reshape(-1, 1))
        found[number] = (int(bloom.layers[0].counts[0]),)

    assert 0.3e-3 < size.rate_now(found, grows=False) <= 1e-3
    assert 0.4 < size.fill(found, grows=False) < 0.52


def test_an_empty_history_finds_nothing_and_a_full_band_everything():
    size = HistorySize(1_000, 1e-3, 2, 2)
    full = (size.filter.bits,)

    assert size.rate_now({}, grows=False) == 0
    assert size.rate_now({0: full}, grows=False) == pytest.approx(0.5, abs=0.01)
    assert size.rate_now({0: full, 1: full}, grows=False) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("slices", [0, MOST_SLICES + 1])
def test_there_is_one_slice_or_more_and_not_too_many(slices):
    with pytest.raises(ValueError, match="slices"):
        HistorySize(1, 1e-3, 1, slices)


def test_what_is_too_large_for_one_filter_is_told():
    with pytest.raises(ValueError, match=r"cut .* into slices"):
        HistorySize(10**12, 1e-5, 14, 1)
