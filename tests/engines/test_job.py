"""The whole job on every engine: the same rows in all five tables, to the last bit."""

import pytest
import xxhash
import yaml

from crawlsieve.pipelines import curate
from crawlsieve.pipelines.ask.views import asking
from crawlsieve.pipelines.index.write import publish
from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.publish import TABLES
from tests.pipelines.index.conftest import OPTIONS, half, made
from tests.pipelines.near_corpus import corpus
from tests.pipelines.runs import ran, recipe, write_shards

RULES = [
    {"measure": {"signals": ["gopher"]}},
    {"judge": {"rules": ["gopher_quality"], "without": ["gopher_stop_words"]}},
]
NEAR = {
    "exact": None,
    "walk": {},
    "rounds": {},
    "verified": {"verify": 0.7},
    "blocks": {"method": "lshbloom", "block_documents": 32},
}
GOLDEN = {
    "exact": "bde5f9d0d41d805a",
    "walk": "a6af6a67dfd1d84b",
    "rounds": "a6af6a67dfd1d84b",
    "verified": "d530f2dc36cf94b1",
    "blocks": "30eda254063a5130",
    "history": "65c7c6b04faee841",
}
"""Of all tables of a run over `corpus()`: changed by what decides a row, and by nothing else."""


def documents():
    """The corpus with a text twice, a record twice, and an empty text."""
    found = corpus()
    return [*found, {**found[0], "id": "twice", "url": "http://other.example/"}, found[1], {"id": "none", "text": ""}]


def steps(near):
    return [*RULES, "exact_duplicates", *([] if near is None else [{"near_duplicates": {**OPTIONS, **near}}])]


def whole(run):
    """One number for all rows of a run, wherever its folder and its inputs are."""
    found = []
    with asking(str(run)) as engine:
        for table in TABLES:
            rows = engine.view(table).to_arrow_table().to_pylist()
            found += [
                (table, sorted((row | {"source_path": row["source_path"].rpartition("/")[2]}).items())) for row in rows
            ]
    return xxhash.xxh3_64_hexdigest(repr(sorted(found, key=repr)).encode())


@pytest.mark.parametrize("shape", NEAR)
def test_a_run_has_the_same_rows_on_every_engine(engine_options, tmp_path, monkeypatch, shape):
    monkeypatch.setattr("crawlsieve.pipelines.near.ROWS_PER_PARTITION", 60)
    if shape == "rounds":
        monkeypatch.setattr("crawlsieve.pipelines.near.SELECT_BYTES", 0)
    given = documents()
    write_shards(tmp_path, given[:50], [], given[50:120], given[120:])

    manifest = ran(recipe(tmp_path, steps=steps(NEAR[shape])), engine=engine_options)

    assert manifest["balance"]["records"] == len(given)
    assert manifest["retried"] == []
    assert whole(tmp_path / "run") == GOLDEN[shape]


def test_documents_published_before_are_found_on_every_engine(engine_options, tmp_path, monkeypatch):
    monkeypatch.setattr("crawlsieve.pipelines.index.ask.ROWS_PER_PARTITION", 50)
    write_shards(tmp_path / "jan", half(0))
    ran(recipe(tmp_path / "jan", name="jan", steps=steps({})))
    index = made(str(tmp_path / "index"), slices=3, ids=True)
    publish(index, str(tmp_path / "jan" / "run"))
    write_shards(tmp_path, half(1)[::2], half(1)[1::2])

    ran(recipe(tmp_path, steps=steps({"history": index})), engine=engine_options)

    assert whole(tmp_path / "run") == GOLDEN["history"]


def test_input_and_output_may_be_objects(engine_options, tmp_path, bucket):
    """No rename there: every object is whole when it appears, and a second attempt writes the same one."""
    given, place = documents(), f"s3://crawl/{tmp_path.name}"
    write_shards(tmp_path, given[:50], [], given[50:120], given[120:])
    for file in tmp_path.glob("*.jsonl"):
        bucket.upload_file(str(file), "crawl", f"{tmp_path.name}/in/{file.name}")
    made_of = yaml.safe_load(recipe(tmp_path, steps=steps({})).read_text())
    made_of |= {"source": {"paths": [f"{place}/in/*.jsonl"]}, "output": f"{place}/run"}
    (tmp_path / "s3.yaml").write_text(yaml.safe_dump(made_of))
    loaded = load(str(tmp_path / "s3.yaml"))

    manifest = curate.run(loaded, check(loaded), engine=engine_options)

    assert manifest["balance"]["records"] == len(given)
    assert whole(f"{place}/run") == GOLDEN["walk"]
    listed = bucket.list_objects_v2(Bucket="crawl", Prefix=f"{tmp_path.name}/run/documents/")
    assert [entry["Size"] for entry in listed["Contents"]] == [
        file["bytes"] for file in manifest["files"] if file["table"] == "documents"
    ]
