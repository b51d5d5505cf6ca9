"""A run that is written from another one's measurements is the run that a full one would be."""

import pytest

from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.views import connect
from tests.pipelines.judge.conftest import JUDGE, LOOSER, MEASURE, STRICTER

BOUNDS = {
    STRICTER: {"override": {"gopher_word_count": {"at_least": 100}}},
    LOOSER: {"override": {"gopher_word_count": {"at_least": 41}}},
}
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
def test_the_rows_are_those_of_a_full_run(made, full, judged, shape):
    run, place = made(steps=[MEASURE, JUDGE, *NEAR[shape]])
    for name, (change, options) in enumerate(BOUNDS.items()):
        other, told = full(place, [options], name=f"full-{name}")

        out, manifest = judged(run, change, name=f"judged-{name}")

        assert digest(out) == digest(other) != digest(run)
        assert manifest["key"] == told["key"]
        assert manifest["balance"] == told["balance"]
        assert manifest["counts"] == told["counts"]
        assert keys(out) == keys(other)


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


def test_inputs_that_are_listed_twice_are_written_twice(made, full, judged, tmp_path):
    made()
    paths = [str(tmp_path / name) for name in ("shard-000.jsonl", "shard-000.jsonl", "shard-003.jsonl")]
    run, place = made("twice", steps=[MEASURE, JUDGE, *NEAR["walk"]], source={"paths": paths})
    other, told = full(place, [BOUNDS[LOOSER]])

    out, manifest = judged(run, LOOSER)

    assert digest(out) == digest(other) != digest(run)
    assert manifest["counts"] == told["counts"]
    assert manifest["counts"]["decide"]["method/same_record"] > 0
