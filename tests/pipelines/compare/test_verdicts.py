"""Which rules of two runs go together."""

import pytest

from crawlsieve.pipelines.compare.comparison import comparison
from crawlsieve.pipelines.compare.verdicts import paired, stem


def test_rules_are_paired_by_name_then_column_then_variant():
    one = {"x": "c", "y": "d", "gopher_z": "z_ratio", "c4_s": "c4_sentences", "lonely": "q", "url_domain": None}
    other = {"x": "e", "w": "d", "gopher_z_dclm": "z_ratio_dclm", "f_s": "c4_fineweb_sentences", "odd": None}

    assert paired(one, other) == [
        ("x", "x"), ("y", "w"), ("gopher_z", "gopher_z_dclm"), ("c4_s", "f_s"), ("lonely", None), ("url_domain", None),
        (None, "odd"),
    ]  # fmt: skip


def test_a_rule_of_the_same_column_goes_before_one_of_a_variant():
    one, other = {"p": "z_ratio", "q": "z_ratio_dclm"}, {"s": "z_ratio_dclm", "r": "z_ratio"}

    assert paired(one, other) == [("p", "r"), ("q", "s")]


@pytest.mark.parametrize(("column", "meaning"), [
    ("top_2gram_char_ratio_dclm", "top_2gram_char_ratio"), ("c4_datatrove_sentences", "c4_sentences"),
    ("c4_sentences", "c4_sentences"), ("dclm_score", "dclm_score"),
])  # fmt: skip
def test_a_variant_measures_what_its_name_says_without_the_variant(column, meaning):
    assert stem(column) == meaning


def test_a_rule_of_two_steps_is_good_within_the_bounds_of_both(write_run):
    rule = {"name": "short", "column": "word_count"}
    judged = [
        rule | {"step": "judge", "at_least": 50, "at_most": 900},
        rule | {"step": "judge_2", "at_least": 80, "at_most": None},
    ]

    (found,) = comparison(write_run("a", judged=judged), write_run("b")).rules

    assert (found.a_bounds, found.b_bounds) == ((80, 900), (None, None))
