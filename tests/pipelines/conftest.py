"""A finished run, small enough to know by heart."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines.sample import write_sample
from crawlsieve.schemas import tables

GIVEN = {
    "source_path": "crawl/00000.warc.gz",
    "source_offset": 0,
    "date": datetime(2025, 6, 1, 12, 30, tzinfo=UTC),
}
SIGNALS = pa.schema(
    [
        *tables.SIGNALS_HEAD,
        pa.field("word_count", pa.int64()),
        pa.field("mean_word_length", pa.float64()),
        pa.field("language", pa.string()),
    ]
)
RULES = [
    {"step": "judge", "name": "gopher_short_doc", "column": "word_count", "at_least": 50, "at_most": None},
    {"step": "judge", "name": "gopher_word_length", "column": "mean_word_length", "at_least": 3.0, "at_most": 10.0},
]


def name_of(number):
    """The id of document `number`."""
    return f"{number:032x}"


def write(folder, schema, rows):
    """One Parquet file in `folder`: each row is filled up with GIVEN and nulls."""
    folder.mkdir(parents=True)
    full = [{field.name: (GIVEN | row).get(field.name) for field in schema} for row in rows]
    pq.write_table(pa.Table.from_pylist(full, schema=schema), folder / "part-00000.parquet")


@pytest.fixture(scope="session")
def sample_crawl(tmp_path_factory):
    """The folder of the sample crawl, which takes seconds to make: nobody writes there."""
    folder = tmp_path_factory.mktemp("sample") / "crawl"
    write_sample(folder)
    return folder


@pytest.fixture
def small_run(tmp_path):
    """Documents 1 and 2, rejected 3, 4 and 7, duplicates 5 and 6 of 1 and a second record 2, no failed."""
    run = tmp_path / "a run"
    known = {
        1: {"source_id": "b8-1", "url": "https://Example.com/News/?b=2&a=1", "source_offset": 100},
        2: {"source_id": "b8-2", "url": "http://example.org/", "source_offset": 200},
        3: {"source_id": "b8-3", "url": "http://example.org/short", "source_offset": 300},
        4: {"source_id": "b8-4", "url": "http://casino.example/", "source_offset": 400},
        5: {"source_id": "b8-5", "url": "http://example.com/copy", "source_offset": 500},
        6: {"source_id": None, "url": None, "source_offset": 600},
        7: {"source_id": "b8-7", "url": "http://Bücher.example/", "source_offset": 700},
    }
    known = {number: {"id": name_of(number), **row} for number, row in known.items()}
    write(
        run / "documents",
        tables.DOCUMENTS,
        [
            {**known[1], "text": "long \x1b[31mtext\nof two lines", "language": "en", "duplicates": 2},
            {**known[2], "text": "text", "language": None, "duplicates": 0},
        ],
    )
    write(
        run / "rejected",
        tables.REJECTED,
        [
            {**known[3], "reasons": ["gopher_short_doc", "gopher_word_length"]},
            {**known[4], "reasons": ["url_domain"]},
            {**known[7], "reasons": ["url_domain"]},
        ],
    )
    write(
        run / "duplicates",
        tables.DUPLICATES,
        [
            {**known[5], "method": "text", "twin_id": name_of(1), "kept_id": name_of(1)},
            {**known[6], "method": "url", "twin_id": name_of(5), "kept_id": name_of(1)},
            {**known[2], "source_offset": 900, "method": "same_record", "twin_id": name_of(2), "kept_id": name_of(2)},
        ],
    )
    write(
        run / "signals",
        SIGNALS,
        [
            {**known[1], "outcome": "documents", "word_count": 60, "mean_word_length": 4.5, "language": "en"},
            {**known[2], "outcome": "documents", "word_count": 50, "mean_word_length": 10.0},
            {**known[3], "outcome": "rejected", "word_count": 49, "mean_word_length": None},
        ],
    )
    manifest = {
        "name": "small",
        "crawlsieve": "1",
        "key": "0",
        "rules": RULES,
        "recipe": {"name": "small", "keep_rejected": "signals"},
        "balance": {},
    }
    (run / "manifest.json").write_text(json.dumps(manifest))
    return run
