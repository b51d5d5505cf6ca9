import numpy as np
import pytest

from crawlsieve.dedup.bloom import Bloom, BloomFullError, BloomFullWarning, BloomMismatchError
from crawlsieve.dedup.bloom_sizes import BloomSize


def keys(number, bands=14, seed=0):
    return np.random.default_rng(seed).integers(-(2**63), 2**63, (number, bands))


def filled(size, number, when_full="refuse", seed=0):
    bloom = Bloom(size, when_full)
    bloom.add(keys(number, size.bands, seed))
    return bloom


@pytest.mark.parametrize("when_full", ["warn", "refuse", "grow"])
def test_merged_filters_are_those_of_all_documents(when_full):
    size = BloomSize(2_000, 1e-5, 14)
    one, two = filled(size, 900, when_full), filled(size, 900, when_full, seed=1)
    both = filled(size, 900, when_full)
    both.add(keys(900, seed=1))

    one.merge(two)

    assert (one.layers[0].bits == both.layers[0].bits).all()
    assert one.layers[0].counts.tolist() == both.layers[0].counts.tolist()
    assert one.inserted == 1_800
    assert two.layers[0].bits.tolist() == filled(size, 900, when_full, seed=1).layers[0].bits.tolist()


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Bloom(BloomSize(101, 1e-3, 2)), "documents 100 and 101"),
        (Bloom(BloomSize(100, 1e-4, 2)), "rate 0.001 and 0.0001"),
        (Bloom(BloomSize(100, 1e-3, 3)), "bands 2 and 3"),
        (Bloom(BloomSize(100, 1e-3, 2), "warn"), "when_full refuse and warn"),
        (Bloom(BloomSize(101, 1e-4, 2)), "documents 100 and 101, rate 0.001 and 0.0001"),
    ],
)
def test_filters_of_other_parameters_are_not_merged(other, message):
    with pytest.raises(BloomMismatchError, match=f"cannot be merged: {message}$"):
        Bloom(BloomSize(100, 1e-3, 2)).merge(other)


def test_filters_that_have_grown_apart_are_not_merged():
    size = BloomSize(100, 1e-3, 2)

    with pytest.raises(BloomMismatchError, match="layers 1 and 2"):
        filled(size, 50, "grow").merge(filled(size, 200, "grow"))


@pytest.mark.parametrize("when_full", ["refuse", "grow"])
def test_a_merge_over_capacity_is_refused_and_changes_nothing(when_full):
    size = BloomSize(1_000, 1e-5, 14)
    one, bits = filled(size, 900, when_full), filled(size, 900, when_full).layers[0].bits

    with pytest.raises(BloomFullError, match=r"both together would hold about 1,8\d\d"):
        one.merge(filled(size, 900, when_full, seed=1))

    assert (one.layers[0].bits == bits).all()
    assert one.inserted == 900


def test_a_merge_over_capacity_warns():
    size = BloomSize(1_000, 1e-5, 14)
    one = filled(size, 900, "warn")

    with pytest.warns(BloomFullWarning) as told:
        one.merge(filled(size, 900, "warn", seed=1))

    assert told[0].filename == __file__
    assert one.contains(keys(900, seed=1)).all()
