"""Columns of FineWeb's own quality rules (Penedo et al. 2024, arXiv:2406.17557, section 3.6; datatrove 0.10)."""

import pyarrow as pa

from crawlsieve.schemas.column import column, from_source

FINEWEB = from_source(
    "Penedo et al. 2024, arXiv:2406.17557, section 3.6; datatrove 0.10",
    pa.schema(
        [
            column(
                "line_punctuation_ratio",
                pa.float64(),
                "lines whose last code point ends a sentence / lines; blank lines are none; null without a line",
                unit="ratio",
                nullable=True,
            ),
            column(
                "short_line_ratio",
                pa.float64(),
                "lines of at most 30 code points / lines; blank lines are none; null without a line",
                unit="ratio",
                nullable=True,
            ),
            column(
                "repeated_line_char_ratio",
                pa.float64(),
                "code points of lines that occurred before / code points of the text but line feeds; null without any",
                unit="ratio",
                nullable=True,
            ),
            column(
                "newline_to_word_ratio",
                pa.float64(),
                "line feeds / words, punctuation included; null without a word",
                unit="ratio",
                nullable=True,
            ),
        ]
    ),
)
"""What `measure: {signals: [fineweb]}` adds."""
