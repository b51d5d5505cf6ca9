"""What stands in which shard of the sample crawl."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from typing import Any

from crawlsieve.pipelines.sample import broken, prose, spam
from crawlsieve.pipelines.sample.pydoc_pages import Rendered, render
from crawlsieve.pipelines.sample.texts import articles
from crawlsieve.pipelines.sample.warc import Damaged, Record
from crawlsieve.pipelines.sample.web import page

_TAG = re.compile(r"</?[a-z0-9]+>")

WARCS = 4
"""Ordinary shards; one more holds what is broken."""


@dataclass(frozen=True)
class Row:
    """One line of JSONL or row of Parquet: `fields` or, where it is not JSON, `line`."""

    kind: str
    fields: dict[str, Any]
    line: str = ""


@cache
def warcs() -> dict[str, list[Record | Damaged]]:
    """File name -> its records in order. Renders the documentation, which takes a few seconds."""
    shards: list[list[Record | Damaged]] = [[] for _ in range(WARCS)]
    everything = sorted(_pages(), key=lambda record: record.key)
    for place, record in enumerate(everything):
        shards[place % WARCS] += _as_crawled(record)
    # The same record again, in the next shard: a crawl whose files were uploaded twice.
    for place, record in enumerate(record for record in everything if record.kind == "prose: en"):
        if place < 3:
            shards[(everything.index(record) + 1) % WARCS].append(record)
    shards.append([*broken.hurtful_pages(), *broken.damaged()])
    return {
        (name := f"sample-{number:05d}.warc.gz"): [_info(name), *records]
        for number, records in enumerate(shards)
    }  # fmt: skip


def wet() -> list[Record]:
    """Conversion records: text that somebody else has extracted."""
    info = _info("sample-00005.warc.wet.gz")
    return [info, *[
        Record(kind=f"wet: {one.language}", url=f"https://plain.example.org/{one.language}/{one.topic}",
               warc_type="conversion", content_type="text/plain", block=one.text.encode())
        for one in articles().values()
    ]]  # fmt: skip


def lines() -> list[Row]:
    """JSONL: topics of the reference, with an id and a rank of their own, and lines that are wrong."""
    rows = [Row("jsonl", {"id": f"topic/{one.name}", "text": _plain(one), "url": _address(one), "rank": rank,
                          "date": _day(rank).isoformat()})
            for rank, one in enumerate(_topics(1))]  # fmt: skip
    bad = [
        Row("broken: no JSON", {}, '{"id": "cut off", "text": "The rest of this line is mis'),
        Row("broken: no text", {"id": "no text", "url": "https://plain.example.org/no-text"}),
        Row("broken: text is a number", {"id": "number", "text": 42}),
        Row("broken: not an object", {}, '["a list", "and no object"]'),
        Row("broken: lone surrogate", {}, '{"id": "surrogate", "text": "Half of a pair: \\ud83d and no other half."}'),
        Row("empty text", {"id": "empty", "text": ""}),
    ]
    return [*rows[:5], *bad, *rows[5:]]


def rows() -> list[Row]:
    """Parquet: more topics, and some rows without a text."""
    found = [Row("parquet", {"id": f"topic/{one.name}", "text": _plain(one), "url": _address(one), "date": _day(rank),
                             "stars": rank % 5 + 1})
             for rank, one in enumerate(_topics(2))]  # fmt: skip
    empty = {"id": "no text", "text": None, "url": None, "date": None, "stars": 1}
    return [*found[:4], Row("parquet: no text", empty), *found[4:]]


def _pages() -> list[Record]:
    documentation = [
        page(f"documentation: {one.kind}", _address(one), f"{one.name} - Python documentation", one.body)
        for one in [*(one for one in _rendered() if one.kind != "topic"), *_topics(0)]
    ]
    return [*documentation, *prose.originals(), *prose.copies(), *prose.near_copies(), *prose.encoded(),
            *prose.transported(), *prose.private(), *spam.pages(), *broken.other_records()]  # fmt: skip


@cache
def _rendered() -> tuple[Rendered, ...]:
    return tuple(render())


def _topics(part: int) -> list[Rendered]:
    """A third of the topics: 0 becomes pages, 1 JSONL, 2 Parquet."""
    topics = [one for one in _rendered() if one.kind == "topic"]
    return topics[part::3]


def _plain(one: Rendered) -> str:
    """The text of a topic, with its tags off: they are ours, and plain."""
    return unescape(_TAG.sub("", one.body))


def _address(one: Rendered) -> str:
    folder = {"module": "library", "digest": "notes", "topic": "reference"}[one.kind]
    return f"https://docs.example.org/3/{folder}/{one.name}.html"


def _day(rank: int) -> datetime:
    return datetime(2025, 6, 14, tzinfo=UTC) + timedelta(hours=rank)


def _as_crawled(record: Record) -> list[Record | Damaged]:
    """Request, response and metadata, as a crawler writes them."""
    if record.warc_type != "response":
        return [record]
    path = (record.url or "").split("/", 3)[-1]
    request = Record(kind="request", url=record.url, warc_type="request",
                     content_type="application/http; msgtype=request",
                     block=f"GET /{path} HTTP/1.1\r\nUser-Agent: sample\r\nAccept: text/html\r\n\r\n".encode(),
                     fields=(("WARC-Concurrent-To", record.id),))  # fmt: skip
    milliseconds = hashlib.sha256(record.key).digest()[0] + 40
    metadata = Record(kind="metadata", url=record.url, warc_type="metadata", content_type="application/warc-fields",
                      block=f"fetchTimeMs: {milliseconds}\r\n".encode(),
                      fields=(("WARC-Concurrent-To", record.id),))  # fmt: skip
    return [request, record, metadata]


def _info(name: str) -> Record:
    block = b"software: crawlsieve sample\r\nformat: WARC File Format 1.0\r\ndescription: pages made up for a demo\r\n"
    return Record(kind="warcinfo", warc_type="warcinfo", content_type="application/warc-fields", block=block,
                  fields=(("WARC-Filename", name),))  # fmt: skip


def as_jsonl(row: Row) -> str:
    """The row as a line, with no line break."""
    return row.line or json.dumps(row.fields, ensure_ascii=False)
