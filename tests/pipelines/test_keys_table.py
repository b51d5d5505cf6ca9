"""`keys/`: what a run keeps so that it can be judged again."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.views import connect
from crawlsieve.schemas.tables import KEYS_HEAD
from crawlsieve.stages.keys import text_keys, url_keys
from crawlsieve.stages.near.keys import NearDuplicates
from tests.pipelines.runs import ran, recipe, write_shards

LONG = "the story of a word that is told again and again by those who have heard it " * 6
PAGES = [
    {"id": "kept", "url": "http://a.example/", "text": LONG},
    {"id": "short", "url": "http://b.example/", "text": "the end of it"},
    {
        "id": "other",
        "url": "http://c.example/",
        "text": "Das ist ein anderer Text, und er ist in einer anderen Sprache. " * 9,
    },
    {"id": "digits", "url": "http://d.example/", "text": "1 2 3"},
    {"id": "failed", "url": "http://e.example/", "text": None},
]
NEAR = {"near_duplicates": {"bands": 4, "rows": 2, "verify": 0.5, "priority": ["word_count"]}}
STEPS = [
    {"measure": {"signals": ["gopher_quality"]}},
    {"judge": {"rules": ["gopher_quality"], "without": ["gopher_stop_words"]}},
    {"language": {"keep": ["en"]}},
    "exact_duplicates",
    NEAR,
]


@pytest.fixture
def run(tmp_path):
    """A function that runs the pages, the first one in two inputs."""

    def run(steps=STEPS, keep="text"):
        write_shards(tmp_path, PAGES, PAGES[:1])
        manifest = ran(recipe(tmp_path, steps=steps, keep_rejected=keep))
        return str(tmp_path / "run"), manifest

    return run


def rows(run, query):
    with connect(run) as engine:
        return engine.sql(query).fetchall()


def test_there_is_a_row_for_each_row_of_signals(run):
    place, manifest = run()

    assert manifest["rows"]["keys"] == manifest["rows"]["signals"] == 5
    unlike = (
        "SELECT id, source_path, source_offset FROM keys EXCEPT ALL SELECT id, source_path, source_offset FROM signals"
    )
    assert rows(place, unlike) == []


def test_it_says_how_far_a_document_came_and_where_it_lay(run):
    place, _ = run()

    told = "SELECT source_id, shard, row, steps_passed FROM keys JOIN signals USING (id, source_path) ORDER BY ALL"
    assert rows(place, told) == [
        ("digits", 0, 3, 2),
        ("kept", 0, 0, 3),
        ("kept", 1, 0, 3),
        ("other", 0, 2, 2),
        ("short", 0, 1, 3),
    ]


def test_keys_are_those_of_the_text_and_null_where_a_step_settled_the_document(run):
    place, _ = run()
    step = NearDuplicates(bands=4, rows=2, verify=0.5, priority=("word_count",), seed=0)
    texts = pa.array([LONG], pa.large_string())

    found = {
        source_id: rest
        for source_id, *rest in rows(
            place,
            "SELECT source_id, text_bytes, order_0, url_key, text_key, band_keys, evidence"
            " FROM keys JOIN signals USING (id, source_path)",
        )
    }

    band_keys, evidence = (column[0].as_py() for column in step.keys(texts))
    keys = [url_keys(pa.array(["http://a.example/"]))[0].as_py(), text_keys(texts)[0].as_py()]
    assert found["kept"] == [len(LONG), ~len(LONG.split()), *keys, band_keys, evidence]
    assert found["short"][0] == 13
    assert found["other"] == found["digits"] == [None] * 6


def test_every_column_is_described(run):
    place, _ = run()
    (path,) = Path(place).glob("keys/*.parquet")

    schema = pq.read_schema(path)

    assert schema.names[: len(KEYS_HEAD)] == KEYS_HEAD.names
    assert all(field.metadata[b"doc"] for field in schema)


@pytest.mark.parametrize("keep", ["none", "signals"])
def test_without_texts_there_are_no_keys(run, keep):
    place, manifest = run(keep=keep)

    assert "keys" not in manifest["rows"]
    assert not (Path(place) / "keys").exists()
    assert rows(place, "SELECT count(*) FROM keys") == [(0,)]


def test_keys_that_a_run_has_no_more_are_removed_with_it(run):
    place, _ = run()
    run(keep="signals")

    assert not list((Path(place) / "keys").glob("*"))


def test_the_digest_is_of_what_a_run_says_not_of_its_keys(run):
    place, _ = run()

    assert "keys" not in digest(place)
