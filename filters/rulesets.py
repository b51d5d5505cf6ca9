"""Named sets of rules. A name says whose code or paper it follows, because one name means different things to many.

`SET@variant` is what a set is; a bare `SET` is an alias of one variant, listed in ALIASES. Another threshold, another
column or another order of counting is another variant: a variant never changes once it is released.
"""

from difflib import get_close_matches

from crawlsieve.filters.rule import Rule
from crawlsieve.schemas.c4 import C4_PREFIX

ALIASES = {
    "gopher_quality": "gopher_quality@datatrove",
    "gopher_repetition": "gopher_repetition@datatrove",
    "c4": "c4@tfds",
    "mc4": "mc4@tfds",
    "fineweb": "fineweb@datatrove",
    "refinedweb": "refinedweb@dclm",
}
"""Bare name -> the set that it stands for."""

_GOPHER_QUALITY = (
    Rule("gopher_word_count", "word_count", at_least=50, at_most=100_000),
    Rule("gopher_mean_word_length", "mean_word_length", at_least=3, at_most=10),
    Rule("gopher_hashes", "hash_to_word_ratio", at_most=0.1),
    Rule("gopher_ellipses", "ellipsis_to_word_ratio", at_most=0.1),
    Rule("gopher_bullet_lines", "bullet_line_ratio", at_most=0.9),
    Rule("gopher_ellipsis_lines", "ellipsis_line_ratio", at_most=0.3),
    Rule("gopher_alphabetic_words", "alphabetic_word_ratio", at_least=0.8),
    Rule("gopher_stop_words", "stop_word_count", at_least=2),
)
"""Rae et al. 2021, arXiv:2112.11446, appendix A.1.1; datatrove 0.10 `GopherQualityFilter`."""

_REPETITION_BOUNDS = {
    "duplicate_line": 0.3,
    "duplicate_line_char": 0.2,
    "duplicate_paragraph": 0.3,
    "duplicate_paragraph_char": 0.2,
    "top_2gram_char": 0.2,
    "top_3gram_char": 0.18,
    "top_4gram_char": 0.16,
    "duplicate_5gram_char": 0.15,
    "duplicate_6gram_char": 0.14,
    "duplicate_7gram_char": 0.13,
    "duplicate_8gram_char": 0.12,
    "duplicate_9gram_char": 0.11,
    "duplicate_10gram_char": 0.1,
}
"""Rae et al. 2021, Table A1: the same in both variants, which count differently."""


def _repetition(suffix: str) -> tuple[Rule, ...]:
    """The rules of Table A1 on the columns with this suffix."""
    return tuple(
        Rule(f"gopher_{name}{suffix}", f"{name}_ratio{suffix}", at_most=bound)
        for name, bound in _REPETITION_BOUNDS.items()
    )


def _c4(variant: str, sentences: int) -> tuple[Rule, ...]:
    """The page rules of a C4 variant."""
    prefix = C4_PREFIX[variant]
    return (
        Rule(f"{prefix}_lorem_ipsum", f"{prefix}_lorem_ipsum_lines", at_most=0),
        Rule(f"{prefix}_curly_bracket", f"{prefix}_curly_bracket_lines", at_most=0),
        Rule(f"{prefix}_sentences", f"{prefix}_sentences", at_least=sentences),
    )


RULE_SETS: dict[str, tuple[Rule, ...]] = {
    "gopher_quality@datatrove": _GOPHER_QUALITY,
    "gopher_repetition@datatrove": _repetition(""),
    "gopher_repetition@dclm": _repetition("_dclm"),
    # Raffel et al. 2020, arXiv:1910.10683, section 2.2; tensorflow_datasets/text/c4_utils.py
    "c4@tfds": (Rule("c4_characters", "c4_characters", at_most=190_000), *_c4("c4@tfds", sentences=3)),
    # datatrove 0.10 `C4QualityFilter`, as it comes and as FineWeb sets it
    "c4@datatrove": _c4("c4@datatrove", sentences=5),
    "c4@fineweb": _c4("c4@fineweb", sentences=5),
    # Xue et al. 2021, arXiv:2010.11934, section 3.1; c4_utils.py `paragraph_filter`
    "mc4@tfds": (Rule("mc4_long_lines", "third_longest_line", at_least=200),),
    # Penedo et al. 2024, arXiv:2406.17557, section 3.6; datatrove 0.10 `FineWebQualityFilter`
    "fineweb@datatrove": (
        Rule("fineweb_line_punctuation", "line_punctuation_ratio", at_least=0.12),
        Rule("fineweb_short_lines", "short_line_ratio", at_most=0.67),
        # 0.01 is datatrove's default, with which FineWeb was made; the paper prints 0.1, and FineWeb-2 uses that
        Rule("fineweb_repeated_lines", "repeated_line_char_ratio", at_most=0.01),
        Rule("fineweb_newlines", "newline_to_word_ratio", at_most=0.3),
    ),
    # Penedo et al. 2023, arXiv:2306.01116, appendix G.2; dclm_baseline_refinedweb.yaml
    "refinedweb@dclm": (Rule("refinedweb_removed_words", "refinedweb_removed_word_ratio", at_most=0.05),),
}
"""Name -> its rules, in the order in which they are recorded."""


def rule_set(name: str) -> tuple[Rule, ...]:
    """The rules of a set, of an alias, or the one rule of that name.

    Raises:
        ValueError: there is no such set; the message has the nearest name, and all of them.
    """
    rules = RULE_SETS.get(ALIASES.get(name, name)) or _rules_by_name().get(name)
    if rules:
        return rules
    near = get_close_matches(name, [*ALIASES, *RULE_SETS, *_rules_by_name()], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"no rules {name!r}.{hint} Sets: {', '.join([*ALIASES, *RULE_SETS])}.")


def _rules_by_name() -> dict[str, tuple[Rule]]:
    """Every rule of every set; no two have one name."""
    return {rule.name: (rule,) for rules in RULE_SETS.values() for rule in rules}
