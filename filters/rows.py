"""Where the lines and the paragraphs of a batch of texts are: the rules of `segments.py`, compiled."""

import numpy as np
from numba import njit

from crawlsieve.filters.codepoints import CLASS, SPACE, decode
from crawlsieve.filters.tokens import mix

_SEED = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD6E8FEB86659FD93)

LEADS = np.zeros(256, np.bool_)
"""bool[256]: bytes that a line break can begin with."""
LEADS[[0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0xC2, 0xE2]] = True


@njit(nogil=True, cache=True)
def count_lines(data, offsets, first):  # type: ignore[no-untyped-def]
    """Set first[1:] of int64[n + 1] to the running count of lines; first[0] is 0."""
    k = 0
    for doc in range(offsets.size - 1):
        i, end = offsets[doc], offsets[doc + 1]
        while i < end:
            _, i = _line(data, i, end)
            k += 1
        first[doc + 1] = k


@njit(nogil=True, cache=True)
def scan_lines(data, offsets, table, columns):  # type: ignore[no-untyped-def]
    """Fill start, length, chars, hash, and blank: bool[k], true where a line is white space only or empty."""
    start, length, chars, hashes, blank = columns
    k = 0
    for doc in range(offsets.size - 1):
        i, end = offsets[doc], offsets[doc + 1]
        while i < end:
            stop, behind = _line(data, i, end)
            start[k], length[k], chars[k] = i, stop - i, _chars(data, i, stop)
            hashes[k], blank[k] = hash_bytes(data, i, stop), _is_blank(data, i, stop, table)
            i = behind
            k += 1


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
    first, start, length, count, digest = columns
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
                start[p], length[p], count[p], digest[p] = starts[k], 0, 0, _SEED
            else:
                gap = start[p] + length[p]
                count[p] += _chars(data, gap, starts[k])
                digest[p] = (digest[p] ^ hash_bytes(data, gap, starts[k])) * _STEP
            length[p] = starts[k] + lengths[k] - start[p]
            count[p] += chars[k]
            digest[p] = mix((digest[p] ^ hashes[k]) * _STEP)
        first[doc + 1] = p + 1


@njit(nogil=True, cache=True)
def hash_bytes(data, start, stop):  # type: ignore[no-untyped-def]
    """uint64 hash of data[start:stop], eight bytes a step."""
    h = (_SEED ^ np.uint64(stop - start)) * _STEP
    i = np.uint64(start)
    whole = np.uint64(start + (stop - start) // 8 * 8)
    while i < whole:
        word = np.uint64(0)
        for b in range(8):
            word |= np.uint64(data[i + np.uint64(b)]) << np.uint64(8 * b)
        h = (h ^ word) * _STEP
        h ^= h >> np.uint64(29)
        i += np.uint64(8)
    word, shift = np.uint64(0), np.uint64(0)
    while i < np.uint64(stop):
        word |= np.uint64(data[i]) << shift
        shift += np.uint64(8)
        i += np.uint64(1)
    return mix((h ^ word) * _STEP)


@njit(nogil=True, cache=True)
def _line(data, i, end):  # type: ignore[no-untyped-def]
    """(end of the line that begins at i, first byte behind its line break)."""
    while i < end:
        byte = data[i]
        if LEADS[byte]:
            if byte < 0x80:
                both = byte == 0x0D and i + 1 < end and data[i + 1] == 0x0A
                return i, i + 1 + both
            if byte == 0xC2 and i + 1 < end and data[i + 1] == 0x85:
                return i, i + 2
            if byte == 0xE2 and i + 2 < end and data[i + 1] == 0x80 and data[i + 2] & 0xFE == 0xA8:
                return i, i + 3
        i += 1
    return end, end


@njit(nogil=True, cache=True)
def _chars(data, start, stop):  # type: ignore[no-untyped-def]
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
