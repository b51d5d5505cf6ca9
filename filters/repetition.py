"""Repetition signals of Gopher (Rae et al. 2021, arXiv:2112.11446, Table A1), in the two variants that are in use.

What           | datatrove                                         | dclm
-------------- | ------------------------------------------------- | ------------------------------------------------
words          | all, punctuation too                              | those with a letter or a number
2- to 4-grams  | the first of the most frequent, joined by spaces, | the longest of the most frequent,
               | even if it occurs once                            | only if it occurs twice
5- to 10-grams | second and later occurrences, jumping behind each | every word in a repeated n-gram, the first included
divided by     | code points of the text                           | code points of those words
lines          | second and later copies, as they are              | all copies, without white space at the ends
their chars by | code points of the text                           | code points of all lines

Paragraphs as lines. Both are those of `segments.py`, empty lines left out; datatrove's count of lines has one more for
a line break at the beginning of a text, and one for one at its end.
"""

from typing import Literal

import numpy as np
import pyarrow as pa

from crawlsieve.filters.codepoints import code_points
from crawlsieve.filters.hashes import hash_bytes
from crawlsieve.filters.ngrams import AGAIN, COVERED, FIRST, LONGEST, SECOND, TOP, measure_ngrams, scratch
from crawlsieve.filters.ratio import ratio
from crawlsieve.filters.segments import Segments, Spans
from crawlsieve.filters.tokens import WORDLIKE
from crawlsieve.filters.walk import count_chars, trim
from crawlsieve.kernel import inlined, kernel
from crawlsieve.schemas.gopher import GOPHER_REPETITION_DATATROVE, GOPHER_REPETITION_DCLM

Variant = Literal["datatrove", "dclm"]

_COUNT, _CHARS, _AGAIN, AGAIN_CHARS, _COPIES, _COPIES_CHARS = range(6)
"""Columns of what `copies_of` returns."""


def gopher_repetition(segments: Segments, variant: Variant = "datatrove") -> pa.RecordBatch:
    """The columns of GOPHER_REPETITION_DATATROVE or GOPHER_REPETITION_DCLM for n texts."""
    if variant == "dclm":
        return _dclm(segments)
    return _datatrove(segments)


def _datatrove(segments: Segments) -> pa.RecordBatch:
    words, lines, paragraphs = segments.words, segments.lines, segments.paragraphs
    chars = np.zeros(len(segments), np.int64)
    count_text(segments.data, segments.offsets, chars)
    line = copies_of(lines.first, lines.hash, lines.chars)
    edges = _edges(segments)
    line[:, _COUNT] += edges
    line[:, _AGAIN] += edges == 2
    paragraph = copies_of(paragraphs.first, paragraphs.hash, paragraphs.chars)
    grams = _ngrams(words.first, words.hash, words.chars)
    return pa.RecordBatch.from_arrays(
        [
            ratio(line[:, _AGAIN], line[:, _COUNT]),
            ratio(line[:, AGAIN_CHARS], chars),
            ratio(paragraph[:, _AGAIN], paragraph[:, _COUNT]),
            ratio(paragraph[:, AGAIN_CHARS], chars),
            *(ratio(grams[:, n, FIRST], chars) for n in TOP),
            *(ratio(grams[:, n, SECOND], chars) for n in AGAIN),
        ],
        schema=GOPHER_REPETITION_DATATROVE,
    )


def _dclm(segments: Segments) -> pa.RecordBatch:
    line = copies_of(segments.lines.first, *_trimmed(segments, segments.lines))
    paragraph = copies_of(segments.paragraphs.first, *_trimmed(segments, segments.paragraphs))
    first, hashes, word_chars = _wordlike(segments)
    chars = np.concatenate([[0], np.cumsum(word_chars, dtype=np.int64)])[first]
    grams = _ngrams(first, hashes, word_chars)
    total = np.diff(chars)
    return pa.RecordBatch.from_arrays(
        [
            ratio(line[:, _COPIES], line[:, _COUNT]),
            ratio(line[:, _COPIES_CHARS], line[:, _CHARS]),
            ratio(paragraph[:, _COPIES], paragraph[:, _COUNT]),
            ratio(paragraph[:, _COPIES_CHARS], paragraph[:, _CHARS]),
            *(ratio(grams[:, n, LONGEST], total) for n in TOP),
            *(ratio(grams[:, n, COVERED], total) for n in AGAIN),
        ],
        schema=GOPHER_REPETITION_DCLM,
    )


def _ngrams(first: np.ndarray, hashes: np.ndarray, chars: np.ndarray) -> np.ndarray:
    """int64[n, 11, 2] of `measure_ngrams`."""
    out = np.zeros((len(first) - 1, AGAIN[-1] + 1, 2), np.int64)
    measure_ngrams(first, hashes, chars, scratch(int(np.diff(first).max(initial=0))), out)
    return out


def copies_of(first: np.ndarray, hashes: np.ndarray, chars: np.ndarray) -> np.ndarray:
    """int64[n, 6]: how much of the spans of n texts occurs more than once, as `_count_copies` has it."""
    out = np.zeros((len(first) - 1, 6), np.int64)
    most = int(np.diff(first).max(initial=0))
    size = 1 << (2 * most).bit_length()
    _count_copies(
        first, hashes, chars, (np.zeros(size, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)), out
    )
    return out


def _wordlike(segments: Segments) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(int64[n + 1], uint64[w], int32[w]): first, hash and code points of the words that have a letter or a number."""
    words = segments.words
    first, hashes, chars = np.zeros_like(words.first), np.empty_like(words.hash), np.empty_like(words.chars)
    keep_wordlike((words.first, words.hash, words.chars, words.kind), (first, hashes, chars))
    return first, hashes[: first[-1]], chars[: first[-1]]


def _edges(segments: Segments) -> np.ndarray:
    """int64[n]: line breaks at the very beginning and the very end of each text."""
    lines, filled = segments.lines, np.flatnonzero(segments.lines.counts)
    edges = np.zeros(len(segments), np.int64)
    head, tail = lines.first[filled], lines.first[filled + 1] - 1
    edges[filled] = (lines.length[head] == 0).astype(np.int64) + (
        lines.start[tail] + lines.length[tail] < segments.offsets[filled + 1]
    )
    return edges


def _trimmed(segments: Segments, spans: Spans) -> tuple[np.ndarray, np.ndarray]:
    """(uint64[k], int32[k]): hash and code points of the spans without white space at their ends."""
    hashes, chars = np.empty_like(spans.hash), np.empty_like(spans.chars)
    trim_spans(segments.data, (spans.start, spans.length), code_points(), hashes, chars)
    return hashes, chars


@kernel
def keep_wordlike(words: tuple[np.ndarray, ...], kept: tuple[np.ndarray, ...]) -> None:
    """Copy first, hash, chars of the words (first, hash, chars, kind) that have a letter or a number."""
    first, hashes, chars, kind = words
    kept_first, kept_hashes, kept_chars = kept
    w = 0
    for doc in range(first.size - 1):
        for k in range(first[doc], first[doc + 1]):
            kept_hashes[w], kept_chars[w] = hashes[k], chars[k]
            w += (kind[k] & WORDLIKE) // WORDLIKE
        kept_first[doc + 1] = w


@kernel
def trim_spans(
    data: np.ndarray, spans: tuple[np.ndarray, np.ndarray], table: np.ndarray, hashes: np.ndarray, chars: np.ndarray
) -> None:
    """Set hash and code points of every span, the white space at its ends aside."""
    starts, lengths = spans
    for k in range(starts.size):
        start, stop = trim(data, starts[k], starts[k] + lengths[k], table)
        hashes[k], chars[k] = hash_bytes(data, start, stop), count_chars(data, start, stop)


@kernel
def count_text(data: np.ndarray, offsets: np.ndarray, chars: np.ndarray) -> None:
    """Set chars int64[n] to the code points of each text."""
    for doc in range(chars.size):
        chars[doc] = count_chars(data, offsets[doc], offsets[doc + 1])


@kernel
def _count_copies(
    first: np.ndarray, hashes: np.ndarray, chars: np.ndarray, memory: tuple[np.ndarray, ...], out: np.ndarray
) -> None:
    """How many spans, and code points, occur more than once in their text. Spans of no code points are left out.

    Args:
        first: int64[n + 1].
        hashes: uint64[k].
        chars: int32[k].
        memory: int64 zeros, a power of two and at least twice the most spans of a text; two int64 for that many spans.
        out: int64[n, 6], zeros. Spans, their code points; second and later copies, their code points; all copies of
            what occurs twice or more, their code points.
    """
    table, owners, counts = memory
    stamp = 1
    for doc in range(first.size - 1):
        last = 1
        while last < 2 * (first[doc + 1] - first[doc]):
            last *= 2
        mask = np.uint64(last - 1)
        distinct = 0
        for k in range(first[doc], first[doc + 1]):
            if chars[k] == 0:
                continue
            slot = hashes[k] & mask
            while table[slot] >= stamp and hashes[owners[table[slot] - stamp]] != hashes[k]:
                slot = (slot + np.uint64(1)) & mask
            number = table[slot] - stamp
            if number < 0:
                number = distinct
                table[slot], owners[number], counts[number] = stamp + number, k, 0
                distinct += 1
            counts[number] += 1
            _add_copy(counts[number], chars[k], out[doc])
        stamp += distinct


@inlined
def _add_copy(copy: int, chars: int, out: np.ndarray) -> None:
    """Account for one span that is the copy-th of its kind in its text."""
    out[0] += 1
    out[1] += chars
    if copy > 1:
        fresh = 2 if copy == 2 else 1
        out[2] += 1
        out[3] += chars
        out[4] += fresh
        out[5] += fresh * chars
