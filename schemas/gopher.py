"""Signals of Gopher (Rae et al. 2021, arXiv:2112.11446): quality (appendix A.1.1) and repetition (Table A1)."""

import pyarrow as pa

from crawlsieve.schemas.column import column, from_source

_RAE = "Rae et al. 2021, arXiv:2112.11446"


def _count(name: str, doc: str) -> pa.Field:
    return column(name, pa.int64(), doc, unit="words", nullable=True)


def _ratio(name: str, part: str, whole: str, unit: str = "ratio") -> pa.Field:
    return column(name, pa.float64(), f"{part} / {whole}; null if there are none", unit=unit, nullable=True)


_WORDS, _LINES = "words, punctuation included", "lines, empty ones included"

GOPHER_QUALITY = from_source(
    f"{_RAE}, appendix A.1.1",
    pa.schema(
        [
            _count("word_count", "words of filters/segments.py that are not punctuation only"),
            _ratio("mean_word_length", "code points of those words", "those words", "code points"),
            _ratio("hash_to_word_ratio", "number signs", _WORDS),
            _ratio("ellipsis_to_word_ratio", "'...' and '…'", _WORDS),
            _ratio("bullet_line_ratio", "lines that begin with '•' or '-' after white space", _LINES),
            _ratio("ellipsis_line_ratio", "lines that end in '...' or '…' before white space", _LINES),
            _ratio("alphabetic_word_ratio", "words with a letter", _WORDS),
            _count(
                "stop_word_count",
                "different stop words of its language in the text; null for a language without a list",
            ),
        ]
    ),
)
"""What `filters.gopher.gopher_quality` measures."""


def _repetition(suffix: str, counted: tuple[str, str], text: str, top: str, again: str) -> pa.Schema:
    """The 13 signals of Table A1: which copies count, of which lines, what divides, the top n-gram, which repeat."""
    what, lines = counted
    spans = {"line": lines, "paragraph": "paragraphs"}
    copies = [
        field
        for name, all_of_them in spans.items()
        for field in (
            _ratio(f"duplicate_{name}_ratio{suffix}", f"{name}s that {what}", all_of_them),
            _ratio(
                f"duplicate_{name}_char_ratio{suffix}",
                f"code points of {name}s that {what}",
                text.format(of=f"{name}s"),
            ),
        )
    ]
    whole = text.format(of="words")
    tops = [_ratio(f"top_{n}gram_char_ratio{suffix}", top.format(n=n), whole) for n in (2, 3, 4)]
    repeated = [_ratio(f"duplicate_{n}gram_char_ratio{suffix}", again.format(n=n), whole) for n in (5, 6, 7, 8, 9, 10)]
    variant = "DCLM's code" if suffix else "datatrove 0.10"
    return from_source(f"{_RAE}, table A1, as {variant} counts", pa.schema([*copies, *tops, *repeated]))


GOPHER_REPETITION_DATATROVE = _repetition(
    "",
    (
        "occurred before",
        "lines, empty ones left out, and one more for a line break at either end of the text (two are equal lines)",
    ),
    "code points of the text",
    "code points of the most frequent {n}-gram, words joined by spaces, times its count",
    "code points of {n}-grams that occurred before, without overlap",
)
"""What `filters.repetition.gopher_repetition(..., "datatrove")` measures."""

GOPHER_REPETITION_DCLM = _repetition(
    "_dclm",
    ("occur more than once, all copies,", "lines, blank ones left out"),
    "code points of all {of}",
    "code points of the most frequent {n}-gram that occurs twice, times its count",
    "code points of words in any {n}-gram that occurs twice",
)
"""What `filters.repetition.gopher_repetition(..., "dclm")` measures."""
