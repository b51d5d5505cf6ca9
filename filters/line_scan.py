"""What a line is made of, found in one pass over its bytes: words, sentences, brackets.

**Word** (of a line rule). What white space separates; but a letter of a script that writes without spaces (class ALONE
of `codepoints.py`: Han, kana, Thai, ...) is a word by itself, what touches it is one if it has a letter or a number.

**Sentence.** Ends at a run of terminal marks (Unicode Sentence_Terminal) and closing quotes or brackets

* if white space or the end of the line follows, or
* if a mark of the run is not ASCII (。 । ؟ need no space behind them), or
* if the run is one full stop between a lower and an upper case letter ("end.Next");

but where the line goes on neither at an ellipsis (two or more full stops and nothing else) nor at a full stop after a
single letter or a word of `ABBREVIATIONS` (J. R. R., e.g., Mr.). What stands behind the last end is a sentence too. A
sentence has at least one letter or number. This is a definition, no model: TFDS asks punkt and datatrove asks spaCy;
`docs/reference/conformance.md` counts how often that matters.
"""

from functools import cache
from typing import TypeAlias

import numpy as np

from crawlsieve.filters.codepoints import (
    ALONE,
    CLASS,
    CODE_POINTS,
    LETTER,
    LOWER,
    MARK,
    SPACE,
    TERMINAL,
    UPPER,
    WORD,
    code_points,
    decode,
)
from crawlsieve.filters.hashes import CASE_BITS, HIGH_BITS, equal, load, place
from crawlsieve.filters.walk import count_chars, entry_before, has_word, step_back
from crawlsieve.kernel import inlined, kernel

ALL = 1 << 62
"""Enough words for any line."""

SQUARE, CURLY = 1, 2
"""Bits of a line's flags, beside those of `phrases.py`: it has [, it has {."""

_PLAIN, _BLANK, _ALONE, _POINT, _BRACE, _BRACKET, _END, _LOOK = range(8)
"""What a code point means to the scan, which stops at _ALONE and later; _LOOK: only decoding the byte will tell."""

ABBREVIATIONS = (
    "mr",
    "mrs",
    "ms",
    "dr",
    "prof",
    "st",
    "jr",
    "sr",
    "vs",
    "cf",
    "al",
    "no",
    "fig",
    "vol",
    "pp",
    "ca",
    "bzw",
)
"""Words after which a full stop ends no sentence: ASCII, lower case, at most 8 letters."""

CLOSERS = "\"')]}”’»›」』】》〉）］｝"
"""Quotes and brackets that belong to the sentence before them."""

_ABBREVIATED = np.array([int.from_bytes(word.encode(), "little") for word in ABBREVIATIONS], np.int64)
_CLOSING = np.array([ord(mark) for mark in CLOSERS], np.int64)

Tables: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
"""uint8[256], what a byte means; uint8[0x110000], what a code point means; uint32[0x110000] of `codepoints.py`."""


@cache
def scan_tables() -> Tables:
    """What the kernels need to know of bytes and code points."""
    table = code_points()
    classes = table & CLASS
    meaning = np.full(CODE_POINTS, _PLAIN, np.uint8)
    meaning[table & TERMINAL != 0] = _POINT
    meaning[classes == ALONE] = _ALONE
    meaning[classes == SPACE] = _BLANK
    meaning[ord("{")] = _BRACE
    meaning[ord("[")] = _BRACKET

    # A lead byte under which no code point means anything is as plain as a letter: Cyrillic costs what Latin costs.
    first = np.full(256, _PLAIN, np.uint8)
    first[:128] = meaning[:128]
    for size, low, high in ((2, 0x80, 0x800), (3, 0x800, 0x10000), (4, 0x10000, CODE_POINTS)):
        inside = low + np.flatnonzero(meaning[low:high] != _PLAIN)
        first[((0xF00 >> size) & 0xFF) | (inside >> (6 * (size - 1)))] = _LOOK
    return first, meaning, table


@kernel
def scan_line(data: np.ndarray, begin: int, stop: int, tables: Tables, enough: int) -> tuple[int, int, int]:
    """Words, sentences and flags of data[begin:stop], which is one line of UTF-8.

    Args:
        data: uint8[m].
        begin: first byte of the line.
        stop: end of the line.
        tables: of `scan_tables`.
        enough: words; if there are more, how many are counted is left open, which makes the scan fast.
    """
    first, _, table = tables
    i = tail = behind = begin  # up to where sentences are counted; up to where words are
    words = sentences = flags = 0
    blank = 1  # whether white space stands before byte i
    while True:
        while i < stop and words < enough and first[data[i]] <= _BLANK:
            words += blank & (1 - first[data[i]])
            blank = first[data[i]]
            i += 1
        if words >= enough:
            i = next_sign(data, i, stop, first)
        kind, size = _look(data, i, stop, tables)
        if kind == _END:
            return words, sentences + has_word(data, tail, stop, table), flags
        if kind == _ALONE and words < enough:
            if i > behind and not blank:
                words -= not has_word(data, word_before(data, i, begin, tables), i, table)
            behind = word_behind(data, i + size, stop, tables)
            words += 1 + has_word(data, i + size, behind, table)
            blank, i = 0, i + size
            continue
        words += blank & (kind != _BLANK)
        blank = int(kind == _BLANK)
        if kind != _POINT:
            flags |= CURLY * (kind == _BRACE) | SQUARE * (kind == _BRACKET)
            i += size
            continue
        i, ends = _points(data, i, stop, begin, table)
        if ends:  # what has no word is part of the next sentence, and need not be searched again
            sentences += has_word(data, tail, i, table)
            tail = i


@kernel
def next_sign(data: np.ndarray, i: int, stop: int, first: np.ndarray) -> int:
    """First byte at or behind i that is neither a letter nor white space, as far as the table of first bytes tells."""
    while i + 8 <= stop:
        word = load(data, i)
        marks = equal(word, 0x21) | equal(word, 0x2E) | equal(word, 0x3F)  # ! . ?
        ahead = marks | equal(word | CASE_BITS, 0x7B) | word & HIGH_BITS  # [ { and whatever is not ASCII
        if ahead == 0:
            i += 8
            continue
        i += place(ahead)
        if first[data[i]] > _BLANK:
            return i
        while i < stop and data[i] >= 0x80 and first[data[i]] <= _BLANK:
            i += 1
    while i < stop and first[data[i]] <= _BLANK:
        i += 1
    return i


@inlined
def _look(data: np.ndarray, i: int, stop: int, tables: Tables) -> tuple[np.int64, int]:
    """(what stands at byte i, its bytes)."""
    first, meaning, _ = tables
    if i >= stop:
        return np.int64(_END), 0
    kind = np.int64(first[data[i]])
    if kind != _LOOK:
        return kind, 1
    cp, size = decode(data, i, stop)
    return np.int64(meaning[cp]), size


@kernel
def word_before(data: np.ndarray, i: int, low: int, tables: Tables) -> int:
    """First byte of the run before byte i that has neither white space nor an ALONE letter."""
    while i > low:
        at = step_back(data, i, low)
        kind, _ = _look(data, at, i, tables)
        if kind in (_BLANK, _ALONE):
            break
        i = at
    return i


@kernel
def word_behind(data: np.ndarray, i: int, end: int, tables: Tables) -> int:
    """End of the run that begins at byte i and has neither white space nor an ALONE letter."""
    while True:
        kind, size = _look(data, i, end, tables)
        if kind in (_BLANK, _ALONE, _END):
            return i
        i += size


@kernel
def has_long_word(data: np.ndarray, begin: int, stop: int, tables: Tables, longest: int) -> bool:
    """Whether data[begin:stop] has a word of more than `longest` code points. Looks at a few bytes in `longest`."""
    while stop - begin > longest:
        middle = begin + longest
        while middle > begin and data[middle] & 0xC0 == 0x80:
            middle -= 1
        word = word_before(data, middle, begin, tables)
        behind = word_behind(data, middle, stop, tables)
        if count_chars(data, word, behind) > longest:
            return True
        begin = behind + _look(data, behind, stop, tables)[1]
    return False


@kernel
def _points(data: np.ndarray, i: int, end: int, begin: int, table: np.ndarray) -> tuple[int, bool]:
    """The run of marks and closers that begins with the mark at i: (its end, whether a sentence ends there)."""
    j, dots, wide = i, 0, False
    while j < end:
        cp, size = decode(data, j, end)
        if np.int64(table[cp]) & TERMINAL:
            dots += cp == 0x2E
            wide |= cp >= 0x80
        elif not is_closer(cp):
            break
        j += size
    if wide or j >= end:
        return j, True
    entry = np.int64(table[decode(data, j, end)[0]])
    only_dots = dots == j - i
    if entry & CLASS != SPACE:
        glued = only_dots and dots == 1 and entry & UPPER != 0 and entry_before(data, i, begin, table) & LOWER != 0
        return j, glued
    if not only_dots:
        return j, True
    return j, dots == 1 and not _is_short(data, begin, i, table)


@kernel
def _is_short(data: np.ndarray, begin: int, i: int, table: np.ndarray) -> bool:
    """Whether the word before the full stop at i ends in a single letter (J, e.g), or is an abbreviation."""
    if entry_before(data, i, begin, table) & CLASS != LETTER:
        return False
    letter = step_back(data, i, begin)
    before = entry_before(data, letter, begin, table)
    if not before & WORD and before & CLASS != MARK:
        return True
    value, k = np.int64(0), i
    while k > begin and i - k < 8 and 0x61 <= data[k - 1] | 0x20 <= 0x7A:
        k -= 1
        value = value << 8 | (data[k] | 0x20)
    before = entry_before(data, k, begin, table)
    if before & WORD or before & CLASS == MARK:
        return False
    found = False
    for abbreviation in _ABBREVIATED:
        found |= abbreviation == value
    return found


@kernel
def ends_sentence(data: np.ndarray, begin: int, stop: int, table: np.ndarray) -> bool:
    """Whether data[begin:stop] ends in a terminal mark that is not ASCII, and closing quotes or brackets if any."""
    while stop > begin:
        at = step_back(data, stop, begin)
        cp, _ = decode(data, at, stop)
        if np.int64(table[cp]) & TERMINAL:
            return bool(cp >= 0x80)
        if not is_closer(cp):
            return False
        stop = at
    return False


@inlined
def is_closer(cp: int) -> bool:
    """Whether the code point is one of `CLOSERS`."""
    found = False
    for mark in _CLOSING:
        found |= mark == cp
    return found
