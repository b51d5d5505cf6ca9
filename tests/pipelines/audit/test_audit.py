"""The audit's figures, where the truth is known."""

import json
import random
import sys

import pyarrow as pa
import pytest

from crawlsieve.dedup.bands import Bands
from crawlsieve.dedup.intervals import wilson
from crawlsieve.pipelines import cli
from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.views import connect
from crawlsieve.pipelines.audit.documents import Drawn
from crawlsieve.pipelines.audit.report import Audit, audit, usual_bound
from crawlsieve.pipelines.audit.shown import windows
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.near.keys import NearDuplicates, Verify
from tests.pipelines.runs import ran, recipe, write_shards


def words(count, chance):
    return ["".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(4)) for _ in range(count)]


def shingles(text):
    found = text.lower().split()
    return {tuple(found[n : n + 5]) for n in range(len(found) - 4)}


def jaccard(one, other):
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b)


def corpus(families, copies, changed, length=120, seed=5):
    """Unrelated documents with copies in each of which a block of words is another."""
    chance = random.Random(seed)  # noqa: S311 - a corpus, not a secret
    found = []
    for _ in range(families):
        text = words(length, chance)
        found.append(" ".join(text))
        found += [" ".join([*text[: length - changed], *words(changed, chance)]) for _ in range(copies)]
    return found


def run(folder, texts, keep="text", **options):
    write_shards(folder, [{"id": str(number), "text": text} for number, text in enumerate(texts)])
    ran(recipe(folder, steps=[{"near_duplicates": options}], keep_rejected=keep))
    return str(folder / "run")


def rows(run, query):
    with connect(run) as engine:
        return engine.sql(query).fetchall()


def test_of_equal_families_all_is_right_and_nothing_missed(tmp_path):
    texts = corpus(40, 0, 0)
    texts += [text.upper() for text in texts]
    found = audit(Audit(run(tmp_path, texts)))

    assert found["removed"]["precision"]["count"] == found["removed"]["precision"]["of"] == 40
    assert found["removed"]["precision"]["low"] == pytest.approx(wilson(40, 40)[0])
    assert found["removed"]["distribution"][-1] == {"from": 0.9, "to": 1.0, "pairs": 40}
    assert found["kept"]["with_neighbour"]["count"] == 0
    assert found["kept"]["sampled"] == found["kept"]["compared_with"] == 40


def test_false_pairs_that_were_planted_are_counted(tmp_path):
    texts = corpus(30, 1, 70) + corpus(20, 1, 4, seed=6) + corpus(10, 1, 32, seed=7)
    done = run(tmp_path, texts, bands=100, rows=1)  # finds everything that has a word in common
    found = audit(Audit(done, alike=0.7))["removed"]

    query = "SELECT a.text, b.text FROM duplicates a JOIN documents b ON a.twin_id = b.id"
    truth = sorted(jaccard(*pair) for pair in rows(done, query))
    assert len(truth) == 60
    assert found["precision"]["count"] == sum(value >= 0.7 for value in truth) == 20
    assert [pair["jaccard"] for pair in found["pairs"]] == pytest.approx(truth)
    assert [row["count"] for row in found["at_least"]] == [
        sum(value >= bound for value in truth) for bound in (0.5, 0.6, 0.7, 0.8, 0.9)
    ]
    assert sum(row["pairs"] for row in found["distribution"]) == 60
    assert (found["quantiles"]["0"], found["quantiles"]["1"]) == pytest.approx((truth[0], truth[-1]))


def test_what_was_missed_is_found_by_exact_similarity(tmp_path):
    texts, chance = corpus(20, 2, 12), random.Random(8)  # noqa: S311 - a corpus, not a secret
    for text in corpus(10, 0, 0, seed=6):  # one neighbour that is near, and one that is farther
        found = text.split()
        texts += [text, *(" ".join([*found[:-count], *words(count, chance)]) for count in (8, 30))]
    done = run(tmp_path, texts, bands=1, rows=60)  # finds next to nothing
    found = audit(Audit(done))["kept"]

    kept = rows(done, "SELECT text FROM documents")
    similar = [[jaccard(one, other) for (other,) in kept if other != one] for (one,) in kept]
    assert found["with_neighbour"]["count"] == sum(max(row) >= 0.5 for row in similar) > 30
    assert [row["pairs"] for row in found["bins"]] == [
        sum(low <= value < low + 0.1 for row in similar for value in row) for low in (0.5, 0.6, 0.7, 0.8, 0.9)
    ]
    assert [row["documents"]["count"] for row in found["bins"]] == [
        sum(low <= max(row) < low + 0.1 for row in similar) for low in (0.5, 0.6, 0.7, 0.8, 0.9)
    ]
    best = sorted((value for row in similar for value in row), reverse=True)[::2]
    assert [pair["jaccard"] for pair in found["pairs"]] == pytest.approx(best[:20])


@pytest.mark.parametrize(
    "options",
    [{}, {"bands": 9, "rows": 13}, {"bands": 30, "rows": 4, "ngram": 3}, {"unit": "characters", "ngram": 20}],
)
def test_recall_of_copies_is_that_of_the_s_curve(tmp_path, options):
    done = run(tmp_path, corpus(250, 0, 0, length=200), **options)
    found = audit(Audit(done, sample=250, seed=1))["injected"]

    counted = [row for row in found["bins"] if row["recall"]["of"] >= 30]
    assert len(counted) >= 7
    for row in counted:
        low, high = wilson(row["recall"]["count"], row["recall"]["of"], 0.999)
        assert low <= row["s_curve"] <= high
        layout = Bands(options.get("bands", 14), options.get("rows", 8))
        assert layout.s_curve(row["from"]) <= row["s_curve"] <= layout.s_curve(row["to"])
        assert row["as_expected"] == (row["by_bands"]["low"] <= row["s_curve"] <= row["by_bands"]["high"])


@pytest.mark.parametrize("measure", ["estimated", "exact", "containment"])
def test_verification_refuses_copies_below_its_bound(tmp_path, measure):
    verify = {"measure": measure, "at_least": 0.8}
    done = run(tmp_path, corpus(60, 0, 0), bands=64, rows=2, verify=verify)
    bins = audit(Audit(done))["injected"]["bins"]

    assert sum(row["by_bands"]["count"] for row in bins) == sum(row["by_bands"]["of"] for row in bins)
    (low,) = [row["recall"]["share"] for row in bins if row["from"] == 0.5]
    (high,) = [row["recall"]["share"] for row in bins if row["from"] == 0.9]
    assert (low, high) == (0, 1)


def test_pairs_without_a_twin_are_not_checkable(tmp_path):
    texts = corpus(20, 0, 0)
    done = run(tmp_path, [*texts, *map(str.upper, texts)], method="lshbloom", block_documents=1)
    found = audit(Audit(done))

    assert (found["removed"]["removed"], found["removed"]["without_twin"], found["removed"]["sampled"]) == (20, 20, 0)
    assert found["removed"]["precision"] == {"count": 0, "of": 0, "share": None, "low": 0.0, "high": 1.0}
    assert found["injected"]["copies"] == 200


def test_without_texts_of_removed_documents_the_setting_is_named(tmp_path):
    texts = corpus(10, 0, 0)
    found = audit(Audit(run(tmp_path, [*texts, *map(str.upper, texts)], keep="signals")))

    assert (found["removed"]["without_text"], found["removed"]["sampled"]) == (10, 0)
    assert "--set keep_rejected=text" in found["removed"]["why"]
    assert found["kept"]["sampled"] == 10


def test_texts_without_a_word_are_audited_too(tmp_path):
    found = audit(Audit(run(tmp_path, ["!", "?", "one", "one two three"])))

    assert found["kept"]["sampled"] == 4
    assert found["kept"]["with_neighbour"]["count"] == 0
    assert found["injected"]["copies"] == 20


def test_a_run_without_documents_is_audited(tmp_path):
    found = audit(Audit(run(tmp_path, [" "])))

    assert (found["kept"]["sampled"], found["injected"]["copies"]) == (0, 0)


def test_the_order_of_records_does_not_change_the_figures(tmp_path):
    documents = [{"id": str(number), "text": text} for number, text in enumerate(corpus(40, 1, 10))]
    found = []
    for name, shards in (("a", [documents]), ("b", [documents[50:][::-1], documents[:50]])):
        write_shards(tmp_path / name, *shards)
        ran(recipe(tmp_path / name, steps=["near_duplicates"], keep_rejected="text"))
        found.append(audit(Audit(str(tmp_path / name / "run"), sample=10)) | {"key": ""})

    assert found[0] == found[1]
    assert found[0]["removed"]["sampled"] == found[0]["kept"]["sampled"] == 10
    other = audit(Audit(str(tmp_path / "a" / "run"), sample=10, seed=1))
    assert {pair["id"] for pair in other["removed"]["pairs"]} != {pair["id"] for pair in found[0]["removed"]["pairs"]}


def test_a_sample_is_no_beginning_and_does_not_depend_on_batches():
    ids = [f"{number:032x}" for number in range(500)]
    rows = [{"id": name} for name in ids]
    drawn = [Drawn(20, 3) for _ in range(3)]
    drawn[0].add(pa.RecordBatch.from_pylist(rows))
    for begin in range(0, 500, 7):
        drawn[1].add(pa.RecordBatch.from_pylist(rows[begin : begin + 7]))
        drawn[2].add(pa.RecordBatch.from_pylist(rows[::-1][begin : begin + 7]))

    assert drawn[0].rows == drawn[1].rows == drawn[2].rows
    assert [one.total for one in drawn] == [500] * 3
    assert len(drawn[0].rows) == 20
    assert max(ids.index(row["id"]) for row in drawn[0].rows) > 250
    assert Drawn(5, 0).rows == []


def test_the_run_stays_as_it_is_and_no_text_is_written(tmp_path):
    texts = corpus(20, 1, 10)
    done = run(tmp_path, texts)
    before, manifest = digest(done), (tmp_path / "run" / "manifest.json").read_bytes()
    found = audit(Audit(done))
    written = (tmp_path / "run" / "audit.json").read_text()

    assert digest(done) == before
    assert (tmp_path / "run" / "manifest.json").read_bytes() == manifest
    assert json.loads(written) == found
    assert not any(word in written for text in texts for word in text.split()[:20])


@pytest.mark.parametrize(
    ("options", "bound"),
    [
        ({}, 0.72),
        ({"threshold": 0.6}, 0.6),
        ({"verify": 0.85}, 0.85),
        ({"verify": Verify(measure="exact", at_least=0.9)}, 0.9),
    ],
)
def test_the_usual_bound_is_what_the_recipe_asks_for(options, bound):
    assert usual_bound(NearDuplicates(**options)) == bound


def test_a_run_that_looked_for_no_near_duplicates_is_told(tmp_path):
    write_shards(tmp_path, [{"text": "x"}])
    ran(recipe(tmp_path))

    with pytest.raises(CrawlsieveError, match="its recipe has no step near_duplicates, so there is nothing to audit"):
        audit(Audit(str(tmp_path / "run")))


def test_what_is_no_run_is_told(tmp_path):
    with pytest.raises(CrawlsieveError, match="not a run directory, it has no manifest"):
        audit(Audit(str(tmp_path)))


def test_windows_begin_shortly_before_the_first_difference():
    one, other = windows("a" * 500 + "\x1bx", "a" * 500 + "y")

    assert (one, other) == ("a" * 80 + " x", "a" * 80 + "y")


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run `crawlsieve dedup` in a folder with 30 pairs in `pairs.jsonl`: exit status, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    write_shards(tmp_path, [{"text": text} for text in corpus(30, 1, 3)])

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["crawlsieve", "dedup", *arguments, "--workers", "1"])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code or 0, *capsys.readouterr()

    return called


def test_files_are_deduplicated_and_audited_by_one_command(call, tmp_path):
    status, out, _ = call("shard-000.jsonl", "--output", "out", "--audit", "--sample", "20")

    assert status == 0
    assert "30 removed, 20 compared with their twins" in out
    assert "20 of 30 kept documents compared with all of these" in out
    assert "200 near-copies made" in out
    assert json.loads((tmp_path / "out" / "audit.json").read_text())["removed"]["precision"]["count"] == 20
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["recipe"]["keep_rejected"] == "text"


def test_a_run_is_audited_and_texts_are_shown_only_if_asked(call, tmp_path):
    call("shard-000.jsonl", "--output", "out", "--audit", "--quiet")
    first = json.loads((tmp_path / "shard-000.jsonl").read_text().splitlines()[0])["text"].split()
    _, quiet, _ = call("--audit", "out", "--alike", "0.9")
    status, shown, err = call("--audit", "out", "--alike", "0.9", "--show")

    assert (status, err) == (0, "")
    assert "alike from a Jaccard similarity of 0.9" in quiet
    assert not any(word in quiet for word in first)
    assert shown.startswith(quiet)
    assert len(shown) > len(quiet) + 1000


def test_texts_that_are_not_there_are_told_and_the_rest_is_audited(call):
    call("shard-000.jsonl", "--output", "out", "--quiet")
    status, out, _ = call("--audit", "out", "--show")

    assert status == 0
    assert "30 without text: the run did not keep the texts of removed documents (keep_rejected: signals)." in out


def test_a_recipe_that_verifies_has_a_column_more(call):
    _, out, _ = call("shard-000.jsonl", "--output", "out", "--audit", "--verify", "exact:0.9", "--quiet")

    assert "recall" in out


def test_an_audit_takes_one_run(call):
    status, _, err = call("--audit", "one", "two")

    assert status == 2
    assert "--audit alone takes one RUN" in err


def test_without_near_duplicates_nothing_is_run_that_cannot_be_audited(call, tmp_path):
    status, _, err = call("shard-000.jsonl", "--output", "out", "--audit", "--method", "none")

    assert status == 2
    assert "nothing to audit without near_duplicates" in err
    assert not (tmp_path / "out").exists()
