"""The main job over small JSONL shards: every record in one table, one answer, whatever the schedule."""

import hashlib
import os
import random
import shutil

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlsieve.pipelines import curate, job, near
from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.views import connect
from crawlsieve.pipelines.recipe.steps import STEPS, StepKind
from crawlsieve.schemas import tables
from crawlsieve.stages.errors import BalanceError
from tests.pipelines.runs import ran, recipe, write_shards

PAGES = [
    {"id": "a", "url": "http://one.example/", "text": "first text"},
    {"id": "b", "url": "https://www.one.example", "text": "another text"},
    {"id": "c", "url": "http://two.example/", "text": "First   TEXT"},
    {"id": "d", "url": None, "text": "third text"},
    {"id": "e", "url": "http://three.example/", "text": "third text"},
    {"id": "f", "text": "alone"},
]


def rows(run, query):
    with connect(str(run)) as engine:
        return engine.sql(query).fetchall()


def outcome(run):
    """What happened to each record, by the user's id."""
    kept = rows(run, "SELECT source_id, 'kept', duplicates::VARCHAR FROM documents")
    gone = rows(
        run,
        "SELECT gone.source_id, method, kept.source_id FROM duplicates AS gone JOIN documents AS kept"
        " ON gone.kept_id = kept.id",
    )
    return sorted(kept + gone)


def test_every_record_is_kept_or_names_the_document_that_stands_for_it(tmp_path):
    write_shards(tmp_path, PAGES[:2], PAGES[2:4], PAGES[4:])
    manifest = ran(recipe(tmp_path))

    assert manifest["balance"] == {"records": 6, "documents": 3, "rejected": 0, "duplicates": 3, "failed": 0}
    methods = {row[1] for row in outcome(tmp_path / "run")}
    assert methods == {"kept", "url", "text"}
    assert sum(int(row[2]) for row in outcome(tmp_path / "run") if row[1] == "kept") == 3


def test_a_chain_over_two_keys_leads_to_the_kept_document(tmp_path):
    pages = [
        {"id": "short", "url": "http://x.example/", "text": "same", "date": "2020-01-01T00:00:00Z"},
        {"id": "middle", "url": "http://x.example/", "text": "other", "date": "2021-01-01T00:00:00Z"},
        {"id": "best", "url": "http://y.example/", "text": "other", "date": "2022-01-01T00:00:00Z"},
    ]
    write_shards(tmp_path, pages)
    ran(recipe(tmp_path, steps=[{"exact_duplicates": {"by": ["url", "text"], "priority": ["date"]}}]))

    assert outcome(tmp_path / "run") == [("best", "kept", "2"), ("middle", "text", "best"), ("short", "url", "best")]
    assert rows(
        tmp_path / "run",
        "SELECT twin.source_id FROM duplicates AS gone JOIN duplicates AS twin ON gone.twin_id = twin.id",
    ) == [("middle",)]


def test_the_same_record_twice_is_kept_once(tmp_path):
    write_shards(tmp_path, PAGES[:1], PAGES[:1] + PAGES[5:])
    manifest = ran(recipe(tmp_path, steps=[]))

    assert manifest["balance"]["duplicates"] == 1
    assert rows(tmp_path / "run", "SELECT method, id = kept_id FROM duplicates") == [("same_record", True)]


def test_a_shard_listed_twice_gives_no_row_twice(tmp_path):
    write_shards(tmp_path, PAGES)
    place = recipe(tmp_path, source={"paths": [str(tmp_path / "shard-000.jsonl")] * 2})
    manifest = ran(place)

    assert manifest["balance"] == {"records": 12, "documents": 3, "rejected": 0, "duplicates": 9, "failed": 0}


def test_every_table_has_its_declared_schema_even_without_rows(tmp_path):
    write_shards(tmp_path, [])
    manifest = ran(recipe(tmp_path))

    for table, schema in [
        ("documents", tables.DOCUMENTS),
        ("rejected", tables.REJECTED),
        ("duplicates", tables.DUPLICATES),
        ("failed", tables.FAILED),
        ("signals", tables.SIGNALS_HEAD),
    ]:
        (file,) = (tmp_path / "run" / table).glob("*.parquet")
        assert pq.read_schema(file).equals(schema)
        assert pq.read_schema(file).field("id").metadata[b"doc"]
    assert manifest["balance"]["records"] == 0


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_neither_order_nor_cut_of_the_shards_changes_the_answer(tmp_path, data):
    shutil.rmtree(tmp_path)
    pages = [
        {
            "id": str(number),
            "url": f"http://{data.draw(st.integers(0, 3))}.example/",
            "text": data.draw(st.sampled_from("abcd")),
        }
        for number in range(data.draw(st.integers(1, 12)))
    ]
    write_shards(tmp_path / "one", pages)
    shuffled = data.draw(st.permutations(pages))
    cut = data.draw(st.integers(0, len(pages)))
    write_shards(tmp_path / "two", shuffled[:cut], shuffled[cut:])
    for name in ("one", "two"):
        ran(recipe(tmp_path / name))

    assert outcome(tmp_path / "one" / "run") == outcome(tmp_path / "two" / "run")


def many(count=300, seed=1):
    draw = random.Random(seed)  # noqa: S311 - test data
    return [
        {"id": str(n), "url": f"http://{draw.randrange(200)}.example/", "text": f"text {draw.randrange(150)}"}
        for n in range(count)
    ]


def test_workers_batches_and_files_do_not_change_the_digest(tmp_path, monkeypatch):
    pages = many()
    write_shards(tmp_path, *(pages[n::5] for n in range(5)))
    ran(recipe(tmp_path))
    first = digest(str(tmp_path / "run"))
    source = {"paths": [str(tmp_path / "*.jsonl")], "batch_rows": 7}
    ran(recipe(tmp_path, output=str(tmp_path / "two"), source=source), workers=2)
    monkeypatch.setattr(curate, "TEXT_BYTES_PER_FILE", 300)
    monkeypatch.setattr(near, "ROWS_PER_PARTITION", 40)
    ran(recipe(tmp_path, output=str(tmp_path / "three")))

    assert len(list((tmp_path / "three" / "documents").iterdir())) > 3
    assert digest(str(tmp_path / "two")) == first == digest(str(tmp_path / "three"))


def test_the_digest_sees_one_changed_letter(tmp_path):
    pages = many(20)
    write_shards(tmp_path, pages)
    ran(recipe(tmp_path))
    before = digest(str(tmp_path / "run"))
    pages[0]["text"] += "x"
    write_shards(tmp_path, pages)
    ran(recipe(tmp_path, output=str(tmp_path / "two")))

    assert digest(str(tmp_path / "two"))["all"] != before["all"]


def test_a_second_run_has_nothing_to_do_and_a_lost_file_is_made_again_with_the_same_bytes(tmp_path):
    write_shards(tmp_path, many())
    place = recipe(tmp_path)
    ran(place)
    (file,) = (tmp_path / "run" / "documents").iterdir()
    before, time = file.read_bytes(), file.stat().st_mtime_ns
    ran(place)
    assert file.stat().st_mtime_ns == time

    file.unlink()
    ran(place)
    assert file.read_bytes() == before


def test_an_input_changed_behind_our_back_is_found_when_asked(tmp_path):
    write_shards(tmp_path, many(10), many(10, seed=2))
    place = recipe(tmp_path)
    ran(place)
    before = digest(str(tmp_path / "run"))["all"]
    shard = tmp_path / "shard-001.jsonl"
    times = (shard.stat().st_atime_ns, shard.stat().st_mtime_ns)
    shard.write_bytes(shard.read_bytes().replace(b"text", b"TeXT"))
    os.utime(shard, ns=times)

    ran(place)
    assert digest(str(tmp_path / "run"))["all"] == before
    ran(place, verify=True)
    assert digest(str(tmp_path / "run"))["all"] != before


def test_an_input_that_is_added_runs_alone_and_the_old_files_go(tmp_path):
    pages = many()
    write_shards(tmp_path, pages[:100], pages[100:200])
    place = recipe(tmp_path)
    ran(place)
    done = {file: file.stat().st_mtime_ns for file in (tmp_path / "run/_work/curated").rglob("done.json")}
    write_shards(tmp_path / "new", pages[200:])
    (tmp_path / "new" / "shard-000.jsonl").rename(tmp_path / "shard-0005.jsonl")
    manifest = ran(place)

    assert {file: file.stat().st_mtime_ns for file in done} == done
    assert manifest["balance"]["records"] == 300
    assert len(list((tmp_path / "run" / "documents").iterdir())) == 1


def test_a_step_that_drops_a_row_silently_fails_the_run_and_leaves_no_manifest(tmp_path, monkeypatch):
    write_shards(tmp_path, PAGES)
    monkeypatch.setitem(STEPS, "loses", StepKind("tests.pipelines.runs:Loses"))
    place = recipe(tmp_path, steps=[{"loses": {}}])
    with pytest.raises(
        BalanceError, match=r"step loses took 6 rows and gave 5.*6 records were read, 5 are in the tables"
    ):
        ran(place)

    assert not (tmp_path / "run" / "manifest.json").exists()


def test_a_shard_that_had_to_be_begun_again_stands_in_the_manifest_and_changes_no_row(tmp_path, monkeypatch):
    rows = [{"id": f"r{n}", "url": f"http://h.example/{n}", "text": f"text {n}"} for n in range(6)]
    write_shards(tmp_path, rows[:3], rows[3:])
    ran(recipe(tmp_path, output=str(tmp_path / "whole")))
    monkeypatch.setitem(STEPS, "fails_once", StepKind("tests.pipelines.runs:FailsOnce"))
    given = {"shard": 1, "file": str(tmp_path / "failed")}

    manifest = ran(recipe(tmp_path, steps=[{"fails_once": given}, {"exact_duplicates": {"by": ["url", "text"]}}]))

    path = str(tmp_path / "shard-001.jsonl")
    assert manifest["retried"] == [{"task": path, "why": "Input/output error"}]
    assert digest(str(tmp_path / "run"))["documents"] == digest(str(tmp_path / "whole"))["documents"]


@pytest.mark.parametrize("keep", ["none", "signals", "text"])
def test_what_is_kept_of_duplicates_is_as_the_recipe_says(tmp_path, keep):
    write_shards(tmp_path, PAGES)
    ran(recipe(tmp_path, keep_rejected=keep))

    texts = [row[0] for row in rows(tmp_path / "run", "SELECT text FROM duplicates")]
    assert all((text is not None) == (keep == "text") for text in texts)


def test_the_card_and_the_manifest_hold_the_recipe_and_real_counts(tmp_path):
    write_shards(tmp_path, PAGES)
    manifest = ran(recipe(tmp_path))
    card = (tmp_path / "run" / "README.md").read_text()
    head = yaml.safe_load(card.split("---")[1])

    assert head["configs"][0]["data_files"] == [{"split": "train", "path": "documents/*.parquet"}]
    assert "| documents | 3 |" in card
    assert [item["sha256"] for item in manifest["inputs"]] == [
        hashlib.sha256((tmp_path / "shard-000.jsonl").read_bytes()).hexdigest()
    ]


def test_a_new_version_of_an_extractor_is_another_run(tmp_path, monkeypatch):
    write_shards(tmp_path, PAGES)
    place = recipe(tmp_path)
    before = ran(place)["key"]
    monkeypatch.setattr(job, "_versions", lambda: {"resiliparse": "99"})

    assert ran(place)["key"] != before


def test_what_the_exchanges_of_a_killed_run_left_is_removed(tmp_path):
    write_shards(tmp_path, PAGES)
    left_over = tmp_path / "run" / "_work" / "exchange-killed" / "exchange-0"
    left_over.mkdir(parents=True)
    ran(recipe(tmp_path))

    assert not list((tmp_path / "run" / "_work").glob("exchange-*"))


def test_the_bytes_of_text_are_counted_at_every_step_and_for_every_reason(tmp_path):
    pages = [
        {"id": "a", "text": "ten bytes."},
        {"id": "b", "text": "ten bytes!"},
        {"id": "c", "text": "as many as 18 here"},
    ]
    write_shards(tmp_path, pages)
    bounds = {"gopher_word_count": 3, "gopher_stop_words": 0, "gopher_mean_word_length": 2}
    override = {name: {"at_least": bound} for name, bound in bounds.items()}
    short = {"rules": ["gopher_quality"], "override": override}
    told = ran(recipe(tmp_path, steps=[{"measure": {"signals": ["gopher"]}}, {"judge": short}]))

    counts = told["counts"]
    assert counts["measure"]["text_bytes"] == counts["judge"]["text_bytes"] == 38
    found = counts["text_bytes"]
    assert found["documents"] + found["rejected"] == 38
    assert found["reason/gopher_word_count"] == 20
    kept = sum(file["text_bytes"] for file in told["files"] if file["table"] == "documents")
    assert kept == found["documents"]
