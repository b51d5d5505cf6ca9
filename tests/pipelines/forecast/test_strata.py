"""Which inputs, and which of their records, are in a sample."""

import numpy as np
import pytest

from crawlsieve.pipelines.forecast.asked import SampleSize
from crawlsieve.pipelines.forecast.strata import groups_of, strata
from crawlsieve.stages.read import Input


def inputs(count, kind="warc", size=100):
    return [Input(path=f"{kind}/{number:05d}", format=kind, size=size, version="") for number in range(count)]


def one(found, **asked):
    (stratum,) = strata(found, SampleSize(**asked), 7)
    return stratum


def test_of_many_inputs_whole_ones_are_read():
    stratum = one(inputs(1000), part=0.05)

    assert (len(stratum.chosen), stratum.rate) == (50, 1.0)
    assert not stratum.whole


@pytest.mark.parametrize(("there", "read"), [(1601, 17), (90_001, 901)])
def test_of_many_inputs_no_record_is_left_out_for_a_rest_that_is_no_whole_one(there, read):
    stratum = one(inputs(there), part=0.01)

    assert (len(stratum.chosen), stratum.rate) == (read, 1.0)


def test_of_few_inputs_a_part_of_the_records_of_each():
    stratum = one(inputs(8), part=0.01)

    assert (stratum.chosen, stratum.rate) == (tuple(range(8)), 0.01)


def test_between_the_two_inputs_are_left_out_and_records_too():
    stratum = one(inputs(100), part=0.01)

    assert len(stratum.chosen) == 16
    assert stratum.rate * len(stratum.chosen) / stratum.inputs == pytest.approx(0.01)


def test_shards_are_read_as_a_whole():
    stratum = one(inputs(100), shards=8)

    assert (len(stratum.chosen), stratum.rate) == (8, 1.0)


@pytest.mark.parametrize("asked", [{"part": 1.0}, {"shards": 5}, {"shards": 900}])
def test_all_of_it_is_all_of_it(asked):
    assert one(inputs(5), **asked).whole


def test_the_choice_is_a_matter_of_path_and_seed_alone():
    found = inputs(200)
    first = strata(found, SampleSize(shards=20), 1)[0].chosen

    assert first == strata(found, SampleSize(shards=20), 1)[0].chosen
    assert first != strata(found, SampleSize(shards=20), 2)[0].chosen
    fewer = strata(found, SampleSize(shards=10), 1)[0].chosen
    assert set(fewer) < set(first)


def test_every_format_is_in_the_sample_and_stands_for_itself():
    found = strata(inputs(100) + inputs(3, "jsonl", 10) + inputs(1, "wet"), SampleSize(shards=10), 7)

    assert {part.format: (part.inputs, len(part.chosen)) for part in found} == {
        "warc": (100, 10),
        "jsonl": (3, 2),
        "wet": (1, 1),
    }
    assert found[0].size == 30


def test_inputs_of_no_bytes_are_in_no_sample():
    found = inputs(3) + inputs(2, "jsonl", 0)

    assert [part.format for part in strata(found, SampleSize(part=0.5), 7)] == ["warc"]
    assert strata(inputs(2, size=0), SampleSize(part=0.5), 7) == []


def test_an_unknown_size_counts_as_the_mean():
    stratum = one([*inputs(2, size=300), *inputs(1, size=None)], part=1.0)

    assert (stratum.size, stratum.sizes) == (900, (300, 300, 300))


def test_a_smaller_rate_draws_a_part_of_the_same_records():
    places = np.random.default_rng(1).integers(0, 2**64, 10_000, np.uint64)
    tenth, half = groups_of(places, 0.1, 32), groups_of(places, 0.5, 32)

    assert (tenth >= 0).mean() == pytest.approx(0.1, abs=0.01)
    assert np.all(half[tenth >= 0] >= 0)
    assert set(tenth) == set(range(-1, 32))
    assert np.bincount(tenth[tenth >= 0]).min() > 10
    assert set(groups_of(places, 1.0, 32)) == {0}
