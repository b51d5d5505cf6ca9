"""A run that is written from another one's measurements is the run that a full one would be."""

import json
from pathlib import Path

import pytest

from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.views import connect
from tests.pipelines.judge.conftest import JUDGE, LOOSER, MEASURE

pytestmark = pytest.mark.usefixtures("no_reports")

FIFTY, HUNDRED = ({"override": {"gopher_word_count": {"at_least": words}}} for words in (50, 100))
NEAR = {
    "exact": ["exact_duplicates"],
    "nothing": [],
    "walk": ["exact_duplicates", {"near_duplicates": {"ngram": 2, "bands": 10, "rows": 4}}],
    "estimated": [{"near_duplicates": {"ngram": 2, "bands": 20, "rows": 3, "verify": 0.5, "max_comparisons": 2}}],
    "exactly": [{"near_duplicates": {"ngram": 2, "verify": {"measure": "exact", "at_least": 0.4}}}],
    "blocks": ["exact_duplicates", {"near_duplicates": {"ngram": 2, "method": "lshbloom", "block_documents": 16}}],
    "by words": [{"exact_duplicates": {"by": ["text"], "priority": ["word_count"]}}, "near_duplicates"],
}


def keys(run):
    with connect(run) as engine:
        return sorted(engine.sql("SELECT * FROM keys").fetchall(), key=repr)


@pytest.mark.parametrize("shape", NEAR)
def test_the_rows_are_those_of_a_full_run_there_and_back(made, full, judged, shape):
    """The stricter run from the looser one, and the looser one from the stricter one."""
    run, place = made(steps=[MEASURE, {"judge": JUDGE["judge"] | FIFTY}, *NEAR[shape]])
    first = json.loads((Path(run) / "manifest.json").read_text())
    other, told = full(place, [HUNDRED])

    assert digest(run) != digest(other)
    for source, change, wanted, manifest in (
        (run, "gopher_word_count.at_least=100", other, told),
        (other, "gopher_word_count.at_least=50", run, first),
    ):
        out, made_again = judged(source, change, name=f"judged-{change.rpartition('=')[2]}")

        assert digest(out) == digest(wanted)
        assert {name: made_again[name] for name in ("key", "balance", "counts")} == {
            name: manifest[name] for name in ("key", "balance", "counts")
        }
        assert keys(out) == keys(wanted)


MANY_STEPS = [
    {"measure": {"signals": ["gopher_quality"], "prefix": "raw_"}},
    {"measure": {"signals": ["gopher_repetition"]}},
    {"judge": {"rules": ["gopher_repetition"]}},
    {"language": {"keep": ["fi", "it", "id", "la", "hr"], "at_least": 0.05}},
    {"clean_lines": {"rules": ["refinedweb"]}},
    "redact",
    {"measure": {"signals": ["gopher_quality"]}},
    {"judge": {"rules": ["gopher_quality", "refinedweb"]}},
    "exact_duplicates",
    {"near_duplicates": {"ngram": 2, "priority": ["word_count"]}},
]


def test_documents_that_other_steps_reject_have_the_reasons_of_the_judges_that_saw_them(made, full, judged):
    run, place = made(steps=MANY_STEPS)
    changes = (
        "judge.gopher_duplicate_5gram_char.at_most=0.001",
        "judge_2.gopher_quality.word_count.at_least=60",
        "without=gopher_stop_words",
    )
    other, told = full(
        place,
        [
            {"override": {"gopher_duplicate_5gram_char": {"at_most": 0.001}}},
            {"override": {"gopher_word_count": {"at_least": 60}}, "without": ["gopher_stop_words"]},
        ],
    )

    out, manifest = judged(run, *changes)

    assert digest(out) == digest(other) != digest(run)
    assert (manifest["key"], manifest["counts"]) == (told["key"], told["counts"])
    assert 0 < manifest["balance"]["duplicates"] < manifest["balance"]["documents"]
    with connect(out) as engine:
        both = "SELECT count(*) > 0 FROM rejected WHERE reasons[1] LIKE 'gopher%' AND reasons[-1] LIKE 'language%'"
        assert engine.sql(both).fetchall() == [(True,)]


def test_inputs_that_are_listed_twice_are_written_twice(made, full, judged, crawl):
    paths = [str(crawl / name) for name in ("shard-000.jsonl", "shard-000.jsonl", "shard-002.jsonl")]
    run, place = made("twice", steps=[MEASURE, JUDGE, *NEAR["walk"]], source={"paths": paths})
    other, told = full(place, [{"override": {"gopher_word_count": {"at_least": 41}}}])

    out, manifest = judged(run, LOOSER)

    assert digest(out) == digest(other) != digest(run)
    assert manifest["counts"] == told["counts"]
    assert manifest["counts"]["decide"]["method/same_record"] > 0
