"""64-bit hashes of stretches of a byte buffer, eight bytes a step, compiled. They have no secret."""

import numpy as np

from crawlsieve.filters.masks import eight, either, zeros_below
from crawlsieve.kernel import inlined, kernel

SEED = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD6E8FEB86659FD93)
_LAST = np.uint64(0xFF51AFD7ED558CCD)
EVERY_BYTE = np.uint64(0x0101010101010101)
HIGH_BITS = np.uint64(0x8080808080808080)
CASE_BITS = np.uint64(0x2020202020202020)
_LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)


@inlined
def load(data: np.ndarray, i: int) -> np.uint64:
    """uint64: the eight bytes of uint8[m] from i on, the first one lowest; i + 8 <= m. One load in machine code."""
    return eight(data, i)


@kernel
def load_some(data: np.ndarray, i: int, count: int) -> np.uint64:
    """uint64: the `count` < 8 bytes from i on, the first one lowest; never reads behind the buffer."""
    if i + 8 <= data.size:
        return load(data, i) & ((np.uint64(1) << np.uint64(8 * count)) - np.uint64(1))
    word = np.uint64(0)
    for b in range(count):
        word |= np.uint64(data[i + b]) << np.uint64(8 * b)
    return word


@inlined
def between(word: np.uint64, low: int, high: int) -> np.uint64:
    """uint64: 0x80 in every byte of `word` that is from `low` to `high`, both ASCII."""
    seven = word & _LOW_BITS
    reaches = seven + EVERY_BYTE * np.uint64(0x80 - low)
    passes = seven + EVERY_BYTE * np.uint64(0x7F - high)
    return reaches & ~passes & ~word & HIGH_BITS


@inlined
def equal(word: np.uint64, byte: int) -> np.uint64:
    """uint64: 0x80 in every byte of `word` that is `byte`."""
    rest = word ^ EVERY_BYTE * np.uint64(byte)
    return ~(((rest & _LOW_BITS) + _LOW_BITS) | rest) & HIGH_BITS


@inlined
def under(marks: np.uint64) -> np.uint64:
    """uint64: ones in all bits below the lowest one of `marks`."""
    return (marks & (~marks + np.uint64(1))) - np.uint64(1)


@inlined
def place(marks: np.uint64) -> int:
    """int64: which byte holds the lowest bit of `marks`, a uint64 of 0x80 and 0x00 bytes; 8 if there is none."""
    return int(np.int64(zeros_below(marks) >> np.uint64(3)))


@inlined
def count(marks: np.uint64) -> int:
    """int64: how many bytes of `marks` are 0x80, where the others are 0."""
    return int(np.int64(((marks >> np.uint64(7)) * EVERY_BYTE) >> np.uint64(56)))


@inlined
def continuations(word: np.uint64) -> np.uint64:
    """uint64: 0x80 in every byte that continues a code point of UTF-8."""
    return word & ~(word << np.uint64(1)) & HIGH_BITS


@inlined
def step(h: np.uint64, word: np.uint64) -> np.uint64:
    """uint64: hash h, taken eight bytes further."""
    h = (h ^ word) * _STEP
    return h ^ (h >> np.uint64(29))


@inlined
def finish(h: np.uint64, tail: np.uint64, total: np.uint64) -> np.uint64:
    """Hash of `total` bytes: h covers all but the last `tail`, fewer than eight, highest bytes 0; all uint64."""
    h = step(h, tail ^ total << np.uint64(56))
    h *= _LAST
    return h ^ (h >> np.uint64(32))


@kernel
def hash_bytes(data: np.ndarray, start: int, stop: int) -> np.uint64:
    """uint64 hash of data[start:stop] as it is."""
    h = SEED
    i = start
    while i + 8 <= stop:
        h = step(h, load(data, i))
        i += 8
    return finish(h, load_some(data, i, stop - i), np.uint64(stop - start))


@inlined
def hash_near(data: np.ndarray, start: int, size: np.uint64) -> np.uint64:
    """What `hash_bytes` says of the `size` bytes from `start` on, sooner; start + size + 16 <= m.

    Words of fewer than 16 bytes, which most are, take no branch that depends on the size: none would be foreseen.
    """
    tail = (np.uint64(1) << (size % np.uint64(8) * np.uint64(8))) - np.uint64(1)
    if size < np.uint64(16):
        word, long = load(data, start), size >= np.uint64(8)
        h = either(long, step(SEED, word), SEED)
        return finish(h, either(long, load(data, start + 8), word) & tail, size)
    h, i, left = SEED, start, size
    while left >= np.uint64(8):
        h = step(h, load(data, i))
        i, left = i + 8, left - np.uint64(8)
    return finish(h, load(data, i) & tail, size)
