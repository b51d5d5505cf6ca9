"""How a sample's size is written, and what is told to those who write it otherwise."""

import pytest

from crawlsieve.pipelines.forecast.asked import SampleSize, sample_size
from crawlsieve.stages.errors import CrawlsieveError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1%", SampleSize(part=0.01)),
        ("0.5 %", SampleSize(part=0.005)),
        ("100%", SampleSize(part=1.0)),
        ("0.01", SampleSize(part=0.01)),
        (".25", SampleSize(part=0.25)),
        ("1.0", SampleSize(part=1.0)),
        ("8 shards", SampleSize(shards=8)),
        (" 2 Shards ", SampleSize(shards=2)),
    ],
)
def test_a_part_or_a_number_of_shards(text, size):
    assert sample_size(text) == size


@pytest.mark.parametrize("text", ["0%", "0.0", "100.1%", "1.01", "200%"])
def test_a_part_is_over_nothing_and_at_most_all(text):
    with pytest.raises(CrawlsieveError, match=r"not over 0 and at most 100%.*Write a percentage"):
        sample_size(text)


@pytest.mark.parametrize("text", ["", "0", "-1%", "many", "1e-2", "8 files", "nan", "1,5%", "1%%"])
def test_nonsense_is_told_the_three_forms(text):
    with pytest.raises(CrawlsieveError, match=r"is no size of a sample\. Write a percentage \(1%\), a part"):
        sample_size(text)


@pytest.mark.parametrize(("text", "forms"), [("8", "Write '8%' or '8 shards'"), ("1", "Write '1%' or '2 shards'")])
def test_a_bare_number_is_not_guessed_at(text, forms):
    with pytest.raises(CrawlsieveError, match=forms):
        sample_size(text)


@pytest.mark.parametrize("text", ["1 shard", "0 shards"])
def test_one_shard_tells_nothing_of_how_shards_differ(text):
    with pytest.raises(CrawlsieveError, match="at least 2 shards"):
        sample_size(text)
