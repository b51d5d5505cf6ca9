"""Where the lines and the paragraphs of a batch of texts are: the rules of `segments.py`, compiled."""

import numpy as np

from crawlsieve.filters.codepoints import CLASS, SPACE, decode, look
from crawlsieve.filters.hashes import (
    SEED,
    between,
    continuations,
    count,
    equal,
    finish,
    load,
    load_some,
    place,
    step,
)
from crawlsieve.kernel import inlined, kernel


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
            begin, solid, count, h = k, False, 0, SEED
            while k < last and lengths[k] > 0:
                if k > begin:
                    gap, size = starts[k - 1] + lengths[k - 1], starts[k] - starts[k - 1] - lengths[k - 1]
                    h = step(h, load_some(data, gap, size))
                    count += count_chars(data, gap, starts[k])
                solid |= not blank[k]
                count += points[k]
                h = step(h, digests[k])
                k += 1
            if solid:
                start[p], length[p] = starts[begin], starts[k - 1] + lengths[k - 1] - starts[begin]
                chars[p], hashes[p] = count, h
                p += 1
            k += 1
        first[doc + 1] = p


@kernel
def count_chars(data: np.ndarray, i: int, stop: int) -> int:
    """Code points in data[i:stop], whole ones."""
    points = stop - i
    while i + 8 <= stop:
        points -= count(continuations(load(data, i)))
        i += 8
    return points - count(continuations(load_some(data, i, stop - i)))


@kernel
def skip_blank(data: np.ndarray, i: int, stop: int, table: np.ndarray) -> int:
    """First byte at or behind i that is no white space; `stop` if there is none."""
    while i < stop:
        cp, size = decode(data, i, stop)
        if look(table, cp) & CLASS != SPACE:
            return i
        i += size
    return stop


@kernel
def trim(data: np.ndarray, i: int, stop: int, table: np.ndarray) -> tuple[int, int]:
    """(start, end) of data[i:stop] without white space at its ends; equal if it is all white space."""
    i = skip_blank(data, i, stop, table)
    while stop > i:
        at = stop - 1
        while at > i and data[at] & 0xC0 == 0x80:
            at -= 1
        cp, _ = decode(data, at, stop)
        if look(table, cp) & CLASS != SPACE:
            break
        stop = at
    return i, stop


@kernel
def _line(data: np.ndarray, start: int, end: int) -> tuple[int, int, int, np.uint64]:
    """(end of the line that begins at `start`, first byte behind its line break, code points, `hash_bytes`)."""
    i, h, points = start, SEED, 0
    while i + 8 <= end:
        word = load(data, i)
        marks = _may_break(word)
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


@inlined
def _may_break(word: np.uint64) -> np.uint64:
    """0x80 in every byte that a line break can begin with."""
    return between(word, 0x0A, 0x0D) | between(word, 0x1C, 0x1E) | equal(word, 0xC2) | equal(word, 0xE2)


@kernel
def break_size(data: np.ndarray, i: int, end: int) -> int:
    """Bytes of the line break at i < end, 0 if there is none."""
    byte = data[i]
    if byte == 0x0D and i + 1 < end and data[i + 1] == 0x0A:
        return 2
    if byte < 0x80:
        return 1 if 0x0A <= byte <= 0x0D or 0x1C <= byte <= 0x1E else 0
    if byte == 0xC2 and i + 1 < end and data[i + 1] == 0x85:
        return 2
    separator = byte == 0xE2 and i + 2 < end and data[i + 1] == 0x80 and data[i + 2] & 0xFE == 0xA8
    return 3 if separator else 0
