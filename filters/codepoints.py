"""What each code point is: one table entry of 32 bits holds its class, its properties and its simple case folding.

The data stand in `codepoints.txt`, made by `infra/make_codepoints.py`, so that a signal is the same under every version
of Python. Kernels take the table as an argument.
"""

from functools import cache
from pathlib import Path

import numpy as np

from crawlsieve.kernel import inlined

CODE_POINTS = 0x110000

FOLD = 0x1FFFFF
"""Mask of the code point that stands for this one where case does not matter."""

CLASS = 7 << 21
"""Mask of the class; exactly one of OTHER, SPACE, LETTER, NUMBER, MARK, ALONE, PUNCTUATION."""
OTHER = 0 << 21
"""Symbols, private use, unassigned: neither word nor punctuation."""
SPACE = 1 << 21
"""White space as `str.isspace` has it: Unicode White_Space and U+001C to U+001F."""
LETTER = 2 << 21
"""General category L, except where ALONE."""
NUMBER = 3 << 21
"""General category N, except where ALONE."""
MARK = 4 << 21
"""Categories M and Cf, and skin tones: continues whatever stands before it."""
ALONE = 5 << 21
"""A word by itself, with its marks: Han, Hiragana, Katakana, and the letters of scripts that write without spaces
between words (Line_Break=SA: Thai, Lao, Khmer, Myanmar, Tai Le, New Tai Lue, Tai Tham, Tai Viet, Ahom)."""
PUNCTUATION = 6 << 21
"""Categories P and Cc, the symbols of ASCII, and three that look like them."""

ALPHA = 1 << 24
"""Property: `str.isalpha` (category L)."""
WORD = 1 << 25
"""Property: category L or N."""
SOLID = 1 << 26
"""Property: anything but PUNCTUATION and SPACE."""
UPPER = 1 << 27
"""Property: upper or title case letter."""
LOWER = 1 << 28
"""Property: lower case letter."""
TERMINAL = 1 << 29
"""Property: ends a sentence (Sentence_Terminal, and three Khmer signs)."""

_PROPERTIES = {"a": ALPHA | WORD, "n": WORD, "t": TERMINAL, "u": UPPER, "l": LOWER}
_CLASSES = {"s": SPACE, "o": ALONE, "a": LETTER, "n": NUMBER, "m": MARK, "p": PUNCTUATION}
"""In order: the first letter that a run has decides."""

REPLACEMENT = 0xFFFD
"""Stands for a byte that is not UTF-8."""


@cache
def code_points() -> np.ndarray:
    """uint32[0x110000]: FOLD, CLASS and properties of every code point; read only, built once a process (5 ms)."""
    path = Path(__file__).with_name("codepoints.txt")
    runs = [line.split() for line in path.read_text("ascii").splitlines() if not line.startswith("#")]
    first = np.array([int(run[0], 16) for run in runs])
    entry = np.array([_entry(run[1]) for run in runs], np.uint32)
    distance = np.array([int(run[2]) for run in runs])

    length = np.diff(first, append=CODE_POINTS)
    fold = np.arange(CODE_POINTS) + np.repeat(distance, length)
    table: np.ndarray = np.repeat(entry, length) | fold.astype(np.uint32)
    table.setflags(write=False)
    return table


def _entry(letters: str) -> int:
    """Class and properties for the letters of a run."""
    kind = next((_CLASSES[letter] for letter in _CLASSES if letter in letters), OTHER)
    solid = SOLID if kind not in (PUNCTUATION, SPACE) else 0
    return kind | solid | sum(_PROPERTIES.get(letter, 0) for letter in letters)


@inlined
def decode(data: np.ndarray, i: int, end: int) -> tuple[int, int]:
    """Code point that begins at byte i, and its bytes.

    Args:
        data: uint8[m], UTF-8. Malformed bytes are REPLACEMENT, one byte each, and nothing at or behind `end` is read.
        i: less than end.
        end: where the text ends.

    Returns:
        (code point, bytes from 1 to 4), both int64.
    """
    lead = int(np.int64(data[i]))
    if lead < 0x80:
        return lead, 1
    if lead < 0xC2 or lead > 0xF4:
        return REPLACEMENT, 1
    size = 2 if lead < 0xE0 else (3 if lead < 0xF0 else 4)
    if i + size > end:
        return REPLACEMENT, 1
    value = lead & (0x7F >> size)
    for j in range(i + 1, i + size):
        byte = int(np.int64(data[j]))
        if byte & 0xC0 != 0x80:
            return REPLACEMENT, 1
        value = (value << 6) | (byte & 0x3F)
    return (value, size) if value < CODE_POINTS else (REPLACEMENT, 1)


@inlined
def look(table: np.ndarray, cp: int) -> int:
    """The entry of a code point as int64: NumPy's unsigned and signed integers together would make a float."""
    return int(np.int64(table[cp]))
