"""Finished runs over documents in families, and indexes to publish them into."""

import shutil

import pytest

from crawlsieve.pipelines.index.make import keys_of, made_for, size_of
from crawlsieve.pipelines.index.write import create
from tests.pipelines.runs import ran, recipe, write_shards
from tests.pipelines.test_near import corpus

STEPS = ["exact_duplicates", {"near_duplicates": {"bands": 6, "rows": 4}}]
OPTIONS = {"bands": 6, "rows": 4}


def half(number):
    """Half of a corpus; families have members in both."""
    return corpus(count=30)[number::2]


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Two finished runs, by name."""
    found = {}
    for number, name in enumerate(("jan", "feb")):
        folder = tmp_path_factory.mktemp(name)
        write_shards(folder, half(number))
        ran(recipe(folder, name=name, steps=STEPS))
        found[name] = folder / "run"
    return found


@pytest.fixture
def runs(finished, tmp_path):
    """Copies of the two runs, to do anything with."""
    return {name: str(shutil.copytree(run, tmp_path / name)) for name, run in finished.items()}


@pytest.fixture
def index(tmp_path):
    """An empty index."""
    return made(str(tmp_path / "index"))


def made(address, documents=1000, slices=2, when_full="refuse", *, ids=False, **options):
    """Make an empty index; its address."""
    keys = keys_of(None, OPTIONS | options)
    create(address, made_for(keys, size_of(keys, documents, 1e-5, slices), when_full, ids=ids))
    return address


@pytest.fixture
def bucket(s3, monkeypatch):
    """The client of an S3 API; the credentials and the endpoint are in the environment, as users have them."""
    pytest.importorskip("s3fs")
    address, client = s3
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    return client
