"""Quality signals of Gopher (Rae et al. 2021, arXiv:2112.11446, appendix A.1.1), as datatrove counts them.

Words are those of `segments.py`. `docs/reference/conformance.md` says how often its verdicts differ from datatrove's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crawlsieve.filters.codepoints import code_points
from crawlsieve.filters.hashes import equal, load, place
from crawlsieve.filters.ratio import ratio
from crawlsieve.filters.segments import Segments, segment
from crawlsieve.filters.tokens import ALPHABETIC, SOLID
from crawlsieve.filters.walk import trim
from crawlsieve.kernel import inlined, kernel
from crawlsieve.schemas.gopher import GOPHER_QUALITY

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Gopher's own, for English."""


@dataclass(frozen=True)
class StopWords:
    """Stop words of g languages, as one table of word hashes a language."""

    table: np.ndarray
    """uint64[g, s + 1], s a power of two: the hash of a stop word stands where its last bits say, or one behind."""


def stop_words(languages: Sequence[Collection[str]]) -> StopWords:
    """The lists of several languages. Case counts, as in datatrove: "The" is not "the".

    Args:
        languages: the words of each language; a word that is several words to `segments.py` never matches.
    """
    keys = [_keys(words) for words in languages]
    size = 8
    while (table := _table(keys, size)) is None:
        size *= 2
    return StopWords(table)


def _keys(words: Collection[str]) -> np.ndarray:
    """uint64: the different hashes of those words that are one word."""
    found = segment(pa.array(sorted(set(words)), pa.large_string())).words
    return np.unique(found.hash[found.first[:-1][found.counts == 1]])


def _table(keys: list[np.ndarray], size: int) -> np.ndarray | None:
    """uint64[g, size + 1]: each key at the place of its last bits, or one behind; None where that is not possible."""
    table = np.zeros((len(keys), size + 1), np.uint64)
    for row, language in zip(table, keys, strict=True):
        for key in language:
            slot = int(key) % size
            slot += row[slot] != 0
            if row[slot]:
                return None
            row[slot] = key
    return table


def gopher_quality(segments: Segments, words: StopWords, language: np.ndarray | None = None) -> pa.RecordBatch:
    """The columns of GOPHER_QUALITY for n texts.

    Args:
        segments: n texts.
        words: of `stop_words`.
        language: int64[n], the row of `words` for each text, -1 where there is no list; None: all texts have list 0.
    """
    count = len(segments)
    language = np.zeros(count, np.int64) if language is None else language.astype(np.int64)
    found = np.zeros((count, 4), np.int64)
    marks = np.zeros((count, 2), np.int64)
    rows = np.zeros((count, 2), np.int64)
    count_words(
        (segments.words.first, segments.words.hash, segments.words.chars, segments.words.kind),
        (words.table, np.empty(words.table.shape[1] + 1, np.bool_)),
        language,
        found,
    )
    count_marks(segments.data, segments.offsets, marks)
    count_rows(segments.data, (segments.lines.first, segments.lines.start, segments.lines.length), code_points(), rows)

    total, lines = segments.words.counts, segments.lines.counts
    return pa.RecordBatch.from_arrays(
        [
            pa.array(found[:, 0]),
            ratio(found[:, 1], found[:, 0]),
            ratio(marks[:, 0], total),
            ratio(marks[:, 1], total),
            ratio(rows[:, 0], lines),
            ratio(rows[:, 1], lines),
            ratio(found[:, 2], total),
            pa.array(found[:, 3], mask=language < 0),
        ],
        schema=GOPHER_QUALITY,
    )


@kernel
def count_words(
    words: tuple[np.ndarray, ...], stop_words: tuple[np.ndarray, np.ndarray], language: np.ndarray, found: np.ndarray
) -> None:
    """Count words, their letters and the stop words among them.

    Args:
        words: first int64[n + 1], hash uint64[w], chars int32[w], kind uint8[w] of `Words`.
        stop_words: table of `StopWords`; bool[s + 2], working memory.
        language: int64[n], row of the table, -1 for none.
        found: int64[n, 4], to be filled: words that are not punctuation only, their code points, words with a letter,
            different stop words.
    """
    first, hashes, chars, kind = words
    for doc in range(first.size - 1):
        solid = length = letters = 0
        for k in range(first[doc], first[doc + 1]):
            is_solid = (kind[k] & SOLID) // SOLID
            solid += is_solid
            length += chars[k] * is_solid
            letters += kind[k] & ALPHABETIC
        stops = 0
        if language[doc] >= 0:
            stops = _stop_words(hashes, (first[doc], first[doc + 1]), stop_words[0][language[doc]], stop_words[1])
        found[doc] = solid, length, letters, stops


@kernel
def _stop_words(hashes: np.ndarray, words: tuple[int, int], table: np.ndarray, seen: np.ndarray) -> int:
    """Different stop words among hashes[words[0]:words[1]]. No branch, as none is foreseen: misses go to seen[0]."""
    seen[:] = 0
    last = np.uint64(table.size - 2)
    for k in range(words[0], words[1]):
        slot = hashes[k] & last
        here, behind = table[slot] == hashes[k], table[slot + np.uint64(1)] == hashes[k]
        seen[(slot + np.uint64(1)) * np.uint64(here) + (slot + np.uint64(2)) * np.uint64(behind)] = True
    stops = 0
    for slot in range(table.size):
        stops += seen[slot + 1]
    return stops


@kernel
def count_marks(data: np.ndarray, offsets: np.ndarray, marks: np.ndarray) -> None:
    """Add to marks int64[n, 2]: number signs, and ellipses (three full stops, or one character)."""
    for doc in range(offsets.size - 1):
        begin, end = offsets[doc], offsets[doc + 1]
        signs = ellipses = 0
        i = begin
        while i < end:
            if i + 8 <= end:
                word = load(data, i)
                # The ellipsis is E2 80 A6. Its last byte is looked for: quotes and dashes begin with E2, too.
                ahead = equal(word, 0x23) | equal(word, 0x2E) | equal(word, 0xA6)
                if ahead == 0:
                    i += 8
                    continue
                i += place(ahead)
            signs += data[i] == 0x23
            dots = data[i] == 0x2E and _ellipsis(data, i, end) > 0
            ellipses += dots or (data[i] == 0xA6 and i >= begin + 2 and _ellipsis(data, i - 2, end) > 0)
            i += 3 if dots else 1
        marks[doc] = signs, ellipses


@kernel
def count_rows(data: np.ndarray, lines: tuple[np.ndarray, ...], table: np.ndarray, rows: np.ndarray) -> None:
    """Add to rows int64[n, 2]: lines that begin with a bullet, lines that end in an ellipsis."""
    first, start, length = lines
    for doc in range(first.size - 1):
        bullets = ellipses = 0
        for k in range(first[doc], first[doc + 1]):
            begin, stop = trim(data, start[k], start[k] + length[k], table)
            if begin == stop:
                continue
            bullets += _is_bullet(data, begin, stop)
            ellipses += stop - begin >= 3 and _ellipsis(data, stop - 3, stop) == 3
        rows[doc] = bullets, ellipses


@inlined
def _ellipsis(data: np.ndarray, i: int, end: int) -> int:
    """Bytes of the ellipsis at i, 3 either way, 0 if there is none."""
    if i + 3 > end:
        return 0
    dots = data[i] == 0x2E and data[i + 1] == 0x2E and data[i + 2] == 0x2E
    return 3 if dots or (data[i] == 0xE2 and data[i + 1] == 0x80 and data[i + 2] == 0xA6) else 0


@inlined
def _is_bullet(data: np.ndarray, i: int, end: int) -> bool:
    """Whether a hyphen or U+2022 stands at i < end."""
    if data[i] == 0x2D:
        return True
    return i + 3 <= end and data[i] == 0xE2 and data[i + 1] == 0x80 and data[i + 2] == 0xA2
