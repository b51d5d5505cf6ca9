"""A run in an object store is asked like one on a disk, and its files are listed once."""

import io
import re
from collections import Counter

import fsspec
import pyarrow as pa
import pytest

from crawlsieve.pipelines.ask.catalog import catalog_text, write_catalog
from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.explain import explain
from crawlsieve.pipelines.ask.session import session
from crawlsieve.pipelines.ask.shell import shell
from crawlsieve.pipelines.ask.sql import query
from crawlsieve.pipelines.cli import main
from crawlsieve.stages.errors import CrawlsieveError


@pytest.fixture
def stored(s3, small_run, tmp_path, monkeypatch):
    """The address of the small run in a bucket; the credentials and the endpoint are in the environment."""
    s3fs = pytest.importorskip("s3fs")
    address, client = s3
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    place = f"ask/{tmp_path.name} [1]"
    for file in small_run.rglob("*"):
        if file.is_file():
            client.upload_file(str(file), "crawl", f"{place}/{file.relative_to(small_run)}")
    yield f"s3://crawl/{place}"
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def requests(monkeypatch):
    """How often the store was asked for each thing."""
    import s3fs

    counted = Counter()
    call = s3fs.S3FileSystem._call_s3

    async def counting(self, method, *args, **options):
        counted[method] += 1
        return await call(self, method, *args, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counting)
    return counted


def test_every_question_has_the_same_answer_there(stored, small_run):
    sql = "SELECT id, reasons FROM rejected ORDER BY id"

    assert query(stored, sql).equals(query(str(small_run), sql))
    assert digest(stored) == digest(str(small_run))
    assert explain(stored, "http://example.org/short").sightings == explain(str(small_run), "b8-3").sightings


def test_a_store_without_credentials_is_a_message(small_run, monkeypatch, capsys):
    s3fs = pytest.importorskip("s3fs")
    s3fs.S3FileSystem.clear_instance_cache()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("sys.argv", ["crawlsieve", "sql", str(small_run), "SELECT 1", "--output", "s3://nobody/a.csv"])

    with pytest.raises(SystemExit, match="1"):
        main()

    said = capsys.readouterr().err
    assert said == "NoCredentialsError: an object store cannot be used: Unable to locate credentials\n"


def test_the_shell_answers_there(stored, monkeypatch, capsys):
    given = ".tables\n.schema failed\n.mode csv\nSELECT count(*) AS n FROM judged();\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(given))

    shell(stored)

    shown = capsys.readouterr().out
    assert "kind of failure" in shown
    assert shown.endswith("n\n3\n")


def test_files_are_listed_once_and_not_for_each_query(stored, requests):
    with session(stored) as asked:
        opened = Counter(requests)
        for _ in range(5):
            with asked.ask_last("SELECT count(*) FROM documents JOIN signals USING (id)") as found:
                assert pa.Table.from_batches(found.batches)[0].to_pylist() == [2]

    since = requests - opened
    assert {name for name in since if name != "get_object"} == set()
    assert opened["list_objects_v2"] >= 1


def test_the_catalog_is_written_there_and_names_the_extension(stored):
    write_catalog(stored)

    with fsspec.open(f"{stored}/catalog.sql", "rt") as file:
        text = file.read()
    assert text == catalog_text(stored)
    assert "INSTALL httpfs; LOAD httpfs;" in text
    assert f"'{stored}'" in text


def test_no_object_changes(stored, s3):
    _, client = s3
    prefix = stored.removeprefix("s3://crawl/")

    def objects():
        listed = client.list_objects_v2(Bucket="crawl", Prefix=prefix)["Contents"]
        return [(entry["Key"], entry["ETag"], entry["LastModified"]) for entry in listed]

    before = objects()
    for sql in (
        f"COPY (SELECT 1) TO '{stored}/documents/part-00000.parquet'",
        "WITH w AS (COPY (SELECT 1 AS a) TO 'run://documents/part-00000.parquet' (USE_TMP_FILE false)) FROM w",
    ):
        with pytest.raises(CrawlsieveError, match="COPY is refused"):
            query(stored, sql)

    assert objects() == before


def test_a_store_that_is_gone_is_a_message(stored, monkeypatch):
    import s3fs

    async def gone(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", gone)

    with pytest.raises(CrawlsieveError, match=re.escape(stored)):
        query(stored, "FROM documents")
