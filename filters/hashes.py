"""64-bit hashes of stretches of a byte buffer, eight bytes a step, compiled. Not for adversaries: there is no secret."""

import numpy as np
from numba import njit

from crawlsieve.filters.codepoints import FOLD, decode

SEED = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD6E8FEB86659FD93)
_LAST = np.uint64(0xFF51AFD7ED558CCD)
EVERY_BYTE = np.uint64(0x0101010101010101)
HIGH_BITS = np.uint64(0x8080808080808080)
_LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)


@njit(nogil=True, cache=True, inline="always")
def mix(h):
    """Spread every bit of a uint64 over all of it (finaliser of MurmurHash3, Appleby 2011)."""
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@njit(nogil=True, cache=True, inline="always")
def load(data, i):
    """uint64: the eight bytes of uint8[m] from i on, the first one lowest; i + 8 <= m. One load in machine code."""
    p = np.uint64(i)
    low = np.uint64(data[p]) | np.uint64(data[p + np.uint64(1)]) << np.uint64(8)
    low |= np.uint64(data[p + np.uint64(2)]) << np.uint64(16) | np.uint64(data[p + np.uint64(3)]) << np.uint64(24)
    high = np.uint64(data[p + np.uint64(4)]) << np.uint64(32) | np.uint64(data[p + np.uint64(5)]) << np.uint64(40)
    high |= np.uint64(data[p + np.uint64(6)]) << np.uint64(48) | np.uint64(data[p + np.uint64(7)]) << np.uint64(56)
    return low | high


@njit(nogil=True, cache=True)
def load_some(data, i, count):
    """uint64: the `count` < 8 bytes from i on, the first one lowest; never reads behind the buffer."""
    if i + 8 <= data.size:
        return load(data, i) & ((np.uint64(1) << np.uint64(8 * count)) - np.uint64(1))
    word = np.uint64(0)
    for b in range(count):
        word |= np.uint64(data[i + b]) << np.uint64(8 * b)
    return word


@njit(nogil=True, cache=True, inline="always")
def between(word, low, high):
    """uint64: 0x80 in every byte of `word` that is from `low` to `high`, both ASCII."""
    seven = word & _LOW_BITS
    reaches = seven + EVERY_BYTE * np.uint64(0x80 - low)
    passes = seven + EVERY_BYTE * np.uint64(0x7F - high)
    return reaches & ~passes & ~word & HIGH_BITS


@njit(nogil=True, cache=True, inline="always")
def equal(word, byte):
    """uint64: 0x80 in every byte of `word` that is `byte`."""
    rest = word ^ EVERY_BYTE * np.uint64(byte)
    return ~(((rest & _LOW_BITS) + _LOW_BITS) | rest) & HIGH_BITS


@njit(nogil=True, cache=True, inline="always")
def place(marks):
    """int64: which byte holds the lowest bit of `marks`, a uint64 of 0x80 and 0x00 bytes; 8 if there is none."""
    if marks == 0:
        return 8
    below = (marks & (~marks + np.uint64(1))) - np.uint64(1)
    return np.int64(((below & EVERY_BYTE) * EVERY_BYTE) >> np.uint64(56)) - 1


@njit(nogil=True, cache=True, inline="always")
def count(marks):
    """int64: how many bytes of `marks` are 0x80, where the others are 0."""
    return np.int64(((marks >> np.uint64(7)) * EVERY_BYTE) >> np.uint64(56))


@njit(nogil=True, cache=True, inline="always")
def continuations(word):
    """uint64: 0x80 in every byte that continues a code point of UTF-8."""
    return word & ~(word << np.uint64(1)) & HIGH_BITS


@njit(nogil=True, cache=True, inline="always")
def lower(word):
    """Eight bytes with A to Z in lower case."""
    return word | between(word, 0x41, 0x5A) >> np.uint64(2)


@njit(nogil=True, cache=True, inline="always")
def step(h, word):
    """uint64: hash h, taken eight bytes further."""
    h = (h ^ word) * _STEP
    return h ^ (h >> np.uint64(29))


@njit(nogil=True, cache=True, inline="always")
def finish(h, tail, total):
    """Hash of `total` bytes: h covers all but the last `tail`, fewer than eight, highest bytes 0; all uint64."""
    h = step(h, tail ^ total << np.uint64(56))
    h *= _LAST
    return h ^ (h >> np.uint64(32))


@njit(nogil=True, cache=True)
def hash_bytes(data, start, stop):
    """uint64 hash of data[start:stop] as it is."""
    h = SEED
    i = start
    while i + 8 <= stop:
        h = step(h, load(data, i))
        i += 8
    return finish(h, load_some(data, i, stop - i), np.uint64(stop - start))


@njit(nogil=True, cache=True)
def hash_lower(data, start, stop):
    """uint64: `hash_bytes` of ASCII bytes in lower case."""
    h = SEED
    i = start
    while i + 8 <= stop:
        h = step(h, lower(load(data, i)))
        i += 8
    return finish(h, lower(load_some(data, i, stop - i)), np.uint64(stop - start))


@njit(nogil=True, cache=True)
def hash_folded(data, start, stop, table):
    """uint64: `hash_bytes` of what the simple case folding of data[start:stop] is in UTF-8.

    Args:
        data: uint8[m], UTF-8.
        start, stop: int64, whole code points.
        table: uint32[0x110000] of `codepoints.py`.
    """
    h, word, filled, total = SEED, np.uint64(0), 0, 0
    i = start
    while i < stop:
        cp, size = decode(data, i, stop)
        i += size
        cp = np.int64(table[cp]) & FOLD
        extra = (cp >= 0x80) + (cp >= 0x800) + (cp >= 0x10000)
        lead = cp if extra == 0 else (cp >> (6 * extra)) | (0xF00 >> extra) & 0xFF
        for b in range(extra, -1, -1):
            byte = lead if b == extra else 0x80 | (cp >> (6 * b)) & 0x3F
            word |= np.uint64(byte) << np.uint64(8 * filled)
            filled += 1
            if filled == 8:
                h, word, filled = step(h, word), np.uint64(0), 0
        total += extra + 1
    return finish(h, word, np.uint64(total))
