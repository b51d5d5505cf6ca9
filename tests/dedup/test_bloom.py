import warnings

import numpy as np
import pytest
from pybloom_live import BloomFilter

from crawlsieve.dedup.bloom import Bloom, BloomFullError, BloomFullWarning, Layer, union_counts
from crawlsieve.dedup.bloom_kernel import PARTS, ROWS, WAITING
from crawlsieve.dedup.bloom_sizes import BloomSize, band_rate


def keys(number, bands=14, seed=0):
    return np.random.default_rng(seed).integers(-(2**63), 2**63, (number, bands))


def filled(size, number, when_full="refuse", seed=0):
    bloom = Bloom(size, when_full)
    bloom.add(keys(number, size.bands, seed))
    return bloom


def flagged(bloom, number, seed=99):
    return int(bloom.contains(keys(number, bloom.size.bands, seed)).any(axis=1).sum())


def test_what_was_added_is_found_and_nothing_is_found_in_an_empty_filter():
    bloom = Bloom(BloomSize(1_000, 1e-5, 14))
    assert not bloom.contains(keys(1_000)).any()

    bloom.add(keys(1_000))

    assert bloom.contains(keys(1_000)).all()


def test_a_key_is_found_in_its_own_band_only():
    bloom = Bloom(BloomSize(1_000, 1e-9, 3))
    bloom.add(np.array([[1, 2, 3], [4, 5, 6]]))

    found = bloom.contains(np.array([[1, 2, 6], [2, 3, 1], [4, 0, 3]]))

    assert found.tolist() == [[True, True, True], [False, False, False], [True, False, True]]


@pytest.mark.parametrize("value", [0, -1, 1, 2**63 - 1, -(2**63)])
def test_every_int64_is_a_key(value):
    bloom = Bloom(BloomSize(100, 1e-9, 1))
    bloom.add(np.array([[value]]))

    assert bloom.contains(np.array([[value], [value ^ 1]])).tolist() == [[True], [False]]
    assert bloom.layers[0].counts.tolist() == [bloom.size.hashes]


@pytest.mark.parametrize(("bands", "rate"), [(1, 1e-3), (5, 2e-3), (14, 1e-3)])
def test_at_capacity_as_many_new_documents_are_found_as_was_asked(bands, rate):
    asked, number = 300_000 * rate, 300_000
    bloom = filled(BloomSize(100_000, rate, bands), 100_000)

    assert asked * 0.8 < flagged(bloom, number) < asked + 4 * asked**0.5
    assert 0.9 * rate < bloom.rate <= rate


def test_at_capacity_the_rate_of_a_history_holds():
    assert flagged(filled(BloomSize(200_000, 1e-5, 14), 200_000), 400_000) <= 12  # 4 expected


@pytest.mark.parametrize("shift", [0, 40, 56])
def test_keys_that_share_their_low_or_high_bits_are_spread_as_others(shift):
    size = BloomSize(50_000, 1e-3, 1)
    numbers = np.arange(250_000).reshape(-1, 1) << (shift if shift < 46 else 0)
    numbers |= np.int64(0x5A << 56) if shift == 56 else 0
    bloom = Bloom(size)
    bloom.add(numbers[:50_000])

    assert 140 < bloom.contains(numbers[50_000:]).sum() < 260  # 200 expected


def test_pybloom_live_finds_what_we_find():
    size = BloomSize(20_000, 1e-2, 1)
    ours, peer = filled(size, 20_000), BloomFilter(20_000, band_rate(1e-2, 1))
    for key in keys(20_000, 1)[:, 0].tolist():
        peer.add(key)
    known, new = keys(20_000, 1), keys(50_000, 1, seed=5)

    assert all(key in peer for key in known[:, 0].tolist())
    assert ours.contains(known).all()
    theirs = sum(key in peer for key in new[:, 0].tolist())
    assert abs(int(ours.contains(new).sum()) - theirs) < 150  # 500 each, standard deviation of the difference 32


def test_a_filter_reports_its_fill_its_documents_and_its_rate():
    bloom = filled(BloomSize(100_000, 1e-5, 14), 100_000)
    half = filled(BloomSize(100_000, 1e-5, 14), 50_000)

    assert bloom.fill.shape == (1, 14)
    assert bloom.fill == pytest.approx(0.492, abs=0.003)
    assert bloom.documents == pytest.approx(100_000, rel=0.005)
    assert half.documents == pytest.approx(50_000, rel=0.005)
    assert half.rate < bloom.rate / 1_000
    assert Bloom(BloomSize(10, 0.1, 2)).rate == 0
    assert Bloom(BloomSize(10, 0.1, 2)).documents == 0


def test_the_documents_inserted_are_counted_again_and_the_estimate_is_not():
    bloom = filled(BloomSize(10_000, 1e-5, 3), 5_000)
    estimate = bloom.documents

    bloom.add(keys(5_000, 3))

    assert bloom.inserted == 10_000
    assert bloom.documents == estimate


def test_set_bits_are_counted_as_they_are_set():
    layer = filled(BloomSize(10_000, 1e-5, 3), 10_000).layers[0]

    assert layer.counts.tolist() == union_counts(layer.bits, None).tolist()
    assert layer.counts.tolist() == [int(np.bitwise_count(row).sum()) for row in layer.bits]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("number", [1, 2, 3, 7, 64, 1_000, 30_000])
@pytest.mark.parametrize(("rate", "bands"), [(1e-5, 14), (1e-15, 1), (0.5, 1)])
def test_as_many_documents_as_were_announced_fit(number, rate, bands, seed):
    assert filled(BloomSize(number, rate, bands), number, seed=seed).inserted == number


def test_a_document_over_capacity_is_refused_with_what_to_set():
    bloom = Bloom(BloomSize(10_000, 1e-5, 14))

    message = (
        r"for 10,000 documents are full: they hold about 10,1\d\d\. "
        "Set the documents expected to as many as will come, or when_full to 'grow'"
    )
    with pytest.raises(BloomFullError, match=message):
        bloom.add(keys(20_000))

    assert 10_000 < bloom.inserted < 10_200
    assert bloom.contains(keys(20_000)[: bloom.inserted]).all()
    assert not bloom.contains(keys(20_000)[bloom.inserted :]).all(axis=1).any()
    assert bloom.rate <= 1e-5
    assert not bloom.full


def test_full_filters_still_take_the_documents_that_they_know():
    bloom = Bloom(BloomSize(1_000, 1e-5, 14))
    with pytest.raises(BloomFullError):
        bloom.add(keys(2_000))
    held, bits = bloom.inserted, bloom.layers[0].bits.copy()

    bloom.add(keys(2_000)[:held])
    with pytest.raises(BloomFullError):
        bloom.add(np.concatenate([keys(2_000)[:held], keys(1, seed=7)]))

    assert bloom.inserted == 3 * held
    assert (bloom.layers[0].bits == bits).all()


def test_one_band_that_is_full_is_enough():
    bloom = Bloom(BloomSize(1_000, 1e-5, 3))
    uneven = keys(2_000, 3)
    uneven[:, 0] = 7

    with pytest.raises(BloomFullError):
        bloom.add(uneven)

    assert bloom.rate <= 1e-5
    assert bloom.fill[0, 0] < 0.01


def test_filters_that_warn_do_so_once_and_hold_all():
    bloom = Bloom(BloomSize(1_000, 1e-5, 14), "warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bloom.add(keys(1_000))
    assert not bloom.full

    text = r"they hold about 1,5\d\d.* of new documents .* 1e-05 were asked"
    with pytest.warns(BloomFullWarning, match=text) as told:
        bloom.add(keys(500, seed=1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bloom.add(keys(500, seed=2))

    assert len(told) == 1
    assert told[0].filename == __file__
    assert bloom.full
    assert bloom.inserted == 2_000
    assert bloom.rate > 1e-4
    assert bloom.contains(keys(500, seed=2)).all()


def test_one_band_that_is_over_is_enough_for_a_warning():
    bloom = Bloom(BloomSize(1_000, 1e-5, 3), "warn")
    uneven = keys(2_000, 3)
    uneven[:, 0] = 7

    with pytest.warns(BloomFullWarning):
        bloom.add(uneven)


def test_filters_that_grow_hold_their_rate():
    size = BloomSize(10_000, 1e-2, 14)
    bloom = filled(size, 150_000, "grow")

    assert len(bloom.layers) == 4
    assert [layer.size for layer in bloom.layers] == [size.layer(number) for number in range(4)]
    assert bloom.contains(keys(150_000)).all()
    assert bloom.documents == pytest.approx(150_000, rel=0.01)
    assert bloom.rate <= 1e-2
    assert flagged(bloom, 100_000) <= 1_000 + 4 * 1_000**0.5
    assert not bloom.full


def test_documents_of_earlier_layers_take_no_room_in_the_last():
    bloom = filled(BloomSize(1_000, 1e-5, 14), 1_500, "grow")
    before = [layer.bits.copy() for layer in bloom.layers]

    for _ in range(5):
        bloom.add(keys(1_500))

    assert all((layer.bits == bits).all() for layer, bits in zip(bloom.layers, before, strict=True))


def test_filters_opened_for_reading_change_in_no_way():
    size = BloomSize(100, 1e-3, 2)
    bits = filled(size, 50).layers[0].bits
    bits.flags.writeable = False
    bloom = Bloom(size, layers=[Layer(size, bits)], inserted=50)

    assert bloom.contains(keys(50, 2)).all()
    with pytest.raises(ValueError, match="opened for reading"):
        bloom.add(keys(1, 2))
    with pytest.raises(ValueError, match="opened for reading"):
        bloom.merge(filled(size, 50))


@pytest.mark.parametrize(
    "wrong", [np.zeros((3, 2), np.uint64), np.zeros((3, 4), np.int64), np.zeros(2, np.int64), np.zeros((3, 2))]
)
def test_keys_of_another_shape_or_type_are_refused(wrong):
    bloom = Bloom(BloomSize(10, 0.1, 2))

    for use in (bloom.add, bloom.contains):
        with pytest.raises(ValueError, match=r"keys are int64\[n, 2\], not "):
            use(wrong)


def test_no_documents_are_no_error():
    bloom = Bloom(BloomSize(10, 0.1, 2))
    bloom.add(keys(0, 2))

    assert bloom.contains(keys(0, 2)).shape == (0, 2)
    assert bloom.inserted == 0


def test_slices_of_keys_are_read_as_their_copies():
    bloom, wide = Bloom(BloomSize(500, 1e-6, 2)), keys(1_000, 4)
    bloom.add(wide[::2, 1:3])

    assert bloom.contains(wide[::2, 1:3].copy()).all()


def test_layers_of_another_size_are_refused():
    size = BloomSize(100, 1e-3, 2)

    with pytest.raises(ValueError, match="the layers of"):
        Bloom(size, layers=[Layer(BloomSize(101, 1e-3, 2))])
    with pytest.raises(ValueError, match=r"of bits, not uint64\[2, 3\]"):
        Layer(size, np.zeros((2, 3), np.uint64))


@pytest.mark.parametrize("number", [1, 2, ROWS - 1, ROWS, ROWS + 1, PARTS * WAITING // 30])
def test_blocks_of_the_loops_leave_no_key_out(number):
    bloom = filled(BloomSize(10_000, 1e-9, 2), number)

    assert bloom.contains(keys(number, 2)).all()
    assert bloom.documents == pytest.approx(number, rel=0.01)
