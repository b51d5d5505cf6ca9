"""Signals of Gopher (Rae et al. 2021, arXiv:2112.11446): quality (appendix A.1.1) and repetition (Table A1)."""

import pyarrow as pa

from crawlsieve.schemas.column import column

RATIO = pa.float64()

GOPHER_QUALITY = pa.schema(
    [
        column("word_count", pa.int64(), "words of `filters/segments.py` that are not punctuation only", unit="words"),
        column(
            "mean_word_length",
            RATIO,
            "code points of those words / word_count; null without a word",
            unit="code points",
            nullable=True,
        ),
        column(
            "hash_to_word_ratio",
            RATIO,
            "'#' / words, punctuation included; null without a word",
            unit="ratio",
            nullable=True,
        ),
        column(
            "ellipsis_to_word_ratio",
            RATIO,
            "'...' and '…' / words, punctuation included; null without a word",
            unit="ratio",
            nullable=True,
        ),
        column(
            "bullet_line_ratio",
            RATIO,
            "lines that begin with '•' or '-' after white space / lines, empty ones included; null without a line",
            unit="ratio",
            nullable=True,
        ),
        column(
            "ellipsis_line_ratio",
            RATIO,
            "lines that end in '...' or '…' before white space / lines, empty ones included; null without a line",
            unit="ratio",
            nullable=True,
        ),
        column(
            "alphabetic_word_ratio",
            RATIO,
            "words with a letter / words, punctuation included; null without a word",
            unit="ratio",
            nullable=True,
        ),
        column(
            "stop_word_count",
            pa.int64(),
            "different stop words of the document's language in it, as written in the list;"
            " null for a language without a list",
            unit="words",
            nullable=True,
        ),
    ]
)
"""What `filters.gopher.gopher_quality` measures."""

_TOP, _DUPLICATE = (2, 3, 4), (5, 6, 7, 8, 9, 10)
_NULL = "; null for a text with nothing to divide by"


def _repetition(suffix: str, docs: dict[str, str]) -> pa.Schema:
    """The 13 signals of Table A1, each name with `suffix`; `docs` says what line, paragraph, top and duplicate are here."""
    names = {
        "duplicate_line_ratio": docs["line"],
        "duplicate_line_char_ratio": docs["line_char"],
        "duplicate_paragraph_ratio": docs["line"].replace("line", "paragraph"),
        "duplicate_paragraph_char_ratio": docs["line_char"].replace("line", "paragraph"),
        **{f"top_{n}gram_char_ratio": docs["top"].format(n=n) for n in _TOP},
        **{f"duplicate_{n}gram_char_ratio": docs["duplicate"].format(n=n) for n in _DUPLICATE},
    }
    return pa.schema(
        [column(name + suffix, RATIO, doc + _NULL, unit="ratio", nullable=True) for name, doc in names.items()]
    )


GOPHER_REPETITION_DATATROVE = _repetition(
    "",
    {
        "line": "lines that occurred before / lines",
        "line_char": "code points of lines that occurred before / code points of the text",
        "top": "code points of the most frequent {n}-gram, words joined by spaces, times its count / code points of the text",
        "duplicate": "code points of {n}-grams that occurred before, without overlap / code points of the text",
    },
)
"""What `filters.repetition.gopher_repetition(..., "datatrove")` measures."""

GOPHER_REPETITION_DCLM = _repetition(
    "_dclm",
    {
        "line": "lines that occur more than once, every copy counted / lines",
        "line_char": "code points of lines that occur more than once, every copy counted / code points of lines",
        "top": "code points of the words of the most frequent {n}-gram (the longest of several; 0 if none occurs twice), times"
        " its count / code points of words",
        "duplicate": "code points of words in any {n}-gram that occurs more than once / code points of words",
    },
)
"""What `filters.repetition.gopher_repetition(..., "dclm")` measures."""
