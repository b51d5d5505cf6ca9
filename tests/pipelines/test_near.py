"""Near-duplicates through the whole job, against the rule as a few lines of Python say it."""

import io
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from crawlsieve.dedup.select import select
from crawlsieve.pipelines.ask.explain import explain
from crawlsieve.pipelines.ask.explain_text import print_explanation
from crawlsieve.pipelines.ask.views import connect
from crawlsieve.stages.near import bloom as near_bloom
from crawlsieve.stages.near import verify as near_verify
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.near.staged import band_matrix
from tests.pipelines.near_corpus import corpus
from tests.pipelines.runs import ran, recipe, write_shards


def rows(run, query):
    with connect(str(run)) as engine:
        return engine.sql(query).fetchall()


def in_order(run):
    """(id, user's id, text) of every document, in total order: no priority, so by id."""
    return sorted(rows(run, "SELECT id, source_id, text FROM documents"))


def expected(documents, step):
    """User's id -> (twin, band) of what the rule removes; documents in total order."""
    keys, present = band_matrix(step.keys(pa.array([text for _, _, text in documents], pa.large_string()))[0])
    found = select(keys, present)
    return {
        documents[row][1]: (documents[twin][1], band)
        for row, (twin, band) in enumerate(zip(found.twin.tolist(), found.band.tolist(), strict=True))
        if twin >= 0
    }


def removed(run):
    """The same, of a run."""
    query = (
        "SELECT gone.source_id, kept.source_id, gone.band FROM duplicates AS gone"
        " LEFT JOIN documents AS kept ON gone.kept_id = kept.id WHERE gone.kept_id IS NOT DISTINCT FROM gone.twin_id"
    )
    return {gone: (twin, band) for gone, twin, band in rows(run, query)}


def run(folder, documents, cuts=(), workers=1, **options):
    bounds = [0, *cuts, len(documents)]
    write_shards(folder, *[documents[a:b] for a, b in pairwise(bounds)])
    ran(recipe(folder, steps=[{"near_duplicates": options}]), workers=workers)
    return folder / "run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(documents, a run without deduplication: total order and texts)."""
    documents = corpus()
    folder = tmp_path_factory.mktemp("whole")
    write_shards(folder, documents)
    ran(recipe(folder, steps=[]))
    return documents, in_order(folder / "run")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bands": 20, "rows": 3},
        {"unit": "characters", "ngram": 12, "bands": 9, "rows": 5},
        {"ignore": [], "ngram": 2},
        {"threshold": 0.4},
    ],
)
def test_the_job_removes_what_the_rule_says(tmp_path, whole, options):
    documents, ordered = whole
    done = run(tmp_path, documents, **options)
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}

    assert removed(done) == expected(ordered, NearDuplicates(**given, seed=0))


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_more_documents_than_one_walk_holds_are_decided_in_rounds(tmp_path, whole, monkeypatch, rounds):
    monkeypatch.setattr("crawlsieve.pipelines.near.SELECT_BYTES", 0)
    monkeypatch.setattr("crawlsieve.pipelines.near.ROUNDS", rounds)
    monkeypatch.setattr("crawlsieve.pipelines.near.ROWS_PER_PARTITION", 100)
    monkeypatch.setattr("crawlsieve.pipelines.engines.exchange.MOST_ROWS", 7)
    documents, ordered = whole
    done = run(tmp_path, documents, cuts=(40, 90), bands=20, rows=3)

    assert removed(done) == expected(ordered, NearDuplicates(bands=20, rows=3, seed=0))


def test_a_walk_over_an_unknown_number_of_documents_makes_room_as_they_come(tmp_path, whole, monkeypatch):
    monkeypatch.setattr("crawlsieve.stages.near.select.AT_FIRST", 5)
    monkeypatch.setattr("crawlsieve.pipelines.engines.exchange.MOST_ROWS", 4)
    documents, ordered = whole

    assert removed(run(tmp_path, documents, cuts=(40, 90))) == expected(ordered, NearDuplicates(seed=0))


def test_every_kept_id_is_a_document_and_every_duplicate_is_counted(tmp_path, whole):
    done = run(tmp_path, whole[0])

    assert rows(done, "SELECT count(*) FROM duplicates WHERE kept_id NOT IN (SELECT id FROM documents)") == [(0,)]
    assert rows(done, "SELECT sum(duplicates) FROM documents") == rows(done, "SELECT count(*) FROM duplicates")
    assert rows(done, "SELECT DISTINCT method, similarity FROM duplicates") == [("minhash_lsh", None)]


def test_texts_without_a_word_are_no_copies_and_short_ones_may_be(tmp_path, whole):
    done = run(tmp_path, whole[0])

    assert len(rows(done, "SELECT id FROM documents WHERE source_id LIKE 'e%'")) == 3
    assert len(rows(done, "SELECT id FROM documents WHERE source_id LIKE 's%'")) == 1


@pytest.mark.parametrize("options", [{}, {"method": "lshbloom", "block_documents": 13}, {"verify": 0.7}])
def test_shards_their_order_and_workers_do_not_change_the_rows(tmp_path, whole, options, monkeypatch):
    documents, _ = whole
    one = run(tmp_path / "one", documents, **options)
    monkeypatch.setattr("crawlsieve.pipelines.near.ROWS_PER_PARTITION", 30)
    two = run(tmp_path / "two", documents[::-1], cuts=(7, 50), workers=2, **options)

    assert ids_and_reasons(two) == ids_and_reasons(one)


def ids_and_reasons(done):
    """All but where a record lay."""
    return (
        sorted(rows(done, "SELECT id, duplicates FROM documents")),
        sorted(rows(done, "SELECT id, method, band, similarity, twin_id, kept_id FROM duplicates")),
    )


@pytest.mark.parametrize("block", [1, 5, 64, 1000])
def test_lshbloom_removes_the_same_where_no_filter_errs(tmp_path, whole, block):
    documents, ordered = whole
    done = run(tmp_path, documents, method="lshbloom", block_documents=block)
    rule = expected(ordered, NearDuplicates(seed=0))

    assert {gone for (gone,) in rows(done, "SELECT source_id FROM duplicates")} == rule.keys()
    for gone, twin, band in rows(done, "SELECT source_id, twin_id, band FROM duplicates"):
        assert band is not None
        assert twin is None or gone in rule


def test_lshbloom_names_the_twin_within_a_block_only(tmp_path, whole):
    documents, _ = whole
    alone = run(tmp_path / "alone", documents, method="lshbloom", block_documents=1)
    together = run(tmp_path / "together", documents, method="lshbloom")

    assert rows(alone, "SELECT count(twin_id), count(kept_id) FROM duplicates") == [(0, 0)]
    assert rows(together, "SELECT count(*) - count(twin_id) FROM duplicates") == [(0,)]
    assert rows(alone, "SELECT sum(duplicates) FROM documents") == [(0,)]


def test_no_two_kept_documents_of_lshbloom_share_a_band(tmp_path, whole):
    done = run(tmp_path, whole[0], method="lshbloom", block_documents=5)
    keys, present = band_matrix(
        NearDuplicates(seed=0).keys(pa.array([t for *_, t in in_order(done)], pa.large_string()))[0]
    )

    assert all(len(np.unique(column)) == len(column) for column in keys[present].T)


def verified(ordered, step, similarity, at_least, most):
    """User's id -> (twin, similarity) of the rule over pairs that are alike."""
    keys, present = band_matrix(step.keys(pa.array([text for *_, text in ordered], pa.large_string()))[0])
    kept, found = set(), {}
    for row in range(len(ordered)):
        alike = set()
        for band in range(keys.shape[1]):
            bucket = [
                other
                for other in range(row)
                if present[row] and present[other] and keys[other, band] == keys[row, band]
            ]
            alike |= {other for other in bucket[:most] if similarity(other, row) >= at_least}
        twin = min(alike & kept, default=None)
        if twin is None:
            kept.add(row)
        else:
            found[ordered[row][1]] = (ordered[twin][1], similarity(twin, row))
    return found


@pytest.mark.parametrize("most", [1, 2, 100])
@pytest.mark.parametrize("verify", [("estimated", 0.85), ("exact", 0.8), ("containment", 0.9)])
def test_verification_is_the_rule_over_pairs_that_are_alike(tmp_path, whole, monkeypatch, verify, most):
    measure, at_least = verify
    monkeypatch.setattr(near_verify, "_ROWS_AT_ONCE", 3)
    monkeypatch.setattr("crawlsieve.pipelines.engines.exchange.MOST_ROWS", 5)
    documents, ordered = whole
    options = {"bands": 20, "rows": 3, "verify": {"measure": measure, "at_least": at_least}, "max_comparisons": most}
    done = run(tmp_path, documents, **options)
    step = NearDuplicates(bands=20, rows=3, seed=0)
    shingles = step.shingles(pa.array([text for *_, text in ordered], pa.large_string()))
    signatures = step.minhash.signatures(shingles)
    sets = [set(shingles.hash[a:b].tolist()) for a, b in pairwise(shingles.first)]

    def similarity(one, other):
        a, b = sets[one], sets[other]
        if measure == "estimated":
            return float((signatures[one] == signatures[other]).mean())
        return len(a & b) / (len(a | b) if measure == "exact" else min(len(a), len(b)))

    rule = verified(ordered, step, similarity, at_least, most)
    query = (
        "SELECT gone.source_id, kept.source_id, similarity FROM duplicates AS gone JOIN documents AS kept"
        " ON gone.twin_id = kept.id"
    )
    assert {gone: (twin, similar) for gone, twin, similar in rows(done, query)} == rule
    assert rows(done, "SELECT count(*) FROM duplicates") == [(len(rule),)]


def test_comparisons_that_are_not_made_are_counted(tmp_path):
    same = [{"url": f"http://x.example/{n}", "text": f"one two three four five six {'!' * n}"} for n in range(10)]
    write_shards(tmp_path, same)
    manifest = ran(recipe(tmp_path, steps=[{"near_duplicates": {"verify": 0.9, "max_comparisons": 2}}]))

    assert manifest["counts"]["decide"] == {
        "method/minhash_lsh": 9,
        "skipped_comparisons": 14 * sum(range(1, 8)),
    }


def test_chains_over_exact_and_near_duplicates_lead_to_a_document(tmp_path):
    text = "the quick brown fox jumps over the lazy dog and runs away from all the hounds in the wood"
    documents = [
        {"id": "a", "url": "http://a.example/", "text": text, "date": "2017-01-01"},
        {"id": "b", "url": "http://b.example/", "text": text + "!", "date": "2018-01-01"},
        {"id": "c", "url": "http://c.example/", "text": text.upper() + "!", "date": "2019-01-01"},
        {"id": "d", "url": "http://c.example/", "text": "something else", "date": "2020-01-01"},
    ]
    steps = [{"exact_duplicates": {"by": ["url", "text"]}}, {"near_duplicates": {"priority": ["-date"]}}]
    write_shards(tmp_path, documents)
    ran(recipe(tmp_path, steps=steps))

    assert rows(tmp_path / "run", "SELECT source_id, duplicates FROM documents") == [("a", 3)]
    assert rows(tmp_path / "run", "SELECT count(DISTINCT twin_id), count(DISTINCT kept_id) FROM duplicates") == [(3, 1)]
    assert sorted(rows(tmp_path / "run", "SELECT source_id, method FROM duplicates")) == [
        ("b", "minhash_lsh"),
        ("c", "text"),
        ("d", "url"),
    ]


def test_lshbloom_goes_on_with_the_block_at_which_it_was_killed(tmp_path, whole, monkeypatch):
    documents, _ = whole
    one = ids_and_reasons(run(tmp_path / "one", documents, method="lshbloom", block_documents=20))
    decided = []
    decide = near_bloom.RemoveByBlocks._decide

    def dies(self, number, block, filters):
        if number == 4 and len(decided) == 3:
            raise KeyboardInterrupt
        decided.append(number)
        return decide(self, number, block, filters)

    monkeypatch.setattr(near_bloom.RemoveByBlocks, "_decide", dies)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "two", documents, method="lshbloom", block_documents=20)
    decided.append(None)
    ran(tmp_path / "two" / "recipe.yaml")

    assert ids_and_reasons(tmp_path / "two" / "run") == one
    assert decided[:5] == [1, 2, 3, None, 4]
    assert not (tmp_path / "two" / "run" / "_work" / "blocks").exists()


def test_explain_says_that_a_near_copy_is_alike_and_an_exact_one_equal(tmp_path):
    text = "the quick brown fox jumps over the lazy dog and runs away from all the hounds in the wood"
    documents = [
        {"id": "a", "url": "http://a.example/", "text": text, "date": "2017-01-01"},
        {"id": "b", "url": "http://b.example/", "text": text + "!", "date": "2018-01-01"},
        {"id": "c", "url": "http://c.example/", "text": text.upper() + "!", "date": "2019-01-01"},
    ]
    write_shards(tmp_path, documents)
    ran(recipe(tmp_path, steps=[{"exact_duplicates": {"by": ["text"]}}, {"near_duplicates": {"priority": ["-date"]}}]))
    told = []
    for url in ("http://b.example/", "http://c.example/"):
        console = Console(file=io.StringIO(), width=120)
        print_explanation(explain(str(tmp_path / "run"), url), console)
        told.append(console.file.getvalue())

    assert "alike by       minhash_lsh, band 0" in told[0]
    assert "equal by       text" in told[1]
