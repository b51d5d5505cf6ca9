"""Rules of several judge steps, before and behind the step that names the language."""

import pytest

from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.report.rules import bounds_of, judging
from tests.pipelines.report.conftest import OVERRIDE, made
from tests.pipelines.report.test_facts import block, rows, told

AGAIN = {"gopher_word_count": {"at_least": 30}}
STEPS = [
    {"measure": {"signals": ["gopher_quality"]}},
    {"judge": {"rules": ["gopher_quality"], "override": OVERRIDE}},
    {"judge": {"rules": ["gopher_quality"], "override": OVERRIDE | AGAIN}},
]


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """A run whose two judges have the same rules with other bounds."""
    return made(tmp_path_factory.mktemp("twice"), steps=STEPS)[0]


def test_a_reason_that_two_steps_give_is_one_document_and_its_text_once(twice):
    short = [row for row in rows(twice, "rejected") if "gopher_word_count" in row["reasons"]]
    listed = {row[0]: row for row in block(told(twice)["rules"], "table")["rows"]}["gopher_word_count"]

    assert any(row["reasons"].count("gopher_word_count") == 2 for row in short)
    assert (listed[3], listed[5]) == (len(short), sum(len(row["text"].encode()) for row in short))
    assert listed[2] == "judge: at least 4.0, at most 100,000; judge_2: at least 30.0, at most 100,000"


def test_a_sample_has_the_bounds_of_the_steps_that_reject_it(twice):
    for item in block(told(twice)["samples"], "samples")["items"]:
        ends = [each["at_least"] for each in item["verdicts"] if each["rule"] == "gopher_word_count"]
        assert len(ends) == item["reasons"].count("gopher_word_count")
        assert ends in ([], [30], [4, 30])


def test_exceptions_for_languages_are_those_of_steps_that_knew_the_language(run):
    found = manifest(str(run))
    (rule,) = [rule for rule in found["rules"] if rule["name"] == "gopher_mean_word_length"]
    judge = [{"judge": {}}]

    assert rule["exceptions"]
    for steps, held in (([{"language": {}}, *judge], rule["exceptions"]), ([*judge, {"language": {}}], [])):
        (known,) = judging({"rules": [rule], "recipe": {"steps": steps}})
        assert known["exceptions"] == held
        assert ("language labels" in bounds_of([known])) == bool(held)
