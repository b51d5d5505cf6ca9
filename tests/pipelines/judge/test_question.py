"""What a finished run would be under other rules, without a file of it being written or read again."""

import csv
import gzip
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines.judge.asked import changed_recipe
from crawlsieve.pipelines.judge.finished import finished_run
from crawlsieve.pipelines.judge.listed import Listing
from crawlsieve.pipelines.judge.question import Question, answered
from crawlsieve.stages.errors import CrawlsieveError
from tests.pipelines.judge.conftest import JUDGE, LOOSER, MEASURE, STRICTER
from tests.pipelines.runs import ran, recipe, write_shards
from tests.warcs import record, response

pytestmark = pytest.mark.usefixtures("no_reports")

NEAR = [MEASURE, JUDGE, "exact_duplicates", {"near_duplicates": {"ngram": 2, "bands": 10, "rows": 4}}]
ARTICLE = " ".join(f"word{number} of the story and" for number in range(30))
SHORT = " ".join(f"word{number} of the story and" for number in range(12))


def outcomes(told, which):
    """Outcome -> how many measured documents have it, before or after."""
    found = {}
    for move in told["moves"]:
        found[move[which]] = found.get(move[which], 0) + move["documents"]
    return found


def files(run):
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in Path(run).rglob("*") if path.is_file()}


@pytest.mark.parametrize(("change", "at_least"), [(STRICTER, 100), (LOOSER, 41)])
def test_the_numbers_are_those_of_a_full_run(made, full, asked, change, at_least):
    run, place = made(steps=NEAR)
    _, manifest = full(place, [{"override": {"gopher_word_count": {"at_least": at_least}}}])
    before = files(run)

    told, printed = asked(run, change)

    kept = told["kept"]
    assert kept["after"] == manifest["balance"]["documents"] != kept["before"]
    assert outcomes(told, "after")["duplicates"] == manifest["balance"]["duplicates"]
    text = sum(file["text_bytes"] for file in manifest["files"] if file["table"] == "documents")
    assert told["kept_text_bytes"]["after"] == text
    counted = {rule["rule"]: rule["after"] for rule in told["rules"] if rule["after"]}
    sink = manifest["counts"]["sink"]
    assert counted == {name[7:]: sink[name] for name in sink if name.startswith("reason/gopher")}
    assert printed.startswith(f"kept: {kept['before']} -> {kept['after']} ({kept['after'] - kept['before']:+} doc")
    assert files(run) == before


def test_nothing_is_elsewhere_under_the_rules_of_the_run(made, asked):
    run, _ = made(steps=NEAR)

    told, printed = asked(run)

    assert told["changed"] == []
    assert told["kept"]["before"] == told["kept"]["after"]
    assert "No document is elsewhere." in printed


def test_a_rejected_twin_gives_its_duplicate_back(tmp_path, asked):
    write_shards(
        tmp_path,
        [
            {"id": "new", "url": "http://a.example/1", "date": "2020-01-01", "text": SHORT},
            {"id": "old", "url": "http://a.example/1", "date": "2010-01-01", "text": ARTICLE},
        ],
    )
    steps = [MEASURE, JUDGE, {"exact_duplicates": {"by": ["url"], "priority": ["date"]}}]
    ran(recipe(tmp_path, steps=steps, keep_rejected="text"))

    told, printed = asked(str(tmp_path / "run"), STRICTER)

    assert [(entry["what"], entry["documents"]) for entry in told["changed"]] == [
        ("newly rejected", 1),
        ("revived duplicates, whose twins are gone", 1),
    ]
    assert "1 revived duplicates, whose twins are gone\n  http://a.example/1" in printed


def test_a_better_copy_that_comes_back_removes_the_other(tmp_path, asked):
    write_shards(
        tmp_path,
        [
            {
                "id": "new",
                "url": "http://a.example/1",
                "date": "2020-01-01",
                "text": "too short for the rules of Gopher",
            },
            {"id": "old", "url": "http://a.example/1", "date": "2010-01-01", "text": ARTICLE},
        ],
    )
    steps = [MEASURE, JUDGE, {"exact_duplicates": {"by": ["url"], "priority": ["date"]}}]
    ran(recipe(tmp_path, steps=steps, keep_rejected="text"))

    told, _ = asked(str(tmp_path / "run"), "gopher_word_count.at_least=none")

    assert [(entry["what"], entry["documents"]) for entry in told["changed"]] == [
        ("newly removed as duplicates", 1),
        ("revived", 1),
    ]


@pytest.mark.parametrize("keep", ["signals", "text"])
def test_without_keys_or_with_rules_only_revived_documents_may_be_duplicates(made, asked, keep):
    run, _ = made(steps=NEAR, keep_rejected=keep)
    whole, _ = made("whole", steps=NEAR)

    told, printed = asked(run, LOOSER, replays=False)

    kept = told["kept"]
    by_rules = outcomes(asked(whole, LOOSER)[0], "after")
    assert kept["undecided"] > 0
    assert kept["after"] == kept["before"]
    assert outcomes(told, "after")["rejected"] == by_rules["rejected"]
    assert told["kept_text_bytes"]["after"] is None
    assert f"and of {kept['undecided']} more those that are no duplicates" in printed
    assert "Copies of what is rejected now stay duplicates." in printed
    assert ("keep_rejected: text" if keep == "signals" else "--rules-only") in printed


def test_with_signals_of_kept_documents_only_it_is_known_which_of_them_go(made, asked):
    run, _ = made(steps=NEAR, keep_rejected="none")
    whole, _ = made("whole", steps=NEAR)

    told, printed = asked(run, STRICTER)

    lost = next(move for move in asked(whole, STRICTER, replays=False)[0]["moves"] if move["after"] == "rejected")
    assert [move for move in told["moves"] if move["after"] == "rejected"] == [
        {"before": "documents", "after": "rejected", "documents": lost["documents"]}
    ]
    assert "`keep_rejected: none`" in printed


@pytest.mark.parametrize("keep", ["none", "signals", "text"])
def test_signals_that_do_not_give_the_verdicts_of_the_run_are_refused(made, asked, keep):
    run, _ = made(keep_rejected=keep)
    (path,) = Path(run).glob("signals/*.parquet")
    table = pq.read_table(path)
    column = table.schema.get_field_index("word_count")
    pq.write_table(
        table.set_column(
            column,
            table.schema.field(column),
            pa.array([1] * len(table), pa.uint32()).cast(table.schema.field(column).type),
        ),
        path,
    )

    with pytest.raises(CrawlsieveError, match="its own rules, asked again, do not say what the run said"):
        asked(run, STRICTER)


def test_a_reason_too_many_in_rejected_is_refused(made, asked):
    run, _ = made()
    (path,) = Path(run).glob("rejected/*.parquet")
    table = pq.read_table(path)
    reasons = [[*row, "gopher_hashes"] if row else row for row in table["reasons"].to_pylist()]
    pq.write_table(
        table.set_column(table.schema.get_field_index("reasons"), table.schema.field("reasons"), [reasons]), path
    )

    with pytest.raises(CrawlsieveError, match="would have other reasons"):
        asked(run, STRICTER)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "it is gone"),
        (lambda path: path.write_bytes(b"PAR1 no more"), "cannot be read"),
        (lambda path: pq.write_table(pq.read_table(path).slice(1), path), "not the file that the run wrote"),
        (lambda path: pq.write_table(pq.read_table(path).drop_columns("word_count"), path), "no column word_count"),
    ],
)
def test_signals_that_are_gone_are_said_to_be(made, asked, spoil, said):
    run, _ = made()
    (path,) = Path(run).glob("signals/*.parquet")
    spoil(path)

    with pytest.raises(CrawlsieveError, match=re.escape(said)) as caught:
        asked(run, STRICTER)

    assert str(path) in str(caught.value)


def test_a_recipe_without_rules_has_none_to_change(made, asked):
    run, _ = made(steps=[MEASURE, "exact_duplicates"])

    with pytest.raises(CrawlsieveError, match="no step `judge`, so there are no rules"):
        asked(run)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_every_document_that_moves_is_listed(made, tmp_path, ending):
    run, _ = made(steps=NEAR)
    finished = finished_run(run)
    place = tmp_path / f"moved.{ending}"

    found = answered(Question(finished, changed_recipe(finished.recipe, run, [STRICTER], "x")), Listing(str(place)))

    as_csv = ending == "csv"
    rows = list(csv.DictReader(place.read_text().splitlines())) if as_csv else pq.read_table(place).to_pylist()
    assert len(rows) == sum(many for _, many, _ in found.kinds())
    assert {row["after"] for row in rows} == {"rejected", "documents"}
    assert all(bool(row["reasons"]) == (row["after"] == "rejected") for row in rows)


def test_a_list_is_parquet_or_csv():
    with pytest.raises(CrawlsieveError, match=r"a file that ends in \.parquet or \.csv"):
        Listing("moved.txt")


def test_records_that_nothing_tells_apart_are_refused(tmp_path, asked):
    twice = record(
        1, response(b"<html><body><p>" + b"a story of some words and the rest " * 20 + b"</p></body></html>")
    )
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(twice + twice))
    steps = ["extract", MEASURE, JUDGE]
    ran(recipe(tmp_path, source={"paths": [str(tmp_path / "a.warc.gz")]}, steps=steps, keep_rejected="text"))

    with pytest.raises(CrawlsieveError, match=r"two records of .*a\.warc\.gz have one id and one offset"):
        asked(str(tmp_path / "run"), STRICTER)


def test_a_record_that_is_listed_twice_is_judged(tmp_path, asked):
    rows = [{"url": "http://a.example/", "text": ARTICLE}, {"url": "http://b.example/", "text": SHORT}]
    write_shards(tmp_path, rows)
    paths = [str(tmp_path / "shard-000.jsonl")] * 2
    ran(recipe(tmp_path, source={"paths": paths}, steps=[MEASURE, JUDGE], keep_rejected="text"))

    told, _ = asked(str(tmp_path / "run"), STRICTER)

    assert outcomes(told, "before") == {"documents": 2, "duplicates": 2}
    assert outcomes(told, "after") == {"documents": 1, "duplicates": 1, "rejected": 2}
