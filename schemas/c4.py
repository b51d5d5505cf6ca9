"""Columns of C4: facts about a page as its cleaning meets them, what the cleaning removes, and mC4's long lines.

Source: tensorflow_datasets/text/c4_utils.py (Raffel et al. 2020, arXiv:1910.10683, section 2.2; mC4: Xue et al. 2021,
arXiv:2010.11934, section 3.1).
"""

import pyarrow as pa

from crawlsieve.schemas.column import column, from_source

C4_PREFIX = {"c4@tfds": "c4", "c4@datatrove": "c4_datatrove", "c4@fineweb": "c4_fineweb"}
"""First part of the columns' names, by variant: the same fact differs where the line rules differ."""

_SOURCE = {
    "c4@tfds": "Raffel et al. 2020, arXiv:1910.10683, section 2.2; tensorflow_datasets' c4_utils.py",
    "c4@datatrove": "Raffel et al. 2020, arXiv:1910.10683, section 2.2; datatrove 0.10",
    "c4@fineweb": "Penedo et al. 2024, arXiv:2406.17557, section 3.6; datatrove 0.10",
}

C4_REMOVES = {
    "long_word": "with a word of more than 1,000 code points",
    "end_mark": "that do not end as a sentence does",
    "few_words": "of too few words",
    "javascript": 'that say "javascript"',
    "policy": "with a phrase on cookies, privacy or terms of use",
}
"""Line rules, and which lines they remove; a line is removed by the first that holds."""


def c4_page(variant: str) -> pa.Schema:
    """What the page rules of a C4 variant judge, by `measure`, or by `clean_lines` from the text before cleaning."""
    prefix = C4_PREFIX[variant]
    kept = f"sentences in the lines that {variant}'s line rules leave"
    return from_source(
        _SOURCE[variant],
        pa.schema(
            [
                column(
                    f"{prefix}_characters",
                    pa.int64(),
                    "of the page before cleaning",
                    unit="code points",
                    nullable=True,
                ),
                column(
                    f"{prefix}_sentences",
                    pa.int64(),
                    kept,
                    unit="sentences",
                    nullable=True,
                ),
                column(
                    f"{prefix}_lorem_ipsum_lines",
                    pa.int64(),
                    'lines that say "lorem ipsum"',
                    unit="lines",
                    nullable=True,
                ),
                column(f"{prefix}_curly_bracket_lines", pa.int64(), "lines with a {", unit="lines", nullable=True),
            ]
        ),
    )


def at_cleaning(name: str) -> str:
    """Name of the column in which `clean_lines` leaves a fact of `c4_page` for `measure` to take over."""
    prefix = max((prefix for prefix in C4_PREFIX.values() if name.startswith(f"{prefix}_")), key=len)
    return f"{prefix}_cleaning_{name.removeprefix(prefix + '_')}"


def c4_removed(variant: str) -> pa.Schema:
    """What `clean_lines` removes under a C4 variant, rule by rule; blank lines and white space are nobody's."""
    prefix = C4_PREFIX[variant]
    fields = []
    for rule, which in C4_REMOVES.items():
        fields += [
            column(f"{prefix}_lines_removed_{rule}", pa.int64(), f"lines {which}", unit="lines", nullable=True),
            column(
                f"{prefix}_characters_removed_{rule}",
                pa.int64(),
                f"of lines {which}",
                unit="code points",
                nullable=True,
            ),
        ]
    cited = "of citation marks cut out of lines that stay"
    return from_source(
        _SOURCE[variant],
        pa.schema(
            [
                *fields,
                column(f"{prefix}_characters_removed_citation", pa.int64(), cited, unit="code points", nullable=True),
            ]
        ),
    )


MC4 = from_source(
    "Xue et al. 2021, arXiv:2010.11934, section 3.1",
    pa.schema(
        [
            column(
                "third_longest_line",
                pa.int64(),
                "length of the third longest line; null if there are fewer",
                unit="code points",
                nullable=True,
            ),
        ]
    ),
)
"""What `measure: {signals: [mc4]}` adds."""
