"""catalog.sql: what any client of DuckDB sees of a run."""

import json
import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines.ask.catalog import _head, catalog_text, write_catalog
from crawlsieve.pipelines.ask.columns import columns_of
from crawlsieve.pipelines.ask.views import VIEWS
from crawlsieve.stages.errors import CrawlsieveError
from tests.pipelines.runs import ran, recipe, write_shards

CLIENT = """
import json, sys, duckdb
given = json.loads(sys.stdin.read())
connection = duckdb.connect(given.get("database", ":memory:"))
for statement in given["statements"]:
    found = connection.execute(statement).fetchall()
print(json.dumps(found, default=str))
"""


def asked(folder, *statements, **given):
    """What a plain client answers to the last statement, in a process of its own that stands in `folder`."""
    told = json.dumps({"statements": statements, **given})
    done = subprocess.run(
        [sys.executable, "-c", CLIENT], input=told, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return [tuple(row) for row in json.loads(done.stdout)]


def counts(tables):
    """A statement that counts the rows of each table."""
    return " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)  # noqa: S608 - own names


COUNTED = {"documents": 2, "rejected": 3, "duplicates": 3, "failed": 0, "signals": 3, "keys": 0, "mixture": 0}


def test_a_fresh_client_sees_every_table_wherever_it_stands(small_run, tmp_path):
    write_catalog(str(small_run))

    found = asked(tmp_path, (small_run / "catalog.sql").read_text(), counts(VIEWS))

    assert dict(found) == COUNTED


@pytest.mark.parametrize("name", ["it's", "a[b]c", "star*", "what?", 'a "run"', "per%cent"])
@pytest.mark.parametrize("moved", [False, True])
def test_a_run_may_have_any_name_and_may_move(small_run, tmp_path, name, moved):
    if moved:
        text = catalog_text(str(small_run))
        small_run.rename(tmp_path / name)
        root = str(tmp_path / name).replace("'", "''")
        found = asked(tmp_path, f"SET VARIABLE root = '{root}'", text, counts(VIEWS))
    else:
        small_run.rename(tmp_path / name)
        found = asked("/", catalog_text(str(tmp_path / name)), counts(VIEWS))

    assert dict(found) == COUNTED


def test_views_follow_the_variable_after_they_were_made(small_run, tmp_path):
    other = shutil.copytree(small_run, tmp_path / "other")
    shutil.copy(next((other / "documents").iterdir()), other / "documents" / "part-00001.parquet")
    text = catalog_text(str(small_run))

    there = asked(tmp_path, text, f"SET VARIABLE root = '{other}/'", "SELECT count(*) FROM documents")
    back = asked(
        tmp_path, text, f"SET VARIABLE root = '{other}'", "RESET VARIABLE root", "SELECT count(*) FROM documents"
    )

    assert (there, back) == ([(4,)], [(2,)])


def test_views_live_on_in_a_database_file(small_run, tmp_path):
    asked(tmp_path, catalog_text(str(small_run)), "SELECT 1", database="kept.db")

    assert asked(tmp_path, "SELECT count(*) FROM rejected", database="kept.db") == [(3,)]


def test_reading_it_twice_is_no_error(small_run, tmp_path):
    text = catalog_text(str(small_run))

    assert asked(tmp_path, text, text, "SELECT count(*) FROM signals") == [(3,)]


def test_every_column_says_what_it_holds(small_run, tmp_path):
    sql = "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE table_name IN ('documents', 'failed')"

    found = asked(tmp_path, catalog_text(str(small_run)), sql)

    told = {(table, column): said for table, column, said in found}
    assert told == {
        (table, column.name): column.said for table in ("documents", "failed") for column in columns_of(VIEWS[table])
    }
    assert told["documents", "text"] == "main text after all editing steps [UTF-8 bytes]"


def test_a_table_without_files_has_its_columns_and_types(small_run, tmp_path):
    for table in ("documents", "rejected", "duplicates"):
        shutil.rmtree(small_run / table)
    sql = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'memory' ORDER BY ALL"
    whole = shutil.copytree(small_run, tmp_path / "whole")
    for table, schema in VIEWS.items():
        (whole / table).mkdir(exist_ok=True)
        if table != "signals":
            pq.write_table(schema.empty_table(), whole / table / "part.parquet")

    empty = asked(tmp_path, catalog_text(str(small_run)), sql)

    assert empty == asked(tmp_path, catalog_text(str(whole)), sql)
    assert {table for table, *_ in empty} == {*VIEWS}


def test_the_rules_are_macros_there_too(small_run, tmp_path):
    sql = "SELECT source_id, passes, gopher_short_doc(word_count, at_least := 60) FROM judged() ORDER BY source_id"

    found = asked(tmp_path, catalog_text(str(small_run)), sql)

    assert found == [("b8-1", True, False), ("b8-2", True, True), ("b8-3", False, True)]


def test_a_name_of_several_lines_stays_a_comment(small_run, tmp_path):
    manifest = json.loads((small_run / "manifest.json").read_text()) | {"name": "x\nSELECT error('no');"}
    (small_run / "manifest.json").write_text(json.dumps(manifest))

    assert asked(tmp_path, catalog_text(str(small_run)), "SELECT 7") == [(7,)]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://bucket/run", "INSTALL httpfs; LOAD httpfs;"),
        ("gs://bucket/run", "TYPE gcs"),
        ("memory://catalog", "fsspec.filesystem('memory')"),
    ],
)
def test_it_says_what_a_plain_client_needs_for_a_store(address, said):
    assert said in _head("x", address.partition(":")[0])
    assert "INSTALL" not in _head("x", "file")


def test_a_run_has_its_catalog_from_the_start(tmp_path):
    write_shards(tmp_path, [{"id": "a", "url": "http://example.org/", "text": "one two three"}])
    ran(recipe(tmp_path))
    run = tmp_path / "run"

    assert (run / "catalog.sql").read_text() == catalog_text(str(run))
    assert asked("/", (run / "catalog.sql").read_text(), "SELECT count(*) FROM documents") == [(1,)]


def test_what_is_no_run_has_no_catalog(tmp_path):
    with pytest.raises(CrawlsieveError, match="no such directory"):
        write_catalog(str(tmp_path / "nothing"))

    assert not (tmp_path / "nothing").exists()
