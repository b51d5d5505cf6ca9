"""Every figure of two runs that are known by heart."""

import numpy as np
import pytest

from crawlsieve.pipelines.compare import samples as samples_module
from crawlsieve.pipelines.compare.comparison import comparison
from crawlsieve.pipelines.compare.manifests import (
    Change,
    Stage,
)
from crawlsieve.pipelines.compare.pair import Question
from crawlsieve.pipelines.compare.signals import distance
from tests.pipelines.compare.conftest import copy_of, document, failed, measured, name_of, rejected


def kinds(alone):
    return {each.kind: (each.documents, each.bytes) for each in alone.kinds}


def test_each_document_is_kept_by_both_by_one_or_by_neither(two):
    overlap = comparison(*two).overlap

    assert (overlap.both, overlap.only_a, overlap.only_b, overlap.neither) == (2, 6, 3, 2)
    assert (overlap.common, overlap.elsewhere) == (11, 10)


def test_bytes_are_those_of_the_texts_as_the_keeper_has_them(two):
    overlap = comparison(*two).overlap

    assert (overlap.both_a_bytes, overlap.both_b_bytes) == (4 + 10, 4 + 11)
    assert (overlap.only_a_bytes, overlap.only_b_bytes) == (5 + 7 + 4 + 5 + 5 + 4, 4 + 5 + 6)


def test_what_became_of_a_document_in_the_other_run_is_told(two):
    found = comparison(*two)

    assert kinds(found.only_a) == {
        "rejected": (2, 12), "duplicate": (1, 5), "other_copy": (1, 4), "failed": (1, 5), "absent": (1, 4),
    }  # fmt: skip
    assert kinds(found.only_b) == {"rejected": (1, 5), "other_copy": (1, 4), "published_before": (1, 6)}


def test_a_document_with_two_reasons_counts_in_both_and_alone_in_none(two):
    reasons = {
        (each.kind, each.reason): (each.documents, each.alone, each.bytes) for each in comparison(*two).only_a.reasons
    }

    assert reasons == {
        ("rejected", "too_short"): (2, 1, 12), ("rejected", "stop"): (1, 0, 5), ("duplicate", "url"): (1, 1, 5),
        ("other_copy", "text"): (1, 1, 4), ("failed", "parse"): (1, 1, 5),
    }  # fmt: skip


def test_a_reason_that_two_steps_give_counts_once(write_run):
    a = write_run("a", documents=[document(1)])
    b = write_run("b", rejected=[rejected(1, "short", "short")])

    (reason,) = comparison(a, b).only_a.reasons

    assert (reason.reason, reason.documents, reason.alone) == ("short", 1, 1)


def test_a_copy_whose_winner_the_first_run_does_not_keep_is_the_same_cluster(write_run):
    winner, loser = {"documents": [document(1)]}, {"documents": [document(2)], "duplicates": [copy_of(1, 2)]}
    other = comparison(write_run("a", **winner), write_run("b", **loser))
    both = {"documents": [document(1), document(2)]}
    merged = comparison(write_run("c", **both), write_run("d", **loser))

    assert [each.kind for each in other.only_a.kinds] == ["other_copy"]
    assert [each.kind for each in merged.only_a.kinds] == ["duplicate"]


def test_rules_on_one_column_stand_beside_each_other(two):
    rules = {(each.a, each.b): each for each in comparison(*two).rules}

    short = rules["short", "too_short"]
    assert (short.rejects_a, short.rejects_b, short.rejects_both) == (1, 3, 1)
    assert (short.a_bounds, short.b_bounds) == ((50, None), (80, None))
    assert (rules[None, "stop"].rejects_b, rules["long", None].rejects_a) == (2, 1)


def test_signals_are_those_of_the_keeper_ranked_by_distance(two):
    found = comparison(*two).only_a.contrasts

    assert [(each.column, each.distance) for each in found] == [("word_count", 1.0), ("ratio", 0.0)]
    words = found[0]
    assert (words.alone.values, words.alone.p10, words.alone.p50, words.alone.p90) == (6, 103, 105, 109)
    assert (words.common.values, words.common.p50, words.measured_by) == (2, 101, "a")


def test_a_signal_that_is_undefined_counts_as_missing_and_a_removed_record_not_at_all(write_run):
    signals = [measured(number, "documents", words) for number, words in ((1, 5), (2, None), (3, 6), (4, 5))]
    signals.append(measured(3, "duplicates", 5))
    a = write_run("a", documents=[document(number) for number in (1, 2, 3, 4)], signals=signals)
    b = write_run("b", documents=[document(3)], rejected=[rejected(number, "x") for number in (1, 2, 4)])

    words = next(each for each in comparison(a, b).only_a.contrasts if each.column == "word_count")

    assert (words.alone.values, words.alone.missing, words.distance) == (2, 1, 1.0)
    assert (words.common.values, words.common.missing) == (1, 0)


@pytest.mark.parametrize(("one", "other", "wanted"), [
    ([1.0, 2.0], [2.0, 1.0], 0), ([1.0], [2.0, 3.0], 1), ([1.0, 1.0, 2.0], [1.0, 2.0, 2.0], 1 / 3),
    ([5.0], [1.0, 5.0], 0.5),
])  # fmt: skip
def test_the_distance_is_the_largest_gap_of_the_two_distributions(one, other, wanted):
    assert distance(np.array(one), np.array(other)) == pytest.approx(wanted)


def test_a_sample_has_reason_value_bound_and_text(two):
    found = {each.id: each for each in comparison(*two).only_a.samples}

    third = found[name_of(3)]
    assert (third.kind, third.reasons, third.text, third.length) == ("rejected", ("stop", "too_short"), "three", 5)
    (decided,) = third.decided
    assert (decided.rule, decided.column, decided.value, decided.at_least) == ("too_short", "word_count", 60, 70)
    assert found[name_of(4)].decided[0].at_least == 80
    assert (found[name_of(5)].kept_id, found[name_of(5)].kept_url) == (name_of(6), "https://www.site0.example/6")


def test_samples_are_chosen_by_seed_and_no_more_than_asked(two):
    first, again, other = (comparison(*two, Question(samples=2, seed=seed)).only_a.samples for seed in (1, 1, 5))

    assert [each.id for each in first] == [each.id for each in again]
    assert len(first) == 2
    assert [each.id for each in first] != [each.id for each in other]
    assert comparison(*two, Question(samples=0)).only_a.samples == ()


def test_texts_that_differ_are_counted_and_shown(two):
    found = comparison(*two)

    texts = found.texts
    assert (texts.compared, texts.changed, texts.longer, texts.shorter) == (2, 1, 1, 0)
    assert (texts.a_bytes, texts.b_bytes, texts.share) == (10, 11, 1)
    (changed,) = found.changed
    assert (changed.a_id, changed.diff) == (name_of(2), ("@@ -1,2 +1,2 @@", " alpha", "-beta", "+gamma"))


def test_a_long_line_is_cut_to_where_it_differs():
    same = "x" * 300

    diff = samples_module.difference(f"{same}old end", f"{same}new end")

    assert diff[1:] == (f"-…{'x' * 40}old end", f"+…{'x' * 40}new end")


def test_a_long_difference_is_cut_and_says_so():
    diff = samples_module.difference("\n".join("ab"), "\n".join(map(str, range(30))))

    assert len(diff) == 13
    assert diff[-1] == "(21 more lines)"


def test_languages_and_sites_are_ranked_by_what_they_win_or_lose(two):
    found = comparison(*two)

    assert [(each.name, each.kept_a, each.kept_b, each.only_a, each.only_b) for each in found.languages] == [
        ("en", 7, 5, 5, 3), ("fr", 1, 0, 1, 0),
    ]  # fmt: skip
    assert [(each.name, each.kept_a, each.kept_b, each.only_a, each.only_b) for each in found.sites] == [
        ("site1.example", 5, 2, 4, 1), ("site0.example", 3, 3, 2, 2),
    ]  # fmt: skip


def test_recipes_inputs_and_funnels_are_told(two):
    found = comparison(*two)

    assert found.recipe == (Change("steps.judge.rules", ["short"], ["too_short", "stop"]),)
    assert (found.inputs.same, found.inputs.only_a, found.inputs.only_b) == (1, 0, 1)
    assert found.inputs.examples_b == ("b.warc",)
    assert found.funnel[0] == Stage("input", 15, 11, 1.0, 1.0, None, None)
    last = found.funnel[-1]
    assert (last.name, last.a_documents, last.b_documents, last.a_bytes) == ("deduplication", 8, 5, 44)


def test_a_run_is_equal_to_itself(two):
    found = comparison(two[0], two[0])

    assert found.equal
    assert (found.overlap.only_a, found.overlap.only_b, found.overlap.both) == (0, 0, 8)
    assert not comparison(*two).equal


@pytest.mark.parametrize("other", [
    {"documents": [document(1, "tent")], "rejected": [rejected(2, "x")]},
    {"documents": [document(1)], "rejected": [rejected(2, "y")]},
    {"documents": [document(1)], "failed": [failed(2)]},
    {"documents": [document(1)]},
])  # fmt: skip
def test_another_text_reason_or_table_is_a_difference(write_run, other):
    a = write_run("a", documents=[document(1)], rejected=[rejected(2, "x")])

    assert not comparison(a, write_run("b", **other)).equal


def test_empty_runs_are_equal_and_a_full_one_is_kept_alone(write_run, two):
    empty, other = write_run("empty"), write_run("other")

    assert comparison(empty, other).equal
    found = comparison(two[0], empty)
    assert kinds(found.only_a) == {"absent": (8, 44)}
    assert (found.only_a.contrasts, found.texts.compared) == ((), 0)


def test_runs_without_a_common_id_are_told_of_url_and_text(write_run):
    a = write_run("a", documents=[document(1)], inputs=[("may.warc", "1")])
    b = write_run("b", documents=[document(2)], inputs=[("june.warc", "2")])

    (note,) = comparison(a, b).notes

    assert note.startswith("No id is in both runs and no input is the same")
    assert "--by url" in note


def test_months_are_compared_by_canonical_url_and_by_id_where_there_is_none(write_run):
    a = write_run(
        "a", documents=[document(1, url="http://WWW.page.example/x/?b=2&a=1"), document(2), document(3, url=None)]
    )
    b = write_run(
        "b", documents=[document(4, "newer text", url="https://page.example/x?a=1&b=2#top"), document(3, url=None)],
        rejected=[rejected(5, "short", url="http://site0.example/2/")],
    )  # fmt: skip

    found = comparison(a, b, Question("url"))

    assert (found.overlap.both, found.overlap.only_a, found.overlap.only_b) == (2, 1, 0)
    assert [(each.id, each.kind, each.reasons) for each in found.only_a.samples] == [
        (name_of(2), "rejected", ("short",))
    ]
    assert (found.texts.compared, found.texts.changed, found.changed[0].b_id) == (2, 1, name_of(4))


def test_two_documents_of_a_page_are_one_page(write_run):
    twice = [document(1, "older", url="http://a.example/"), document(2, "newer", url="http://a.example/#x")]
    found = comparison(
        write_run("a", documents=twice),
        write_run("b", documents=[document(3, url="http://a.example")]),
        Question("url"),
    )

    assert (found.overlap.both, found.overlap.only_a, found.overlap.only_b) == (1, 0, 0)


def test_sources_are_compared_by_normalised_text(write_run):
    a = write_run("a", documents=[document(1, "A  Text\nof two lines"), document(2, "other"), document(3, "third")])
    b = write_run(
        "b", documents=[document(4, "a text of two lines"), document(3, "third, cleaned")],
        rejected=[rejected(5, "short", text="OTHER")], keep_rejected="text",
    )  # fmt: skip

    found = comparison(a, b, Question("text"))

    assert (found.overlap.both, found.overlap.only_a, found.overlap.only_b) == (1, 2, 1)
    assert {each.id: each.kind for each in found.only_a.samples} == {
        name_of(2): "rejected", name_of(3): "other_text",
    }  # fmt: skip
    assert [note.partition(" has")[0] for note in found.notes] == ["A"]


def test_a_run_that_keeps_no_signals_of_rejects_says_so_and_shows_no_value(two, write_run):
    b = write_run("none", keep_rejected="none", documents=[document(1, "same")], rejected=[rejected(3, "too_short")])

    found = comparison(two[0], b)

    assert any(note.startswith("B has kept signals of kept documents only") for note in found.notes)
    assert {each.decided for each in found.only_a.samples} == {()}


def test_texts_beyond_the_limit_are_a_sample_by_id_and_bytes_are_scaled(write_run, monkeypatch):
    monkeypatch.setattr("crawlsieve.pipelines.compare.texts.MOST_TEXTS", 4)
    ids = [f"{number:x}{'0' * 31}" for number in range(16)]
    a = write_run("a", documents=[document(1, "four") | {"id": each} for each in ids])
    b = write_run("b", documents=[document(1, "five!") | {"id": each} for each in ids[:8]])

    found = comparison(a, b)

    assert (found.texts.share, found.texts.compared, found.texts.changed) == (0.25, 4, 4)
    assert (found.overlap.both, found.overlap.both_a_bytes, found.overlap.both_b_bytes) == (8, 64, 80)
    assert any("25.00% of ids" in note for note in found.notes)
