"""Columns of RefinedWeb's line rules (Penedo et al. 2023, arXiv:2306.01116, appendix G.2), as DCLM has them."""

import pyarrow as pa

from crawlsieve.schemas.column import column, from_source

REFINEDWEB_REMOVES = {
    "uppercase": "of which more than half is upper or title case letters",
    "numeric": "of numbers only (Unicode category N: digits, fractions, Roman numerals)",
    "counter": "that count likes, shares, comments and the like",
    "few_words": "of one word",
    "phrase": "of nothing but a button's label",
}
"""Line rules, and which lines they remove; a line is removed by the first that holds."""


def _removed() -> list[pa.Field]:
    fields = []
    for rule, which in REFINEDWEB_REMOVES.items():
        lines, characters = f"refinedweb_lines_removed_{rule}", f"refinedweb_characters_removed_{rule}"
        fields += [
            column(lines, pa.int64(), f"lines {which}", unit="lines", nullable=True),
            column(characters, pa.int64(), f"of lines {which}", unit="code points", nullable=True),
        ]
    return fields


REFINEDWEB = from_source(
    "Penedo et al. 2023, arXiv:2306.01116, appendix G.2, as DCLM's code has them",
    pa.schema(
        [
            *_removed(),
            column(
                "refinedweb_characters_removed_label",
                pa.int64(),
                "of buttons' labels cut out of lines that stay",
                unit="code points",
                nullable=True,
            ),
            column(
                "refinedweb_removed_word_ratio",
                pa.float64(),
                "words that the line rules remove / words before; null without a word",
                unit="ratio",
                nullable=True,
            ),
        ]
    ),
)
"""What `clean_lines: {rules: [refinedweb]}` adds."""
