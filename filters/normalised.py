"""Words as near-duplicates are compared: without what differs between copies of one text.

The normalised spelling of a word, in this order:

* `accents`: its full canonical decomposition (NFD) without the marks of category Mn, so that é and e, composed or not,
  are one letter. Vowel signs of Indic scripts that are Mn go too, as they do in datatrove.
* `punctuation`: only its letters, numbers and marks (categories L, N, M); a word without letter and number is dropped.
* `case`: each code point in its simple case folding.
* `numbers`: each run of numbers (category N) is one 0: 1,000.50 is 0 with `punctuation`, and 0,0.0 without.

A word of which nothing is left is dropped. All four are on by default, as in datatrove's `simplify_text` (0.10.1).
That cuts words after it has replaced punctuation by spaces: there a_b is two words, here it is ab. And it counts
decimal digits (Nd) only, each run with one decimal separator.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from crawlsieve.filters.codepoints import ALPHA, CODE_POINTS, FOLD, WORD, code_points
from crawlsieve.filters.memory import uninitialised
from crawlsieve.filters.normalised_kernel import DROPPED, NUMBER, SEVERAL, hash_words, spell_words
from crawlsieve.filters.segments import Segments

VERSION = 1
"""Of the spellings and their hashes. Raised when any changes; stored with whatever is compared by them."""

_GROWTH = 3
"""A spelling has at most this many times the bytes of its word: a Hangul syllable becomes three letters, and a
byte that is not UTF-8 U+FFFD."""
_HANGUL, _LEADS, _VOWELS, _TAILS = 0xAC00, 0x1100, 0x1161, 0x11A7
"""The syllables and their letters (Unicode 15.0, section 3.12); 21 vowels, 27 tails and none."""
_SYLLABLES = 19 * 21 * 28


@dataclass(frozen=True)
class Normalisation:
    """Which differences between words do not matter."""

    case: bool = True
    accents: bool = True
    punctuation: bool = True
    numbers: bool = True

    def describe(self) -> dict[str, bool | int]:
        """What two spellings must have in common to be comparable."""
        return {
            "normalisation_version": VERSION,
            "case": self.case,
            "accents": self.accents,
            "punctuation": self.punctuation,
            "numbers": self.numbers,
        }


NONE = Normalisation(case=False, accents=False, punctuation=False, numbers=False)
"""Every difference matters: words are compared byte for byte."""


class WordHashes(NamedTuple):
    """Hashes of the words of n documents: those of document i are first[i] to first[i + 1] - 1, in reading order."""

    first: np.ndarray
    """int64[n + 1]"""
    hash: np.ndarray
    """uint64[k]"""


def normalised_words(segments: Segments, normalisation: Normalisation) -> WordHashes:
    """Hashes of the words that the normalisation leaves; equal spellings have equal hashes.

    A word that is its own spelling has its hash of `segments.words`. Cost: no look at lower-case ASCII words but one;
    others are spelled anew.
    """
    words = segments.words
    if normalisation == NONE:
        return WordHashes(words.first, words.hash)
    first, hashes = np.zeros_like(words.first), uninitialised(len(words.hash), np.uint64)
    spans = (words.first, words.start, words.length, words.chars, words.kind, words.hash)
    scratch = uninitialised(_GROWTH * int(words.length.max(initial=0)) + 8, np.uint8)
    hash_words(segments.data, spans, _tables(normalisation), _switches(normalisation), (first, hashes, scratch))
    return WordHashes(first, hashes[: first[-1]])


def normalised_text(segments: Segments, normalisation: Normalisation) -> tuple[np.ndarray, np.ndarray]:
    """The texts in normalised spelling: the words that are left, one space between two.

    Without normalisation, too: white space does not matter. For n-grams of characters.

    Returns:
        (uint8[m] UTF-8, int64[n + 1] offsets: text i is data[offsets[i]:offsets[i + 1]]).
    """
    words = segments.words
    out = uninitialised(_GROWTH * int(words.length.sum(dtype=np.int64)) + len(words.length) + 8, np.uint8)
    offsets = np.zeros_like(words.first)
    spans = (words.first, words.start, words.length, words.kind)
    spell_words(segments.data, spans, _tables(normalisation), _switches(normalisation), (offsets, out))
    return out[: offsets[-1]], offsets


def _switches(normalisation: Normalisation) -> tuple[bool, bool, bool]:
    """What the kernels have to know besides the tables."""
    return normalisation.case, normalisation.punctuation, normalisation.numbers


@cache
def _tables(normalisation: Normalisation) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What becomes of each code point, read only, built once a process (30 ms each).

    Returns:
        (uint32[0x110000], uint32[p], bool[0x110000]): an entry is UTF-8, the first byte lowest, or one that UTF-8 has
        not says what else: DROPPED; NUMBER; or SEVERAL, then the bits from 8 are how many, those from 12 the first of
        the entries in the second array. The third array says which code points are not their own spelling.
    """
    points = code_points()
    single = points & FOLD if normalisation.case else np.arange(CODE_POINTS, dtype=np.uint32)
    table = _encoded(single)
    thin, marks, decompositions = _unicode()
    if normalisation.numbers:
        table[(points & (WORD | ALPHA)) == WORD] = NUMBER
    if normalisation.punctuation:
        table[(points & WORD == 0) & ~marks] = DROPPED
    parts: list[np.ndarray] = [np.zeros(0, np.uint32)]
    if normalisation.accents:
        table[thin] = DROPPED
        parts = _decompose(table, decompositions)
    changes = table != _encoded(np.arange(CODE_POINTS, dtype=np.uint32))
    tables = table, np.concatenate(parts), changes
    for each in tables:
        each.setflags(write=False)
    return tables


def _decompose(table: np.ndarray, decompositions: dict[int, list[int]]) -> list[np.ndarray]:
    """Set the entries of all that is composed; the entries that stand for several."""
    several: list[int] = []
    entries = {point: [int(table[part]) for part in parts] for point, parts in decompositions.items()}
    for point, found in entries.items():
        those = [entry for entry in found if entry != DROPPED]
        if len(those) == 1:
            table[point] = those[0]
        else:
            table[point] = SEVERAL | len(those) << 8 | len(several) << 12 if those else DROPPED
            several += those
    index = np.arange(_SYLLABLES)
    lead, vowel, tail = index // (21 * 28), index // 28 % 21, index % 28
    letters = np.stack([table[_LEADS + lead], table[_VOWELS + vowel], table[_TAILS + tail]], axis=1)
    begin = len(several) + 3 * index
    table[_HANGUL : _HANGUL + _SYLLABLES] = SEVERAL | (3 - (tail == 0)) << 8 | begin << 12
    return [np.array(several, np.uint32), letters.astype(np.uint32).ravel()]


def _encoded(points: np.ndarray) -> np.ndarray:
    """uint32[k]: UTF-8 of code points uint32[k], the first byte lowest."""
    low, second, third = (0x80 | (points >> shift) & 0x3F for shift in (0, 6, 12))
    two = 0xC0 | points >> 6 | low << 8
    three = 0xE0 | points >> 12 | second << 8 | low << 16
    four = 0xF0 | points >> 18 | third << 8 | second << 16 | low << 24
    encoded: np.ndarray = np.select([points < 0x80, points < 0x800, points < 0x10000], [points, two, three], four)
    return encoded.astype(np.uint32)


@cache
def _unicode() -> tuple[np.ndarray, np.ndarray, dict[int, list[int]]]:
    """bool[0x110000] category Mn; bool[0x110000] categories Mn, Mc, Me; what is composed, of what else than Mn."""
    thin, marks = np.zeros(CODE_POINTS, np.bool_), np.zeros(CODE_POINTS, np.bool_)
    decompositions: dict[int, list[int]] = {}
    for line in Path(__file__).with_name("decompositions.txt").read_text("ascii").splitlines():
        if line.startswith("#"):
            continue
        point, equals, parts = line.partition("=")
        if equals:
            decompositions[int(point, 16)] = [int(part, 16) for part in parts.split()]
            continue
        first, last = (int(bound, 16) for bound in line[:-2].split("-"))
        marks[first : last + 1] = True
        if line.endswith("n"):
            thin[first : last + 1] = True
    return thin, marks, decompositions
