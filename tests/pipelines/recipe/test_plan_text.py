"""What `crawlsieve plan` prints."""

import pytest

from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.plan_text import plan_text, size_text
from crawlsieve.stages.read import Input

pytestmark = pytest.mark.usefixtures("small_steps")

ALONE = LocalOptions(workers=1)

STEPS = (
    "- language: {keep: [en]}\n- measure: {signals: [gopher]}\n- judge: {rules: [gopher]}\n"
    "- exact_duplicates: {by: [url, text], priority: [word_count]}\n"
)


def inputs(sizes, kind="jsonl"):
    return [Input(path=f"{number}.{kind}", format=kind, size=size, version="") for number, size in enumerate(sizes)]


def test_the_plan_names_everything_in_order(loaded):
    text = plan_text(loaded(STEPS), inputs([1_234_567, 300]) + inputs([10], "wet"), "new", LocalOptions(workers=2))

    assert (
        text
        == """\
recipe  cc.yaml: cc, seed 7
output  out (new)

inputs  3 (2 jsonl, 1 wet), 1.2 MB
  0.jsonl  jsonl, 1.2 MB
  1.jsonl  jsonl, 300 bytes
  0.wet  wet, 10 bytes

steps
  1. language: keep: [en], at_least: 0.65, model: null
     adds language (string)
  2. measure: signals: [gopher], prefix: ''
     adds word_count (double, words), mean_word_length (double, words)
  3. judge: rules: [gopher], bounds: [], limit: 3, lines: 14, strict: false
  4. exact_duplicates: by: [url, text], priority: [word_count]

tables  (keep_rejected: signals)
  documents: id, source_id, url, date, text, source_path, source_offset, language, language_score,
        script, word_count, token_count, duplicates, metadata
  rejected: id, source_id, url, date, source_path, source_offset, reasons, text, metadata
  duplicates: id, source_id, url, date, source_path, source_offset, method, band, similarity,
        twin_id, kept_id, text, metadata
  failed: id, source_id, url, date, source_path, source_offset, error
  signals: id, source_id, url, source_path, source_offset, outcome, and the 3 columns that the steps
        add

passes  (local, 2 worker processes)
  1. curate: one task an input, 3 in all; each reads its input once
  2. decide: same records, then equal url, then equal text; keys only, no text
  3. publish: one task an output file, then the manifest
"""
    )


def test_a_recipe_without_steps_has_a_plan(loaded):
    text = plan_text(
        loaded("", head="name: cc\nsource: {paths: [a]}\noutput: out\nsteps: []\n"), inputs([1]), "new", ALONE
    )

    assert "\nsteps\n  none\n" in text
    assert "2. decide: same records; keys only, no text\n" in text
    assert "(local, in this process)" in text


def test_many_inputs_are_counted_and_the_first_are_shown(loaded):
    text = plan_text(loaded("- redact\n"), inputs([1000] * 7), "new", ALONE)

    assert "inputs  7 (7 jsonl), 7.0 kB\n" in text
    assert "4.jsonl" in text
    assert "5.jsonl" not in text
    assert "  ... and 2 more\n" in text


def test_an_unknown_size_makes_the_sum_a_lower_bound(loaded):
    text = plan_text(loaded("- redact\n"), inputs([1000, None]), "new", ALONE)

    assert "inputs  2 (2 jsonl), at least 1.0 kB\n" in text
    assert "1.jsonl  jsonl, size unknown\n" in text


def test_a_long_list_is_counted(loaded):
    languages = ", ".join(f"l{number:03}" for number in range(100))

    text = plan_text(loaded(f"- language: {{keep: [{languages}]}}\n"), inputs([1]), "new", ALONE)

    assert "keep: 100 values, the first l000" in text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_500_000_000, "1.5 GB"),
        (10**15, "1.0 PB"),
        (2 * 10**18, "2,000.0 PB"),
    ],
)
def test_sizes_have_one_to_three_digits(size, text):
    assert size_text(size) == text
