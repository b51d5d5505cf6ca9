"""Two finished runs whose every difference is known by heart."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.schemas import tables

GIVEN = {"source_path": "crawl/0.warc", "source_offset": 0, "date": datetime(2025, 6, 1, tzinfo=UTC)}
SIGNALS = pa.schema(
    [
        *tables.SIGNALS_HEAD,
        pa.field("word_count", pa.int64()),
        pa.field("ratio", pa.float64()),
        pa.field("language", pa.string()),
    ]
)
SCHEMAS = {
    "documents": tables.DOCUMENTS,
    "rejected": tables.REJECTED,
    "duplicates": tables.DUPLICATES,
    "failed": tables.FAILED,
    "signals": SIGNALS,
}


def name_of(number):
    """The id of document `number`."""
    return f"{number:032x}"


def document(number, text="text", **more):
    """A row of documents/."""
    url = f"https://www.site{number % 2}.example/{number}"
    return {"id": name_of(number), "url": url, "text": text, "duplicates": 0, "language": "en", **more}


def rejected(number, *reasons, **more):
    return {"id": name_of(number), "url": f"http://site{number % 2}.example/{number}", "reasons": [*reasons], **more}


def copy_of(number, kept, method="text", **more):
    kept_id = None if kept is None else name_of(kept)
    return {"id": name_of(number), "method": method, "kept_id": kept_id, "twin_id": kept_id, **more}


def failed(number, error="parse: at 3"):
    return {"id": name_of(number), "error": error}


def measured(number, outcome, words, **more):
    return {"id": name_of(number), "outcome": outcome, "word_count": words, "ratio": 0.5, **more}


def recipe_of(rules, keep_rejected):
    steps = [
        {"extract": {"engine": "resiliparse"}},
        {"language": {"keep": ["en", "de", "fr"]}},
        {"judge": {"rules": rules}},
        {"exact_duplicates": {"by": ["text"]}},
    ]
    return {"name": "r", "output": "somewhere", "keep_rejected": keep_rejected, "seed": 0, "steps": steps}


@pytest.fixture
def write_run(tmp_path):
    """A function that writes a run: its tables, and a manifest that fits them."""

    def write(name, *, rules=(), judged=(), inputs=(("a.warc", "1"),), keep_rejected="signals", **rows):
        run = tmp_path / name
        files = []
        for table, schema in SCHEMAS.items():
            given = [{field.name: (GIVEN | row).get(field.name) for field in schema} for row in rows.get(table, [])]
            (run / table).mkdir(parents=True)
            path = f"{table}/{table}-0.parquet"
            pq.write_table(pa.Table.from_pylist(given, schema=schema), run / path)
            text_bytes = sum(len(row.get("text", "").encode()) for row in rows.get(table, []) if table == "documents")
            files.append({"table": table, "path": path, "rows": len(given), "bytes": 1, "text_bytes": text_bytes})
        balance = {table: len(rows.get(table, [])) for table in ("documents", "rejected", "duplicates", "failed")}
        records = sum(balance.values())
        manifest = {
            "name": name, "key": name, "crawlsieve": "1", "files": files, "rules": [*judged],
            "recipe": recipe_of([*rules], keep_rejected), "packages": {}, "files_read": {},
            "inputs": [{"path": path, "sha256": sha} for path, sha in inputs],
            "balance": {"records": records, **balance},
            "counts": {"extract": {"rows_in": records, "settled": 1}, "judge": {"rows_in": records - 1}},
        }  # fmt: skip
        (run / "manifest.json").write_text(json.dumps(manifest))
        return str(run)

    return write


SHORT = {"step": "judge", "name": "short", "column": "word_count", "at_least": 50, "at_most": None}
SHORTER = {"step": "judge", "name": "too_short", "column": "word_count", "at_least": 80, "at_most": None}
GERMAN = {"exceptions": [{"language": "de", "at_least": 70, "at_most": None}]}


@pytest.fixture
def two(write_run):
    """A and B: two are kept by both, six by A only, three by B only, two by neither."""
    a = write_run(
        "a", rules=["short"], judged=[SHORT],
        documents=[
            document(1, "same"), document(2, "alpha\nbeta"), document(3, "three"), document(4, "four é"),
            document(5, "twin"), document(7, "seven"), document(8, "eight"), document(9, "nine", language="fr"),
        ],
        rejected=[rejected(10, "long"), rejected(12, "short"), rejected(12, "short"), rejected(13, "short")],
        duplicates=[copy_of(1, 1, "same_record"), copy_of(6, 5), copy_of(11, None, "history")],
        signals=[measured(number, "documents", 100 + number) for number in (1, 2, 3, 4, 5, 7, 8, 9)],
    )  # fmt: skip
    b = write_run(
        "b", rules=["too_short", "stop"], judged=[SHORTER | GERMAN], inputs=(("a.warc", "1"), ("b.warc", "2")),
        documents=[
            document(1, "same"), document(2, "alpha\ngamma"), document(6, "twin"), document(10, "tenth"),
            document(11, "eleven"),
        ],
        rejected=[rejected(3, "too_short", "stop"), rejected(4, "too_short"), rejected(12, "too_short", "stop")],
        duplicates=[copy_of(5, 6), copy_of(7, 1, "url")],
        failed=[failed(8)],
        signals=[
            measured(1, "documents", 101), measured(2, "documents", 102), measured(6, "documents", 10),
            measured(10, "documents", 10), measured(11, "documents", 10),
            measured(3, "rejected", 60, language="de"), measured(4, "rejected", 79),
        ],
    )  # fmt: skip
    return a, b
