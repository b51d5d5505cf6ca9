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
    hash_bytes,
    load,
    load_some,
    place,
    step,
)
from crawlsieve.filters.kernel import inlined, kernel


@kernel
def bound_lines(data: np.ndarray, offsets: np.ndarray) -> int:
    """At least the number of lines: one for every byte that a line break may end with, and one a text."""
    most = offsets.size - 1
    for i in range(offsets[0], offsets[-1]):
        byte = data[i]
        control = ((byte >= 0x0A) & (byte <= 0x0D)) | ((byte >= 0x1C) & (byte <= 0x1E))
        most += control | (byte == 0x85) | (byte & 0xFE == 0xA8)
    return most


@kernel
def scan_lines(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, columns: tuple[np.ndarray, ...]) -> None:
    """Find every line.

    Args:
        data: uint8[m], UTF-8.
        offsets: int64[n + 1] into data.
        table: uint32[0x110000] of `codepoints.py`.
        columns: to be filled: first int64[n + 1], then start, length, chars, hash, blank (as in `Lines`), with room for
            `bound_lines`; first[0] is 0.
    """
    first, start, length, chars, hashes, blank = columns
    k = 0
    for doc in range(offsets.size - 1):
        i, end = offsets[doc], offsets[doc + 1]
        while i < end:
            stop, behind, points, digest = _line(data, i, end)
            start[k], length[k], chars[k], hashes[k] = i, stop - i, points, digest
            blank[k] = skip_blank(data, i, stop, table) == stop
            i = behind
            k += 1
        first[doc + 1] = k


@kernel
def scan_paragraphs(
    data: np.ndarray,
    first_line: np.ndarray,
    lines: tuple[np.ndarray, np.ndarray, np.ndarray],
    columns: tuple[np.ndarray, ...],
) -> None:
    """Find every run of lines that are not empty, if one of them is not blank.

    Args:
        data: uint8[m], UTF-8.
        first_line: int64[n + 1], the lines of each text.
        lines: start, length and blank of the lines.
        columns: to be filled: first int64[n + 1], then start, length, chars, hash (as in `Spans`), with room for as
            many paragraphs as there are lines; first[0] is 0.
    """
    starts, lengths, blank = lines
    first, start, length, chars, hashes = columns
    p = 0
    for doc in range(first.size - 1):
        k, last = first_line[doc], first_line[doc + 1]
        while k < last:
            begin, solid = k, False
            while k < last and lengths[k] > 0:
                solid |= not blank[k]
                k += 1
            if solid:
                i, stop = starts[begin], starts[k - 1] + lengths[k - 1]
                start[p], length[p] = i, stop - i
                chars[p], hashes[p] = count_chars(data, i, stop), hash_bytes(data, i, stop)
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
