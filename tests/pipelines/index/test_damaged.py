"""Indexes that are damaged, cut off, swapped, or of another version."""

import json
from pathlib import Path

import pytest

from crawlsieve.pipelines.index.write import publish
from crawlsieve.stages.bloom_file import BloomFileError
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.history.head import HistoryError
from crawlsieve.stages.history.index import open_index


def edited(address, change):
    """Change the JSON of HEAD."""
    file = Path(address) / "HEAD"
    found = json.loads(file.read_text())
    change(found)
    file.write_text(json.dumps(found))
    return found


def test_a_newer_format_is_told(index):
    edited(index, lambda head: head.update(format=2))

    with pytest.raises(HistoryError, match=r"HEAD has version 2 of the format, this crawlsieve reads 1. Update crawl"):
        open_index(index)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_damaged_head_is_told(index, content):
    (Path(index) / "HEAD").write_bytes(content)

    with pytest.raises(HistoryError, match="HEAD is damaged"):
        open_index(index)


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content + b" ", lambda _: None])
def test_a_damaged_generation_is_told(index, change):
    file = Path(index) / edited(index, lambda _: None)["path"]
    content = change(file.read_bytes())
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)

    with pytest.raises(HistoryError, match=r"generation\.json (is damaged|is not there)"):
        open_index(index)


def flipped(content):
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content + b" ", flipped])
def test_a_damaged_filter_is_told_and_nothing_is_published_on_it(index, runs, change):
    publish(index, runs["jan"])
    current, _ = open_index(index)
    file = Path(index) / current.filters[0].path
    file.write_bytes(change(file.read_bytes()))

    with pytest.raises(BloomFileError, match=r"cut off|goes on|damaged"):
        publish(index, runs["feb"])
    assert open_index(index)[0] == current


def test_a_filter_in_the_place_of_another_is_told(index, runs):
    publish(index, runs["jan"])
    publish(index, runs["feb"])
    old, new = (open_index(index, name)[0].filters for name in ("gen-1", "gen-2"))
    for source, found in ((old[0], "is not the file that gen-2 lists"), (new[1], "filter is 1 in the file, 0 here")):
        (Path(index) / new[0].path).write_bytes((Path(index) / source.path).read_bytes())
        with pytest.raises(CrawlsieveError, match=found):
            open_index(index)[0].load(0)


def test_keys_of_another_version_are_told(index, monkeypatch):
    monkeypatch.setattr("crawlsieve.stages.near.keys.SHINGLE_VERSION", 2)

    with pytest.raises(HistoryError, match="shingle_version is 1 in the index, 2 in this crawlsieve"):
        open_index(index)
