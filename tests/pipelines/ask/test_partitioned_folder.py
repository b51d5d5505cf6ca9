"""A run may lie under a folder such as `month=05`: its columns are those of its files all the same."""

import shutil
from pathlib import Path

import duckdb
import pytest

from crawlsieve.pipelines.ask.catalog import write_catalog
from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.report.tables import tables_of
from tests.pipelines.runs import ran, recipe, write_shards


@pytest.fixture
def moved(tmp_path):
    """A run, and the same under such a folder."""
    write_shards(tmp_path, [{"id": "a", "url": "http://a.example/", "text": "some words"}])
    ran(recipe(tmp_path))
    shutil.copytree(tmp_path / "run", tmp_path / "month=05" / "run")
    return str(tmp_path / "run"), str(tmp_path / "month=05" / "run")


def test_its_digest_is_that_of_its_rows(moved):
    run, copy = moved

    assert digest(copy) == digest(run)


def test_its_catalog_and_its_report_have_no_column_of_the_folder(moved):
    run, copy = moved
    write_catalog(copy, manifest(copy))
    wanted = duckdb.sql(f"FROM read_parquet('{run}/documents/*.parquet')").columns

    with duckdb.connect() as engine:
        engine.execute(Path(copy, "catalog.sql").read_text())
        assert engine.sql("FROM documents").columns == wanted
    with tables_of(copy, manifest(copy)) as tables:
        assert tables.connection.sql(f"FROM {tables.part('documents').sql}").columns == wanted
