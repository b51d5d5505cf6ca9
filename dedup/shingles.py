"""Documents as sets of shingles: hashes of their n-grams of words, or of characters (Broder 1997, section 2).

A document of fewer than n words, but of one at least, has one shingle: all its words. So a copy of a short document is
found, where datatrove (0.10.1) compares none of these. A document without words has no shingle, and is like no other.

Shingles stand in reading order, and one that occurs twice stands there twice: a minimum does not see it.
"""

from typing import NamedTuple

import numpy as np

from crawlsieve.dedup.mixing import mix
from crawlsieve.kernel import inlined, kernel

VERSION = 1
"""Of the hashes. Raised when any changes; stored with signatures."""

WORDS = 5
"""Words of a shingle: datatrove's default, and FineWeb's."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
"""Odd; of the polynomial in the hashes of an n-gram's members, modulo 2**64."""


class Shingles(NamedTuple):
    """Shingles of n documents: those of document i are first[i] to first[i + 1] - 1."""

    first: np.ndarray
    """int64[n + 1]"""
    hash: np.ndarray
    """uint64[k], mixed: each half is a hash, too."""


def word_shingles(first: np.ndarray, hashes: np.ndarray, size: int = WORDS) -> Shingles:
    """Hashes of all n-grams of words.

    Args:
        first: int64[n + 1], the words of document i are first[i] to first[i + 1] - 1; first[0] is 0.
        hashes: uint64[k], of each word, equal for equal words.
        size: words of a shingle, 1 or more.

    Raises:
        ValueError: size is less than 1.

    Cost: two multiply-adds and a mix a word, whatever the size.
    """
    _check(size)
    starts = _starts(first, size)
    out = np.empty(int(starts[-1]), np.uint64)
    _roll_words(first, hashes, size, starts, out)
    return Shingles(starts, out)


def character_shingles(offsets: np.ndarray, data: np.ndarray, size: int) -> Shingles:
    """Hashes of all n-grams of code points. Fewer than n are one shingle, as of words.

    Args:
        offsets: int64[n + 1], text i is data[offsets[i]:offsets[i + 1]].
        data: uint8[m], UTF-8, normalised as texts shall be compared.
        size: code points of a shingle, 1 or more.

    Raises:
        ValueError: size is less than 1.
    """
    _check(size)
    characters = np.zeros_like(offsets)
    _count_characters(offsets, data, characters)
    starts = _starts(characters, size)
    out = np.empty(int(starts[-1]), np.uint64)
    _roll_characters(offsets, data, size, starts, out)
    return Shingles(starts, out)


def _check(size: int) -> None:
    """Refuse what is no n-gram."""
    if size < 1:
        raise ValueError(f"a shingle has 1 word or character at least, not {size}")


def _starts(first: np.ndarray, size: int) -> np.ndarray:
    """int64[n + 1]: where the shingles of each document begin."""
    count = np.diff(first)
    starts = np.zeros(len(first), np.int64)
    np.cumsum(np.where(count == 0, 0, np.maximum(count - size + 1, 1)), out=starts[1:])
    return starts


@inlined
def _finish(polynomial: np.uint64, members: int) -> np.uint64:
    """uint64 hash of an n-gram; members only count, so that a short document is no n-gram of another."""
    return mix(polynomial ^ (np.uint64(members) << np.uint64(32)))


@inlined
def _power(size: int) -> np.uint64:
    """uint64: _BASE to this power."""
    power = np.uint64(1)
    for _ in range(size):
        power *= _BASE
    return power


@kernel
def _roll_words(first: np.ndarray, hashes: np.ndarray, size: int, starts: np.ndarray, out: np.ndarray) -> None:
    """Set out uint64[starts[n]]: each n-gram's hash, of the difference of two polynomials `size` words apart."""
    power = _power(size)
    for doc in range(first.size - 1):
        begin, end = first[doc], first[doc + 1]
        lead, lag, at = np.uint64(0), np.uint64(0), starts[doc]
        for k in range(begin, min(begin + size, end)):
            lead = lead * _BASE + hashes[k]
        if end > begin:
            out[at] = _finish(lead, min(size, end - begin))
        for k in range(begin, end - size):
            lead = lead * _BASE + hashes[k + size]
            lag = lag * _BASE + hashes[k]
            at += 1
            out[at] = _finish(lead - lag * power, size)


@kernel
def _roll_characters(offsets: np.ndarray, data: np.ndarray, size: int, starts: np.ndarray, out: np.ndarray) -> None:
    """As `_roll_words`, of mixed code points."""
    power = _power(size)
    for doc in range(offsets.size - 1):
        front = back = offsets[doc]
        end, at, members = offsets[doc + 1], starts[doc], 0
        lead, lag = np.uint64(0), np.uint64(0)
        while front < end:
            value, front = _character(data, front, end)
            lead = lead * _BASE + value
            members += 1
            if members < size:
                continue
            out[at] = _finish(lead - lag * power, size)
            at += 1
            value, back = _character(data, back, end)
            lag = lag * _BASE + value
        if 0 < members < size:
            out[at] = _finish(lead, members)


@inlined
def _character(data: np.ndarray, i: int, end: int) -> tuple[np.uint64, int]:
    """(mixed bytes of the code point at i < end, first byte behind it); equal for equal code points only."""
    value = np.uint64(data[i])
    i += 1
    while i < end and data[i] & 0xC0 == 0x80:
        value = value << np.uint64(8) | np.uint64(data[i])
        i += 1
    return mix(value + _BASE), i


@kernel
def _count_characters(offsets: np.ndarray, data: np.ndarray, characters: np.ndarray) -> None:
    """Set characters int64[n + 1]: code points before each text; characters[0] is 0."""
    total = 0
    for doc in range(offsets.size - 1):
        i, end = offsets[doc], offsets[doc + 1]
        fresh = 1  # a text begins with a code point even where its bytes are not UTF-8
        for j in range(i, end):
            total += int(fresh or data[j] & 0xC0 != 0x80)
            fresh = 0
        characters[doc + 1] = total
