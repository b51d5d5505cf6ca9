"""What a user sees while a run runs."""

import io

import pyarrow as pa
import pytest
from rich.console import Console

from crawlsieve.pipelines import progress as module
from crawlsieve.pipelines.progress import Progress
from crawlsieve.stages.counts import PROGRESS, counts
from crawlsieve.stages.read import Input

INPUTS = [Input(path=f"{n}.warc.gz", format="warc", size=1_000_000, version="") for n in range(2)]


@pytest.fixture
def clock(monkeypatch):
    """A clock that tests set."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def told(console):
    return console.file.getvalue()


def shown(*, terminal=False):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
    return Progress(console), console


def some(records, size):
    return counts(0, [(PROGRESS, "records", records), (PROGRESS, "bytes", size)])


def test_without_a_terminal_there_is_a_plain_line_every_ten_seconds(clock):
    progress, console = shown()
    with progress.reading(INPUTS) as watch:
        for second in (1.0, 5.0, 10.0, 12.0, 20.0):
            clock[0] = second
            watch(some(100, 250_000))
        lines = told(console).splitlines()

    assert lines == [
        "reading: 0 of 2 shards, 300 records, 30 records/s, 0.1 MB/s, 17 s left",
        "reading: 0 of 2 shards, 500 records, 25 records/s, 0.1 MB/s, 12 s left",
    ]


def test_the_kept_part_is_told_once_a_shard_is_done(clock):
    progress, console = shown()
    with progress.reading(INPUTS) as watch:
        clock[0] = 2.0
        watch(some(100, 2_000_000))
        watch(counts(0, [("sink", "documents", 40)]))

    assert told(console) == "reading: 1 of 2 shards, 100 records, 50 records/s, 1.0 MB/s, 40% pass the rules\n"


def test_shards_that_were_done_before_count_for_no_rate(clock):
    progress, console = shown()
    with progress.reading([*INPUTS, *INPUTS]) as watch:
        for shard in (1, 2):
            watch(counts(shard, [("sink", "documents", 900)]))
        clock[0] = 10.0
        watch(some(100, 500_000))

    assert told(console).splitlines()[0] == ("reading: 2 of 4 shards, 100 records, 10 records/s, 0.1 MB/s, 30 s left")


def test_the_kept_part_is_of_the_shards_that_have_ended(clock):
    progress, console = shown()
    with progress.reading(INPUTS) as watch:
        clock[0] = 2.0
        watch(some(100, 1_000_000))
        watch(counts(0, [("sink", "documents", 40)]))
        watch(counts(1, [(PROGRESS, "records", 300), (PROGRESS, "bytes", 10)]))

    assert "400 records" in told(console)
    assert "40% pass the rules" in told(console)


def test_a_line_in_a_log_is_not_wrapped():
    console = Console(file=io.StringIO())
    Progress(console).say("word " * 100)

    assert told(console) == "word " * 100 + "\n"


def test_a_terminal_gets_one_live_line():
    progress, console = shown(terminal=True)
    with progress.reading(INPUTS) as watch:
        watch(some(100, 1))
    with progress.publishing(1) as watch:
        watch(pa.RecordBatch.from_pylist([{"table": "documents"}]))

    assert "publishing: 1 of 1 file sets written" in told(console)


def test_the_funnel_names_reasons_most_frequent_first():
    progress, console = shown()
    sink = {"reason/short": 1, "reason/language": 4, "error/unreadable_tail": 1}
    balance = {"records": 10, "documents": 3, "rejected": 4, "duplicates": 2, "failed": 1}
    progress.funnel(
        {
            "name": "test",
            "balance": balance,
            "counts": {"sink": sink, "decide": {"method/url": 2}},
            "deterministic": False,
        }
    )
    words = told(console).split()

    assert words.index("language") < words.index("short") < words.index("url") < words.index("unreadable_tail")
    assert "30.0%" in words
    assert "not deterministic" in told(console)


def test_silence_is_silent(capsys):
    Progress.silent().say("nothing")

    assert capsys.readouterr() == ("", "")
