"""Reading from a real S3 API on loopback, and from any store that fsspec knows."""

import os

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.stages.errors import SourceError
from crawlsieve.stages.read import Source, open_input, places, survey
from tests.warcs import gzipped, pages, read_inputs, record, response

CRAWL = gzipped(*(record(number, response(b"<p>" + os.urandom(50_000).hex().encode())) for number in range(20)))

pytest.importorskip("s3fs")


@pytest.fixture
def bucket(s3, monkeypatch):
    """Puts an object; the credentials and the endpoint are in the environment, as users have them."""
    address, client = s3
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)

    def put(key, content):
        client.put_object(Bucket="crawl", Key=key, Body=content)
        return f"s3://crawl/{key}"

    return put


def test_an_object_is_read_as_the_file_it_is(bucket, tmp_path):
    path = bucket("one/a.warc.gz", CRAWL)
    local = tmp_path / "a.warc.gz"
    local.write_bytes(CRAWL)

    rows, [tally] = read_inputs(path)
    same, [other] = read_inputs(local)

    assert [row | {"source_path": None} for row in rows] == [row | {"source_path": None} for row in same]
    assert tally == other
    assert len(rows) == 20


def test_the_endpoint_may_stand_in_the_recipe(bucket, s3, monkeypatch):
    path = bucket("two/a.warc.gz", CRAWL)
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    rows, _ = read_inputs(path, storage={"endpoint_url": s3[0]})

    assert len(pages(rows)) == 20


def test_a_glob_in_a_bucket_lists_objects_with_their_etags(bucket):
    bucket("three/b.warc.gz", CRAWL)
    bucket("three/a.warc.gz", gzipped(record(1)))
    bucket("three/a.txt", b"no")

    inputs = survey(Source(paths=("s3://crawl/three/*.warc.gz",)))

    assert [item.path for item in inputs] == ["s3://crawl/three/a.warc.gz", "s3://crawl/three/b.warc.gz"]
    assert inputs[1].size == len(CRAWL)
    assert inputs == sorted(survey(Source(paths=tuple(item.path for item in inputs))), key=lambda item: item.path)


@pytest.mark.parametrize("path", ["s3://crawl/four/*.warc.gz", "s3://crawl/four/a.warc.gz", "s3://nobucket/a.warc.gz"])
def test_what_is_not_there_is_an_error_at_once(bucket, path):
    bucket("fou/a.warc.gz", CRAWL)

    with pytest.raises(SourceError, match=r"a\.warc\.gz: not found|matches no file"):
        survey(Source(paths=(path,)))


def test_a_folder_of_objects_is_a_directory(bucket):
    bucket("five/a.warc.gz", CRAWL)

    with pytest.raises(
        SourceError, match=r"s3://crawl/five is a directory; did you mean s3://crawl/five/\*\.warc\.gz\?"
    ):
        survey(Source(paths=("s3://crawl/five",)))


@pytest.mark.parametrize("path", ["s3://crawl/six/a.warc.gz", "s3://crawl/six/*.warc.gz"])
def test_an_object_that_changed_since_the_survey_is_an_error(bucket, path):
    bucket("six/a.warc.gz", CRAWL)
    source = Source(paths=(path,))
    [item] = survey(source)
    bucket("six/a.warc.gz", gzipped(record(1)))

    with pytest.raises(SourceError, match=r"changed while the run was reading it"):
        list(open_input(item, 0, source))


def test_parquet_is_read_by_ranges(bucket, tmp_path):
    pq.write_table(pa.table({"text": ["one", "two"]}), tmp_path / "a.parquet")

    rows, _ = read_inputs(bucket("seven/a.parquet", (tmp_path / "a.parquet").read_bytes()))

    assert [row["text"] for row in rows] == ["one", "two"]


def test_lists_of_paths_may_lead_into_a_bucket(bucket):
    bucket("eight/a.warc.gz", CRAWL)
    lists = bucket("eight/wet.paths.gz", gzipped(b"eight/a.warc.gz\n"))

    assert [item.path for item in survey(Source(paths=(lists,), base="s3://crawl"))] == ["s3://crawl/eight/a.warc.gz"]


def test_credentials_do_not_belong_into_a_recipe():
    with pytest.raises(ValueError, match=r"storage: key, secret would be copied into the manifest"):
        Source(paths=("s3://crawl/a.warc.gz",), storage={"key": "x", "secret": "x"})


def test_any_store_that_fsspec_knows_will_do():
    with fsspec.open("memory://nine/a.warc.gz", "wb") as file:
        file.write(CRAWL)

    rows, _ = read_inputs("memory://nine/*.warc.gz")

    assert len(pages(rows)) == 20


def test_an_unknown_protocol_is_an_error():
    with pytest.raises(SourceError, match=r"no protocol s4://\. Known: local paths, https://, s3://, gs://"):
        survey(Source(paths=("s4://crawl/a.warc.gz",)))


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    def missing(*_, **__):
        raise ImportError("Install gcsfs")

    monkeypatch.setattr(places.fsspec, "filesystem", missing)

    with pytest.raises(SourceError, match=r"pip install 'crawlsieve\[gcs\]'"):
        survey(Source(paths=("gs://crawl/a.warc.gz",)))
