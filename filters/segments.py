r"""A batch of texts, cut up: where its words, lines and paragraphs are, and a hash of each.

**Word.** White space (`str.isspace`) separates words. Between white space,

* a run of letters, numbers and marks (categories L, N, M, Cf) is a word: Latin, Cyrillic, Arabic, Hindi, Korean, ...
* a letter of a script that writes without spaces (Han, kana, Thai, Lao, Khmer, Myanmar, ...) is a word by itself, with
  its marks;
* every other character is a symbol and a word by itself, with its marks; a run of one of . - / @ | ^ ~ \ is one word.

A symbol between two letters or numbers is part of the word if it is ASCII or the middle dot (e.g, a_b, x@y.z), except

* a full stop from lower to upper case (end.Next is three words);
* comma and apostrophe, but between numbers (1,000);
* hyphens, dashes and ~, but from letter to number (well-known is three words, covid-19 one, 10-20 three);
* / : < = >, but before a number (and/or is three words, 1/2 and 10:30 are one);
* + * ^ between numbers.

An apostrophe between a word and a letter begins the next word (don't is don and 't, l'eau is l and 'eau); one of
. - / @ | ^ ~ \ that is not behind a word, but right before one, is part of that (-5, .NET, /usr, @name). A word with ://
or with a full stop before its first slash is an address and goes on to the white space, without closing punctuation.
These rules follow what spaCy's English tokenizer does to web text; `docs/reference/conformance.md` counts how closely.

**Line.** What `str.splitlines` calls a line, without its line break: LF, CR, CRLF, VT, FF, FS, GS, RS, NEL, LS, PS.
Empty lines are lines; there is none behind a last line break.

**Paragraph.** A maximal run of lines that are not empty, line breaks between them included, unless all of it is white
space. A line of white space does not end a paragraph; nor does it for Gopher's imitators, who look for two line feeds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from crawlsieve.filters.codepoints import code_points
from crawlsieve.filters.lines import scan_lines, scan_paragraphs
from crawlsieve.filters.memory import uninitialised
from crawlsieve.filters.strings import text_buffers
from crawlsieve.filters.tokens import scan_words

VERSION = 1
"""Of what words, lines and paragraphs are, and of their hashes. Raised when any changes; stored with keys of them."""

_SPANS = (np.int64, np.int32, np.int32, np.uint64)
_WORDS = (*_SPANS, np.uint8)
_LINES = (*_SPANS, np.bool_)
"""Types of the columns behind `first`."""


@dataclass(frozen=True)
class Spans:
    """Pieces of the documents of a batch: those of document i are first[i] to first[i + 1] - 1, in reading order."""

    first: np.ndarray
    """int64[n + 1]"""
    start: np.ndarray
    """int64[k]: offset of the first byte in `Segments.data`."""
    length: np.ndarray
    """int32[k]: bytes."""
    chars: np.ndarray
    """int32[k]: code points."""
    hash: np.ndarray
    """uint64[k]: of the bytes as they are; equal for equal bytes, wherever they stand."""

    @property
    def counts(self) -> np.ndarray:
        """int64[n]: pieces of each document."""
        return np.diff(self.first)


@dataclass(frozen=True)
class Words(Spans):
    """Spans of words, which know what they are made of."""

    kind: np.ndarray
    """uint8[k]: OR of the kinds of its code points: ALPHABETIC, WORDLIKE, SOLID, ... of `tokens.py`."""


@dataclass(frozen=True)
class Lines(Spans):
    """Spans of lines."""

    blank: np.ndarray
    """bool[k]: nothing but white space, or nothing at all."""


@dataclass(frozen=True)
class Segments:
    """A batch of n texts, cut up. All arrays are read only in spirit: several signals share them."""

    data: np.ndarray
    """uint8[m]: UTF-8 bytes, a view of the Arrow buffer."""
    offsets: np.ndarray
    """int64[n + 1]: text i is data[offsets[i]:offsets[i + 1]]."""
    words: Words

    @cached_property
    def lines(self) -> Lines:
        """Lines of every text, found when they are first asked for."""
        return Lines(*_scanned(scan_lines, self.data, self.offsets, _LINES))

    @cached_property
    def paragraphs(self) -> Spans:
        """Paragraphs of every text, found when they are first asked for."""
        return _paragraphs(self.data, self.lines)

    def __len__(self) -> int:
        """Number of texts."""
        return len(self.offsets) - 1


def segment(text: pa.Array) -> Segments:
    """Words, lines and paragraphs of a batch of texts.

    Args:
        text: large_string[n] or string[n], also a slice or a chunked array; null counts as empty.

    Cost: two looks at a byte. A word takes 25 bytes, a line or paragraph 24: five times the text, so cut large batches
    with `Array.slice`; 2 MB at a time are as fast as any.
    """
    data, offsets = text_buffers(text)
    return Segments(data, offsets, Words(*_scanned(scan_words, data, offsets, _WORDS)))


def _scanned(
    scan: Callable[..., int], data: np.ndarray, offsets: np.ndarray, kinds: tuple[type[np.generic], ...]
) -> list[np.ndarray]:
    """`first`, and the columns of these types that `scan` fills. How many it finds is not known before: they grow."""
    n = len(offsets) - 1
    first = np.zeros(n + 1, np.int64)
    room = int(offsets[-1] - offsets[0]) // (4 if kinds is _WORDS else 32) + 1000
    columns = tuple(uninitialised(room, kind) for kind in kinds)
    done = 0
    while (done := scan(data, offsets, code_points(), done, (first, *columns))) < n:
        room, used = 2 * room, int(first[done])
        wider = tuple(uninitialised(room, kind) for kind in kinds)
        for old, new in zip(columns, wider, strict=True):
            new[:used] = old[:used]
        columns = wider
    return [first, *(column[: first[-1]] for column in columns)]


def _paragraphs(data: np.ndarray, lines: Lines) -> Spans:
    """Paragraphs of every text."""
    first = np.zeros(len(lines.first), np.int64)
    columns = tuple(uninitialised(len(lines.start), kind) for kind in _SPANS)
    rows = (lines.start, lines.length, lines.chars, lines.hash, lines.blank)
    scan_paragraphs(data, lines.first, rows, (first, *columns))
    return Spans(first, *(column[: first[-1]] for column in columns))
