"""Runs that are checked against a history: what is removed, which generation is used, what is refused."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.cli import main
from crawlsieve.pipelines.index.write import publish
from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.history.head import HistoryError
from crawlsieve.stages.history.index import open_index
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.near.staged import band_matrix
from tests.pipelines.index.conftest import OPTIONS, half, made
from tests.pipelines.runs import ran, recipe, write_shards
from tests.pipelines.test_near import rows

STEP = NearDuplicates(**OPTIONS, seed=0)


def prepared(folder, documents, index, cuts=1, exact=True, **near):
    """A recipe over documents that are checked against an index."""
    write_shards(folder, *[documents[n::cuts] for n in range(cuts)])
    steps = [{"near_duplicates": {**OPTIONS, "history": index, **near}}]
    return recipe(folder, name="march", steps=[*(["exact_duplicates"] if exact else []), *steps])


def keys(texts):
    return band_matrix(STEP.keys(pa.array(texts, pa.large_string()))[0])


def known(run):
    """(band, key) -> smallest id of the run's documents, by a dictionary."""
    found = {}
    for number, text in sorted(rows(run, "SELECT id, text FROM documents")):
        matrix, present = keys([text])
        for place in enumerate(matrix[0].tolist() if present[0] else []):
            found.setdefault(place, number)
    return found


def expected(documents, history):
    """User's id -> (band, twin)."""
    matrix, present = keys([document["text"] for document in documents])
    hits = {}
    for document, row, there in zip(documents, matrix.tolist(), present, strict=True):
        hit = next((place for place in enumerate(row) if place in history), None) if there else None
        if hit:
            hits[document["id"]] = (hit[0], history[hit])
    return hits


def by_history(run):
    query = "SELECT source_id, band, twin_id FROM duplicates WHERE method = 'history'"
    return {name: (band, twin) for name, band, twin in rows(run, query)}


@pytest.mark.parametrize("ids", [False, True])
@pytest.mark.parametrize("cut", [(1, 1, 1), (7, 3, 2), (64, 2, 1)])
def test_a_document_is_removed_if_any_of_its_band_keys_was_published(tmp_path, runs, monkeypatch, ids, cut):
    slices, cuts, workers = cut
    monkeypatch.setattr("crawlsieve.pipelines.index.ask.ROWS_PER_PARTITION", 50)
    index = made(str(tmp_path / "index"), slices=slices, ids=ids)
    publish(index, runs["jan"])
    rule = expected(half(1), known(runs["jan"]))
    assert 10 < len(rule) < len(half(1)) - 10

    ran(prepared(tmp_path / "march", half(1)[::-1], index, cuts, exact=False), workers=workers)

    run = tmp_path / "march/run"
    assert by_history(run) == {name: (band, twin if ids else None) for name, (band, twin) in rule.items()}
    assert rows(run, "SELECT count(*) FROM duplicates WHERE method = 'history' AND kept_id IS NOT NULL") == [(0,)]
    left = [document for document in half(1) if document["id"] not in rule]
    write_shards(tmp_path / "left", left)
    ran(recipe(tmp_path / "left", steps=[{"near_duplicates": OPTIONS}]))
    assert rows(run, "SELECT id FROM documents ORDER BY id") == rows(
        tmp_path / "left/run", "SELECT id FROM documents ORDER BY id"
    )


@pytest.mark.parametrize("options", [{}, {"method": "lshbloom", "block_documents": 7}, {"verify": 0.8}])
def test_a_second_run_over_the_same_documents_loses_all_that_have_words(tmp_path, index, runs, options):
    for name in runs:
        publish(index, runs[name])

    manifest = ran(prepared(tmp_path / "march", [*half(0), *half(1)], index, **options))

    assert rows(tmp_path / "march/run", "SELECT count(*) FROM documents WHERE source_id NOT LIKE 'e%'") == [(0,)]
    assert manifest["rows"]["documents"] == 3
    assert manifest["history"] == {"generation": "gen-2", "digest": open_index(index)[0].digest}


def test_an_exact_duplicate_of_what_was_published_stands_for_nobody(tmp_path, index, runs):
    publish(index, runs["jan"])
    text = rows(runs["jan"], "SELECT text FROM documents ORDER BY length(text) DESC LIMIT 1")[0][0]
    same = [{"id": f"{n}", "url": f"http://new.example/{n}", "text": text} for n in range(2)]

    ran(prepared(tmp_path / "march", same, index))

    found = rows(tmp_path / "march/run", "SELECT method, twin_id IS NULL, kept_id FROM duplicates ORDER BY method")
    assert found == [("history", True, None), ("text", False, None)]


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_index_on_s3_answers_as_a_local_one_does(tmp_path, index, runs, workers):
    stored = made(f"s3://crawl/history/against-{workers}", ids=True)
    for place in (index, stored):
        publish(place, runs["jan"], workers=workers)

    ran(prepared(tmp_path / "local", half(1), index))
    ran(prepared(tmp_path / "march", half(1), stored), workers=workers)

    found = by_history(tmp_path / "march/run")
    assert all(twin for _, twin in found.values())
    assert {name: band for name, (band, _) in found.items()} == {
        name: band for name, (band, _) in by_history(tmp_path / "local/run").items()
    }


def test_a_run_without_documents_is_published_as_any_other(tmp_path, index):
    write_shards(tmp_path, [])
    ran(recipe(tmp_path))

    assert publish(index, str(tmp_path / "run")).generation.documents == 0
    assert open_index(index)[0].name == "gen-1"


def test_the_history_removes_nothing_where_it_is_empty(tmp_path, index, runs):
    ran(prepared(tmp_path / "march", half(0), index))

    ids = "SELECT id FROM documents ORDER BY id"
    assert rows(tmp_path / "march/run", ids) == rows(runs["jan"], ids)


def test_a_run_keeps_the_generation_with_which_it_began(tmp_path, index, runs):
    place = prepared(tmp_path / "march", half(1), index)
    publish(index, runs["jan"])
    ran(place)
    first = digest(str(tmp_path / "march/run"))
    publish(index, runs["feb"])
    (tmp_path / "march/run/manifest.json").unlink()

    manifest = ran(place)

    assert manifest["history"]["generation"] == "gen-1"
    assert digest(str(tmp_path / "march/run")) == first


def curated(folder):
    """When each finished shard was finished."""
    return {file: file.stat().st_mtime_ns for file in (folder / "run/_work/curated").rglob("done.json")}


def test_another_generation_repeats_the_decisions_and_not_the_curation(tmp_path, index, runs):
    place = prepared(tmp_path / "march", half(1), index)
    publish(index, runs["jan"])
    ran(place)
    key, times = standing(tmp_path)["key"], curated(tmp_path / "march")

    manifest = ran(place, against="gen-0")

    assert manifest["key"] != key
    assert curated(tmp_path / "march") == times
    assert by_history(tmp_path / "march/run") == {}
    assert ran(place)["history"]["generation"] == "gen-0"


def standing(tmp_path):
    return json.loads((tmp_path / "march/run/manifest.json").read_text())


def test_the_address_of_the_index_is_not_in_the_key(tmp_path, index, runs):
    publish(index, runs["jan"])
    place = prepared(tmp_path / "march", half(1), index)
    ran(place)
    Path(index).rename(tmp_path / "moved")
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "march/run").rglob("*.parquet")}

    place.write_text(place.read_text().replace(index, str(tmp_path / "moved")))
    ran(place)

    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "march/run").rglob("*.parquet")} == before


def test_a_generation_that_holds_this_very_run_is_refused_unless_it_is_named(tmp_path, index):
    place = prepared(tmp_path / "march", half(0), index)
    manifest = ran(place)
    publish(index, str(tmp_path / "march/run"))
    again = tmp_path / "again.yaml"
    again.write_text(place.read_text().replace(str(tmp_path / "march/run"), str(tmp_path / "again")))

    with pytest.raises(HistoryError, match=r"holds this very run \('march', since gen-1\).* --against gen-0"):
        ran(again)
    assert not (tmp_path / "again" / "manifest.json").exists()
    assert ran(again, against="gen-0")["rows"] == manifest["rows"]
    assert ran(again, against="gen-1")["rows"]["documents"] == 2


def test_a_missing_or_mismatching_index_is_told_before_anything_is_read(tmp_path, index):
    missing = load(str(prepared(tmp_path / "one", half(0), str(tmp_path / "nowhere"))))
    other = load(str(prepared(tmp_path / "two", half(0), index, ngram=3, ignore=["case"])))

    with pytest.raises(RecipeError, match=r"near_duplicates: '.*nowhere' is no history index: it has no HEAD"):
        check(missing)
    with pytest.raises(RecipeError, match=r"near_duplicates: the history '.*' holds keys of another kind: ") as caught:
        check(other)
    for differs in (
        "ngram is 5 in the index, 3 in this recipe",
        "normalise_accents is true in the index, false in this recipe",
    ):
        assert differs in str(caught.value)
    assert "bands" not in str(caught.value)


def test_a_generation_that_is_gone_or_of_another_index_is_told(tmp_path, index, runs):
    place = prepared(tmp_path / "march", half(1), index)
    publish(index, runs["jan"])
    ran(place)
    other = made(str(tmp_path / "other"))
    moved = prepared(tmp_path / "march", half(1), other)

    with pytest.raises(HistoryError, match="has no generation 'gen-1'"):
        ran(moved)
    publish(other, runs["feb"])
    with pytest.raises(HistoryError, match="the run began with gen-1 of another index"):
        ran(moved)
    assert ran(moved, against="gen-1")["history"]["digest"] == open_index(other)[0].digest


def test_a_damaged_filter_stops_the_run(tmp_path, index, runs):
    publish(index, runs["jan"])
    file = Path(index) / open_index(index)[0].filters[0].path
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")

    with pytest.raises(HistoryError.__base__, match=r"b000-s00000\.bloom is damaged"):
        ran(prepared(tmp_path / "march", half(1), index))


def test_a_damaged_file_of_ids_stops_the_run(tmp_path, runs):
    index = made(str(tmp_path / "ids"), ids=True, slices=1)
    publish(index, runs["jan"])
    place = prepared(tmp_path / "march", half(1), index)
    file = Path(index) / open_index(index)[0].ids[0][0].path
    content = file.read_bytes()

    for damaged in (content[:-1], content[:60] + bytes([content[60] ^ 1]) + content[61:]):
        file.write_bytes(damaged)
        with pytest.raises(HistoryError, match=r"b000-s00000\.parquet is damaged"):
            ran(place)


def test_against_needs_a_history(tmp_path):
    write_shards(tmp_path, half(0))

    with pytest.raises(RecipeError, match="--against gen-1 needs"):
        ran(recipe(tmp_path), against="gen-1")


def test_the_commands_make_publish_merge_and_tell(tmp_path, runs, monkeypatch, capsys):
    def called(*arguments):
        monkeypatch.setattr("sys.argv", ["crawlsieve", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code, capsys.readouterr()
        return capsys.readouterr().out

    options = ["--documents", 100, "--bands", 6, "--rows", 4, "--workers", 1]
    for name in ("one", "two"):
        assert "gen-0 is empty" in called("index", "create", tmp_path / name, *options[:-2])
    assert "gen-1 holds" in called("index", "publish", tmp_path / "one", runs["jan"], *options[-2:])
    called("index", "publish", tmp_path / "two", runs["feb"], *options[-2:])
    assert "gen-2 holds 2 runs" in called("index", "merge", tmp_path / "one", tmp_path / "two", *options[-2:])
    assert "gen-2  2 runs" in called("index", "info", tmp_path / "one")
    place = prepared(tmp_path / "march", half(0), str(tmp_path / "one"))
    called("run", place, "--quiet", "--workers", 1, "--against", "gen-1")
    assert standing(tmp_path)["history"]["generation"] == "gen-1"
