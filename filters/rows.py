"""Where the lines and the paragraphs of a batch of texts are: the rules of `segments.py`, compiled."""

import numpy as np
from numba import njit

from crawlsieve.filters.codepoints import CLASS, SPACE, decode
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
    mix,
    place,
    step,
)


@njit(nogil=True, cache=True)
def bound_lines(data, offsets):
    """At least the number of lines: one for every byte that may end a line break, and one a text."""
    most = offsets.size - 1
    for i in range(offsets[0], offsets[-1]):
        byte = data[i]
        most += (
            ((byte >= 0x0A) & (byte <= 0x0D))
            | ((byte >= 0x1C) & (byte <= 0x1E))
            | (byte == 0x85)
            | (byte & 0xFE == 0xA8)
        )
    return most


@njit(nogil=True, cache=True)
def scan_lines(data, offsets, table, columns):
    """Fill first int64[n + 1], start, length, chars, hash, and blank bool[k]: white space only or empty."""
    first, start, length, chars, hashes, blank = columns
    k = 0
    for doc in range(offsets.size - 1):
        i, end = offsets[doc], offsets[doc + 1]
        while i < end:
            stop, behind, count, digest = _line(data, i, end)
            start[k], length[k], chars[k], hashes[k] = i, stop - i, count, digest
            blank[k] = _is_blank(data, i, stop, table)
            i = behind
            k += 1
        first[doc + 1] = k


@njit(nogil=True, cache=True)
def scan_paragraphs(data, first_line, lines, blank, columns):  # type: ignore[no-untyped-def]
    """Fill first int64[n + 1], start, length, chars, hash with runs of lines that are not blank.

    Args:
        data: uint8[m].
        first_line: int64[n + 1], the lines of each document.
        lines: start, length, chars, hash of the lines.
        blank: bool[k].
        columns: to be filled; room for as many paragraphs as lines.
    """
    starts, lengths, chars, hashes = lines
    first, start, length, points, digest = columns
    p = -1
    for doc in range(first.size - 1):
        within = False
        for k in range(first_line[doc], first_line[doc + 1]):
            if blank[k]:
                within = False
                continue
            if not within:
                within = True
                p += 1
                start[p], length[p], points[p], digest[p] = starts[k], 0, 0, SEED
            else:
                gap = start[p] + length[p]
                points[p] += count_chars(data, gap, starts[k])
                digest[p] = (digest[p] ^ hash_bytes(data, gap, starts[k])) * np.uint64(0xD6E8FEB86659FD93)
            length[p] = starts[k] + lengths[k] - start[p]
            points[p] += chars[k]
            digest[p] = mix((digest[p] ^ hashes[k]) * np.uint64(0xD6E8FEB86659FD93))
        first[doc + 1] = p + 1


@njit(nogil=True, cache=True)
def _line(data, start, end):
    """(end of the line that begins at `start`, first byte behind its line break, code points, `hash_bytes`)."""
    i, h, chars = start, SEED, 0
    while i + 8 <= end:
        word = load(data, i)
        marks = _may_break(word)
        while marks:
            at = place(marks)
            size = break_size(data, i + at, end)
            if size:
                tail = word & ((np.uint64(1) << np.uint64(8 * at)) - np.uint64(1))
                chars += at - count(continuations(tail))
                return i + at, i + at + size, chars, finish(h, tail, np.uint64(i + at - start))
            marks &= marks - np.uint64(1)
        h = step(h, word)
        chars += 8 - count(continuations(word))
        i += 8
    stop = i
    while stop < end and not break_size(data, stop, end):
        stop += 1
    tail = load_some(data, i, stop - i)
    chars += stop - i - count(continuations(tail))
    behind = stop if stop == end else stop + break_size(data, stop, end)
    return stop, behind, chars, finish(h, tail, np.uint64(stop - start))


@njit(nogil=True, cache=True, inline="always")
def _may_break(word):
    """uint64: 0x80 in every byte that a line break can begin with."""
    return between(word, 0x0A, 0x0D) | between(word, 0x1C, 0x1E) | equal(word, 0xC2) | equal(word, 0xE2)


@njit(nogil=True, cache=True)
def break_size(data, i, end):
    """Bytes of the line break at i < end, 0 if there is none."""
    byte = data[i]
    if byte == 0x0D:
        return 2 if i + 1 < end and data[i + 1] == 0x0A else 1
    if byte < 0x80:
        return 1 if 0x0A <= byte <= 0x0C or 0x1C <= byte <= 0x1E else 0
    if byte == 0xC2:
        return 2 if i + 1 < end and data[i + 1] == 0x85 else 0
    return 3 if byte == 0xE2 and i + 2 < end and data[i + 1] == 0x80 and data[i + 2] & 0xFE == 0xA8 else 0


@njit(nogil=True, cache=True)
def count_chars(data, start, stop):  # type: ignore[no-untyped-def]
    """Code points in data[start:stop]: bytes that do not continue one."""
    count = 0
    for i in range(start, stop):
        count += data[i] & 0xC0 != 0x80
    return count


@njit(nogil=True, cache=True)
def _is_blank(data, i, stop, table):  # type: ignore[no-untyped-def]
    """Whether there is nothing but white space."""
    while i < stop:
        cp, size = decode(data, i, stop)
        if np.int64(table[cp]) & CLASS != SPACE:
            return False
        i += size
    return True


@njit(nogil=True, cache=True)
def trim(data, i, stop, table):
    """(start, stop) of data[i:stop] without white space at its ends; equal if it is all white space."""
    while i < stop:
        cp, size = decode(data, i, stop)
        if np.int64(table[cp]) & CLASS != SPACE:
            break
        i += size
    while stop > i:
        at = stop - 1
        while at > i and data[at] & 0xC0 == 0x80:
            at -= 1
        cp, _ = decode(data, at, stop)
        if np.int64(table[cp]) & CLASS != SPACE:
            break
        stop = at
    return i, stop
