"""Verdicts of `measure` and `judge`, and datatrove 0.10's, as `benchmarks/conformance_vectors.py` asked for them.

`DIFFERENT` names every text on which a decision differs, and why. Nothing else may differ. The repetition and quality
rules of Gopher have their own in `tests/filters/test_gopher_conformance.py`.
"""

import gzip
import hashlib
import json
import runpy
from pathlib import Path

import pytest

from crawlsieve.stages.clean_lines import CleanLines
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.measure import Measure
from tests.records import records

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "conformance"

ALIKE = {
    "fineweb": ("fineweb", "fineweb"),
    "c4_paragraph": ("mc4", "mc4"),
    "c4_quality": ("c4@datatrove", "c4@datatrove"),
    "c4_quality_fineweb": ("c4@fineweb", "c4@fineweb"),
}
"""datatrove's filter -> our signal, our rule set."""

MARKS = "sentence marks that are not ASCII end a line for us"
WORDS = "a letter of Chinese or Japanese is a word for us"
DIFFERENT = {
    ("c4_quality", "mozilla_readability/html/gmw.html.gz"): MARKS,
    ("c4_quality", "mozilla_readability/html/hukumusume.html.gz"): MARKS,
    ("c4_quality", "scrapinghub_articles/html/85439e26c41c7590.html.gz"): MARKS,
    ("c4_quality", "scrapinghub_articles/html/f105de6e63ca91ea.html.gz"): MARKS,
    ("c4_quality_fineweb", "scrapinghub_articles/html/85439e26c41c7590.html.gz"): WORDS,
    ("fineweb", "mozilla_readability/html/gmw.html.gz"): WORDS,
    ("fineweb", "scrapinghub_articles/html/85439e26c41c7590.html.gz"): WORDS,
    ("fineweb", "scrapinghub_articles/html/f105de6e63ca91ea.html.gz"): WORDS,
}
EAST_ASIAN = {page for _, page in DIFFERENT}

COUNTED = {
    "line-filter-too_long_word": "long_word",
    "line-filter-no_terminal_punc": "end_mark",
    "line-filter-too_few_words": "few_words",
    "line-filter-javascript": "javascript",
    "line-filter-policy": "policy",
}


def vectors(name):
    path = FOLDER / name
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in content.decode().split("\n") if line]


def differing(texts, answers):
    """(filter, id) of every text on which the decision differs."""
    found = set()
    for key, (signal, rules) in ALIKE.items():
        judged = Judge(rules=(rules,))(Measure(signals=(signal,))(records(texts)))
        for reasons, answer in zip(judged["reasons"].to_pylist(), answers, strict=True):
            if (not reasons) != bool(answer[key]["pass"]):
                found.add((key, answer["id"]))
    return found


@pytest.fixture(scope="module")
def own():
    answers = vectors("own.jsonl")
    return [answer["text"] for answer in answers], answers


@pytest.fixture(scope="module")
def pages(shared):
    answers = vectors("pages.jsonl.gz")
    script = runpy.run_path(str(ROOT / "benchmarks" / "conformance_vectors.py"))
    texts = [page["text"] for page in script["pages"](shared / "data" / "html_extraction")]
    assert [hashlib.sha256(text.encode()).hexdigest() for text in texts] == [answer["sha256"] for answer in answers]
    return texts, answers


def test_no_decision_on_our_texts_differs(own):
    assert differing(*own) == set()


def test_our_cleaned_texts_are_datatrove_s(own):
    texts, answers = own
    for key, rules in (("c4_quality", "c4@datatrove"), ("c4_quality_fineweb", "c4@fineweb")):
        cleaned = CleanLines(rules=(rules,))(records(texts))["text"].to_pylist()
        for text, answer in zip(cleaned, answers, strict=True):
            if answer[key]["pass"]:
                assert text == answer[key]["text"]


@pytest.mark.shared
def test_decisions_on_real_pages_differ_only_where_we_say_so(pages):
    assert differing(*pages) == set(DIFFERENT)


@pytest.mark.shared
def test_cleaned_pages_are_datatrove_s_byte_for_byte(pages):
    texts, answers = pages
    for key, rules in (("c4_quality", "c4@datatrove"), ("c4_quality_fineweb", "c4@fineweb")):
        cleaned = CleanLines(rules=(rules,))(records(texts))["text"].to_pylist()
        others = {
            answer["id"]
            for text, answer in zip(cleaned, answers, strict=True)
            if answer[key]["pass"] and hashlib.sha256(text.encode()).hexdigest() != answer[key]["sha256"]
        }

        assert others <= EAST_ASIAN


@pytest.mark.shared
def test_each_line_rule_removes_as_many_lines_of_a_page_as_datatrove_s(pages):
    texts, answers = pages
    after = CleanLines(rules=("c4@datatrove",))(records(texts))
    counts = {rule: after[f"c4_datatrove_lines_removed_{rule}"].to_pylist() for rule in COUNTED.values()}
    for place, answer in enumerate(answers):
        theirs = answer["c4_quality"]
        if answer["id"] in EAST_ASIAN or theirs["reason"] not in (None, "too_few_sentences"):
            continue  # a page with lorem ipsum or a { is not counted to its end
        blank = sum(not line.strip() for line in texts[place].splitlines())
        for counted, rule in COUNTED.items():
            expected = theirs["lines"].get(counted, 0) - blank * (rule == "end_mark")
            assert counts[rule][place] == expected, (answer["id"], rule)


@pytest.mark.shared
def test_fineweb_s_line_signals_are_datatrove_s(pages):
    texts, answers = pages
    measured = Measure(signals=("fineweb",))(records(texts))
    pairs = {
        "line_punct_ratio": "line_punctuation_ratio",
        "short_line_ratio": "short_line_ratio",
        "char_dup_ratio": "repeated_line_char_ratio",
    }
    for theirs, ours in pairs.items():
        for value, answer in zip(measured[ours].to_pylist(), answers, strict=True):
            if answer["id"] != "wcxb_dev_subset/html/0105.html.gz":  # has ten U+0085, which end lines for us
                assert value == pytest.approx(answer["fineweb"]["values"][theirs], abs=1e-9), answer["id"]
