import math

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.filters.rulesets import ALIASES, RULE_SETS, rule_set
from crawlsieve.stages.languages import for_languages

REPETITION = {
    "duplicate_line_ratio": 0.3,
    "duplicate_line_char_ratio": 0.2,
    "duplicate_paragraph_ratio": 0.3,
    "duplicate_paragraph_char_ratio": 0.2,
    "top_2gram_char_ratio": 0.2,
    "top_3gram_char_ratio": 0.18,
    "top_4gram_char_ratio": 0.16,
    "duplicate_5gram_char_ratio": 0.15,
    "duplicate_6gram_char_ratio": 0.14,
    "duplicate_7gram_char_ratio": 0.13,
    "duplicate_8gram_char_ratio": 0.12,
    "duplicate_9gram_char_ratio": 0.11,
    "duplicate_10gram_char_ratio": 0.10,
}
PUBLISHED = {
    "gopher_quality@datatrove": {
        "word_count": (50, 100_000),
        "mean_word_length": (3, 10),
        "hash_to_word_ratio": (None, 0.1),
        "ellipsis_to_word_ratio": (None, 0.1),
        "bullet_line_ratio": (None, 0.9),
        "ellipsis_line_ratio": (None, 0.3),
        "alphabetic_word_ratio": (0.8, None),
        "stop_word_count": (2, None),
    },
    "gopher_repetition@datatrove": {name: (None, bound) for name, bound in REPETITION.items()},
    "gopher_repetition@dclm": {f"{name}_dclm": (None, bound) for name, bound in REPETITION.items()},
    "c4@tfds": {
        "c4_characters": (None, 190_000),
        "c4_lorem_ipsum_lines": (None, 0),
        "c4_curly_bracket_lines": (None, 0),
        "c4_sentences": (3, None),
    },
    "c4@datatrove": {
        "c4_datatrove_lorem_ipsum_lines": (None, 0),
        "c4_datatrove_curly_bracket_lines": (None, 0),
        "c4_datatrove_sentences": (5, None),
    },
    "c4@fineweb": {
        "c4_fineweb_lorem_ipsum_lines": (None, 0),
        "c4_fineweb_curly_bracket_lines": (None, 0),
        "c4_fineweb_sentences": (5, None),
    },
    "mc4@tfds": {"third_longest_line": (200, None)},
    "fineweb@datatrove": {
        "line_punctuation_ratio": (0.12, None),
        "short_line_ratio": (None, 0.67),
        "repeated_line_char_ratio": (None, 0.01),
        "newline_to_word_ratio": (None, 0.3),
    },
    "refinedweb@dclm": {"refinedweb_removed_word_ratio": (None, 0.05)},
}
RULES = [rule for rules in RULE_SETS.values() for rule in rules]


def verdicts(rule, values, language=None):
    table = pa.table({rule.column: pa.array(values, pa.float64()), "language": pa.array([language] * len(values))})
    said = duckdb.connect().from_arrow(table).project(rule.sql()).fetchall()
    return rule.rejects(table.to_batches()[0]).to_pylist(), [row[0] for row in said]


@pytest.mark.parametrize("name", RULE_SETS)
def test_a_set_has_the_thresholds_of_its_source(name):
    assert {rule.column: (rule.at_least, rule.at_most) for rule in RULE_SETS[name]} == PUBLISHED[name]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_bound_is_good_and_one_ulp_outside_is_not_in_arrow_and_in_duckdb(rule):
    for bound, outwards in ((rule.at_least, -math.inf), (rule.at_most, math.inf)):
        if bound is None:
            continue
        beside = [np.nextafter(bound, outwards), float(bound), np.nextafter(bound, -outwards)]

        assert verdicts(rule, beside) == ([True, False, False], [True, False, False])


@pytest.mark.parametrize(
    "rule", [rule for rule in map(for_languages, RULES) if rule.exceptions], ids=lambda rule: rule.name
)
def test_each_bound_of_a_language_is_good_and_one_ulp_outside_is_not(rule):
    for language, bounds in rule.exceptions:
        for bound, outwards in ((bounds.at_least, -math.inf), (bounds.at_most, math.inf)):
            if bound is not None:
                beside = [np.nextafter(bound, outwards), float(bound)]

                assert verdicts(rule, beside, language) == ([True, False], [True, False])


def test_no_two_rules_have_one_name():
    names = [rule.name for rule in RULES]

    assert len(set(names)) == len(names)


def test_an_alias_is_a_stated_variant():
    assert ALIASES["gopher_repetition"] == "gopher_repetition@datatrove"
    assert ALIASES["c4"] == "c4@tfds"
    assert all(rule_set(alias) == RULE_SETS[name] for alias, name in ALIASES.items())


def test_a_rule_is_found_by_its_own_name():
    assert [rule.name for rule in rule_set("c4_sentences")] == ["c4_sentences"]


def test_an_unknown_set_is_an_error_with_the_nearest_name():
    with pytest.raises(ValueError, match=r"no rules 'gopher_qualty'\. Did you mean 'gopher_quality'\? Sets: "):
        rule_set("gopher_qualty")
