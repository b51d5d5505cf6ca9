"""Where the lines and the paragraphs of a batch of texts are: the rules of `segments.py`, compiled."""

import numpy as np

from crawlsieve.filters.hashes import SEED, continuations, count, finish, load, load_some, place, step
from crawlsieve.filters.walk import break_size, count_chars, may_break, skip_blank
from crawlsieve.kernel import kernel


@kernel
def scan_lines(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, begin: int, columns: tuple[np.ndarray, ...]
) -> int:
    """Fill the columns with the lines of documents `begin` and later, as long as there is room for all of one.

    Args:
        data: uint8[m], UTF-8.
        offsets: int64[n + 1] into data.
        table: uint32[0x110000] of `codepoints.py`.
        begin: first document to do; first[begin] is set.
        columns: to be filled: first int64[n + 1], then start, length, chars, hash, blank (as in `Lines`), with room for
            some lines.

    Returns:
        The document to go on with, n when all are done.
    """
    first, start, length, chars, hashes, blank = columns
    k = first[begin]
    for doc in range(begin, offsets.size - 1):
        i, end = offsets[doc], offsets[doc + 1]
        while i < end:
            stop, behind, points, digest = _line(data, i, end)
            if k == start.size:
                return doc
            start[k], length[k], chars[k], hashes[k] = i, stop - i, points, digest
            blank[k] = skip_blank(data, i, stop, table) == stop
            i = behind
            k += 1
        first[doc + 1] = k
    return offsets.size - 1


@kernel
def scan_paragraphs(
    data: np.ndarray, first_line: np.ndarray, lines: tuple[np.ndarray, ...], columns: tuple[np.ndarray, ...]
) -> None:
    """Find every run of lines that are not empty, if one of them is not blank.

    Args:
        data: uint8[m], UTF-8.
        first_line: int64[n + 1], the lines of each text.
        lines: start, length, chars, hash, blank of the lines.
        columns: to be filled: first int64[n + 1], then start, length, chars, hash (as in `Spans`), with room for as
            many paragraphs as there are lines; first[0] is 0.
    """
    starts, lengths, points, digests, blank = lines
    first, start, length, chars, hashes = columns
    p = 0
    for doc in range(first.size - 1):
        k, last = first_line[doc], first_line[doc + 1]
        while k < last:
            begin, solid, total, h = k, False, 0, SEED
            while k < last and lengths[k] > 0:
                if k > begin:
                    gap, size = starts[k - 1] + lengths[k - 1], starts[k] - starts[k - 1] - lengths[k - 1]
                    h = step(h, load_some(data, gap, size))
                    total += count_chars(data, gap, starts[k])
                solid |= not blank[k]
                total += points[k]
                h = step(h, digests[k])
                k += 1
            if solid:
                start[p], length[p] = starts[begin], starts[k - 1] + lengths[k - 1] - starts[begin]
                chars[p], hashes[p] = total, h
                p += 1
            k += 1
        first[doc + 1] = p


@kernel
def _line(data: np.ndarray, start: int, end: int) -> tuple[int, int, int, np.uint64]:
    """(end of the line that begins at `start`, first byte behind its line break, code points, `hash_bytes`)."""
    i, h, points = start, SEED, 0
    while i + 8 <= end:
        word = load(data, i)
        marks = may_break(word)
        while marks:
            at = place(marks)
            size = break_size(data, i + at, end)
            if size:
                tail = word & ((np.uint64(1) << np.uint64(8 * at)) - np.uint64(1))
                points += at - count(continuations(tail))
                return i + at, i + at + size, points, finish(h, tail, np.uint64(i + at - start))
            marks &= marks - np.uint64(1)
        h = step(h, word)
        points += 8 - count(continuations(word))
        i += 8
    stop = i
    while stop < end and not break_size(data, stop, end):
        stop += 1
    tail = load_some(data, i, stop - i)
    points += stop - i - count(continuations(tail))
    behind = stop if stop == end else stop + break_size(data, stop, end)
    return stop, behind, points, finish(h, tail, np.uint64(stop - start))
