import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from crawlsieve.pipelines.ask.explain import explain, explain_command
from crawlsieve.pipelines.ask.explain_text import bounds, print_explanation
from crawlsieve.pipelines.ask.explanation import Copy, Verdict
from crawlsieve.schemas import tables
from crawlsieve.stages.errors import CrawlsieveError
from tests.pipelines.conftest import SIGNALS, write

ID = "{:032x}".format


def write_signals(run, number, **signals):
    """Only document `number` has a row of signals, or none has if there are no signals."""
    (file,) = (run / "signals").iterdir()
    rows = [{"id": ID(number), "outcome": "rejected", "source_offset": 100 * number, **signals}] if signals else []
    file.unlink()
    (run / "signals").rmdir()
    write(run / "signals", SIGNALS, rows)


def shown(run, page):
    """What a terminal shows."""
    console = Console(file=io.StringIO(), width=120)
    print_explanation(explain(str(run), page), console)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("page", "found_by"),
    [
        (ID(1), "id"),
        (ID(1).upper(), "id"),
        (f" {ID(1)} ", "id"),
        ("b8-1", "source_id"),
        ("<urn:uuid:b8-1>", "source_id"),
        ("https://Example.com/News/?b=2&a=1", "url"),
        ("http://www.example.com:80/news?a=1&b=2#top", "canonical url"),
        ("example.com/news/?a=1&b=2", "canonical url"),
    ],
)
def test_a_page_is_found_by_any_of_its_names(small_run, page, found_by):
    told = explain(str(small_run), page)

    assert (told.found_by, told.total) == (found_by, 1)
    assert told.sightings[0].record["id"] == ID(1)


@pytest.mark.parametrize(
    "page", ["http://bücher.example", "http://xn--bcher-kva.example/", "https://www.BÜCHER.example"]
)
def test_a_host_is_found_in_any_spelling(small_run, page):
    assert [sighting.record["id"] for sighting in explain(str(small_run), page).sightings] == [ID(7)]


def test_a_rejected_page_has_every_rule_with_value_and_bounds(small_run):
    (sighting,) = explain(str(small_run), "b8-3").sightings

    assert sighting.outcome == "rejected"
    assert sighting.verdicts == (
        Verdict("judge", "gopher_short_doc", "word_count", 49, 50, None, rejects=True),
        Verdict("judge", "gopher_word_length", "mean_word_length", None, 3.0, 10.0, rejects=True),
    )
    assert sighting.reasons == ()


def test_a_kept_page_shows_the_rules_that_it_passed(small_run):
    sighting, _ = explain(str(small_run), "b8-2").sightings

    assert [(verdict.value, verdict.rejects) for verdict in sighting.verdicts] == [(50, False), (10.0, False)]


def test_a_reason_without_a_number_stands_by_itself(small_run):
    (sighting,) = explain(str(small_run), "http://casino.example/").sightings

    assert sighting.reasons == ("url_domain",)
    assert sighting.signals is None
    assert "url_domain" in shown(small_run, "b8-4")


def test_a_duplicate_names_the_winner_and_the_kept_document(small_run):
    (first,) = explain(str(small_run), "b8-5").sightings
    (second,) = explain(str(small_run), ID(6)).sightings

    kept = Copy(ID(1), "https://Example.com/News/?b=2&a=1", "documents")
    assert (first.record["method"], first.twin, first.kept) == ("text", kept, kept)
    assert (second.record["method"], second.twin, second.kept) == (
        "url",
        Copy(ID(5), "http://example.com/copy", "duplicates"),
        kept,
    )


def test_a_kept_document_names_those_it_stands_for(small_run):
    (sighting,) = explain(str(small_run), ID(1)).sightings

    assert [copy.id for copy in sighting.stands_for] == [ID(5), ID(6)]
    assert sighting.twin is sighting.kept is None


def test_a_winner_that_is_not_in_the_run_is_still_named(small_run):
    for path in (small_run / "documents").iterdir():
        path.unlink()

    assert explain(str(small_run), "b8-5").sightings[0].kept == Copy(ID(1), None, "")
    assert "not in this run" in shown(small_run, "b8-5")


def test_bounds_are_those_of_the_documents_language(small_run):
    path = small_run / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["rules"][0]["exceptions"] = [{"language": "en", "at_least": 7, "at_most": 8}]
    path.write_text(json.dumps(manifest))

    english, unknown = (explain(str(small_run), name).sightings[0].verdicts[0] for name in ("b8-1", "b8-2"))

    assert (english.at_least, english.at_most) == (7, 8)
    assert (unknown.at_least, unknown.at_most) == (50, None)


def test_bounds_of_a_language_do_not_hold_where_the_rule_judged_before_the_language_was_known(small_run):
    own = {"language": "en", "at_least": 70, "at_most": None}
    change(small_run, lambda manifest: manifest["rules"][0].update(exceptions=[own]))
    change(small_run, lambda manifest: manifest["recipe"].update(steps=[{"judge": {}}, {"language": {}}]))

    verdict = explain(str(small_run), "b8-1").sightings[0].verdicts[0]
    assert (verdict.value, verdict.at_least, verdict.rejects) == (60, 50, False)


def test_a_number_that_is_none_is_out_of_bounds(small_run):
    write_signals(small_run, 3, word_count=49, mean_word_length=float("nan"))

    assert [verdict.rejects for verdict in explain(str(small_run), "b8-3").sightings[0].verdicts] == [True, True]


def test_names_of_inputs_do_not_steer_the_terminal(small_run):
    path = small_run / "documents" / "part-00000.parquet"
    table = pq.read_table(path)
    places = pa.array(["crawl/\x1b[31m.gz"] * len(table))
    pq.write_table(table.set_column(table.schema.get_field_index("source_path"), "source_path", places), path)

    assert "crawl/ [31m.gz at 100" in shown(small_run, "b8-1")


def test_all_records_of_a_url_are_shown(small_run):
    told = explain(str(small_run), "http://EXAMPLE.org")

    assert told.total == 2
    assert [sighting.outcome for sighting in told.sightings] == ["documents", "duplicates"]
    assert told.sightings[1].twin == told.sightings[1].kept == Copy(ID(2), "http://example.org/", "documents")
    assert told.sightings[0].signals["word_count"] == 50
    assert told.sightings[1].signals is None


def test_what_is_not_there_is_an_error_with_the_nearest_url(small_run):
    with pytest.raises(CrawlsieveError, match="no record has the id, source id or URL") as caught:
        explain(str(small_run), "http://example.org/shirt")

    assert caught.value.args[0].splitlines()[1].strip() == "http://example.org/short"


@pytest.mark.parametrize("page", ["", "'", "x'; DROP VIEW documents; --", "http://", "\x00", "ü" * 1000])
def test_any_question_gets_an_answer(small_run, page):
    with pytest.raises(CrawlsieveError, match="no record"):
        explain(str(small_run), page)


def test_no_run_is_an_error(tmp_path):
    with pytest.raises(CrawlsieveError, match="not a run directory"):
        explain_command(str(tmp_path), "x")


def test_the_page_shows_values_bounds_and_place_and_no_text(small_run, capsys):
    explain_command(str(small_run), "b8-3")
    printed = capsys.readouterr().out

    for word in (
        "rejected",
        "gopher_short_doc",
        "49",
        "at least 50",
        "undefined",
        "3.0 to 10.0",
        "00000.warc.gz at 300",
    ):
        assert word in printed
    assert "two lines" not in shown(small_run, "b8-1")


def change(run, changed):
    """Another manifest."""
    path = run / "manifest.json"
    manifest = json.loads(path.read_text())
    changed(manifest)
    path.write_text(json.dumps(manifest))


def lines(run, page):
    """The first word, the rest: of each line."""
    return [line.split() for line in shown(run, page).splitlines()]


def test_rules_that_never_saw_a_page_have_not_judged_it(small_run):
    printed = shown(small_run, "b8-4")

    assert [verdict.rejects for verdict in explain(str(small_run), "b8-4").sightings[0].verdicts] == [None, None]
    assert printed.count("not judged") == 2
    assert "No step measured it." in printed
    for wrong in ("✓", "✗", "unknown", "keep_rejected"):
        assert wrong not in printed


def test_a_rule_behind_the_step_that_rejects_has_not_judged(small_run):
    write_signals(small_run, 4, word_count=49, mean_word_length=None)
    (sighting,) = explain(str(small_run), "b8-4").sightings

    assert [(verdict.value, verdict.rejects) for verdict in sighting.verdicts] == [(49, None), (None, None)]
    assert "No step measured it." not in shown(small_run, "b8-4")


def test_without_signals_the_other_rules_of_a_step_that_rejects_are_known_to_hold(small_run):
    write_signals(small_run, 3)
    change(small_run, lambda manifest: manifest["recipe"].update(keep_rejected="none"))
    change(small_run, lambda manifest: manifest["rules"].extend([
        {"step": "judge", "name": "more", "column": "a", "at_least": 1, "at_most": None},
        {"step": "judge_2", "name": "later", "column": "b", "at_least": 1, "at_most": None},
    ]))  # fmt: skip
    (sighting,) = explain(str(small_run), "b8-3").sightings

    assert [verdict.rejects for verdict in sighting.verdicts] == [True, True, False, None]
    assert "not judged" not in shown(small_run, "b8-3")


def test_of_two_steps_with_the_same_rule_only_the_one_that_rejects_is_marked(small_run):
    lax = {"step": "judge_2", "name": "gopher_short_doc", "column": "word_count", "at_least": 10, "at_most": None}
    change(small_run, lambda manifest: manifest["rules"].append(lax))
    told = lines(small_run, "b8-3")

    assert ["✗", "│", "judge", "│", "gopher_short_doc"] in [words[:5] for words in told]
    assert ["✓", "│", "judge_2", "│", "gopher_short_doc"] in [words[:5] for words in told]


def test_a_reason_that_no_bound_explains_is_still_told(small_run):
    change(small_run, lambda manifest: manifest["rules"][0].update(at_least=10))

    assert explain(str(small_run), "b8-3").sightings[0].reasons == ("gopher_short_doc",)


def test_signals_that_are_not_kept_are_unknown_and_not_undefined(small_run):
    write_signals(small_run, 3)
    change(small_run, lambda manifest: manifest["recipe"].update(keep_rejected="none"))

    printed = shown(small_run, "b8-3")

    assert "unknown" in printed
    assert "keep_rejected" in printed
    assert "undefined" not in printed


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (50, None, "at least 50"),
        (None, 0.3, "at most 0.3"),
        (3.0, 10, "3.0 to 10"),
        (None, None, "any"),
        (0, 0, "0 to 0"),
    ],
)
def test_bounds_read_as_words(low, high, said):
    assert bounds(Verdict("judge", "r", "c", 1, low, high, rejects=False)) == said


@pytest.mark.parametrize(
    "stored",
    [
        "http://example.com/Reference/Try-It.HTML?key=Value&b=cd",
        "http://example.com/refer%65nce/try-it.html?b=cd&key=value",
        "http://example.com/refer\tence/try-it.html?key=value&b=cd",
        "http://example.com/./reference//try-it.html/?key=value&b=cd",
        "example.com/reference\\try-it.html?key=value&b=cd#reference",
    ],
)
def test_every_spelling_of_an_equal_url_is_found(small_run, stored):
    (file,) = (small_run / "documents").iterdir()
    file.unlink()
    (small_run / "documents").rmdir()
    write(small_run / "documents", tables.DOCUMENTS, [{"id": ID(1), "url": stored, "text": "x", "duplicates": 0}])

    told = explain(str(small_run), "https://www.example.com:443/reference/try-it.html?b=cd&key=value#end")

    assert (told.found_by, told.sightings[0].record["url"]) == ("canonical url", stored)
