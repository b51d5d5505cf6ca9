"""How much of a text its repeated word n-grams take, compiled: one walk for all n, by rolling hashes.

An n-gram can occur twice only where its first n - 1 words do. So only 2-grams are looked up at every word, and each
longer n-gram at the places that are left; most texts have few.

Identity is a 64-bit hash of the n words' hashes: two different n-grams of a text of a million words are taken for one
with a probability of 3e-8.
"""

import numpy as np
from numba import njit

LONGEST = 10
"""n runs from 2 to 10."""
TOP_FIRST, TOP_LONGEST, AGAIN, COVERED = range(4)
"""Columns of what `measure_ngrams` fills:

TOP_FIRST: code points of the most frequent n-gram that occurs first, words joined by spaces, times its count.
TOP_LONGEST: code points of the words of the longest of the most frequent n-grams, times its count; 0 if no n-gram occurs
twice.
AGAIN: code points of n-grams that occurred before, walking from left to right and skipping what was counted; an n-gram
inside a skipped stretch was not seen.
COVERED: code points of all words in any n-gram that occurs more than once, each word once.
"""

_BASE = np.uint64(0x9FB21C651E98DF25)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def scratch(longest: int) -> tuple[np.ndarray, ...]:
    """Working memory for texts of up to `longest` words; shared by all texts, cleaned by none (entries are stamped)."""
    size = 1 << (2 * longest).bit_length()
    counts = (np.empty(longest, kind) for kind in (np.uint64, np.int64, np.int64, np.int64, np.int64))
    sums = (np.empty(longest + 1, kind) for kind in (np.uint64, np.int64))
    return np.zeros(size, np.int64), *counts, *sums


@njit(nogil=True, cache=True)
def measure_ngrams(
    first: np.ndarray, hashes: np.ndarray, chars: np.ndarray, memory: tuple[np.ndarray, ...], out: np.ndarray
) -> None:
    """Fill out int64[n, 11, 4] for n texts: row k of a text is about k-grams, rows 0 and 1 stay as they are.

    Args:
        first: int64[n + 1], the words of each text.
        hashes: uint64[w], identity of each word.
        chars: int32[w], its code points.
        memory: of `scratch`, for the text of most words.
        out: zeros.
    """
    table, keys, counts, firsts, places, slots, prefix, length = memory
    stamp = 1
    for doc in range(first.size - 1):
        begin, words = first[doc], first[doc + 1] - first[doc]
        prefix[0], length[0] = np.uint64(0), 0
        for k in range(words):
            prefix[k + 1] = prefix[k] * _BASE + hashes[begin + k]
            length[k + 1] = length[k] + chars[begin + k]
            places[k] = k
        power, left = _BASE, words
        for n in range(2, min(LONGEST, words) + 1):
            power *= _BASE
            while left and places[left - 1] + n > words:
                left -= 1
            distinct = _count(n, power, left, stamp, memory)
            stamp += distinct
            _top(n, left, memory, out[doc, n])
            left = _repeated(left, memory)
            _again(n, left, memory, out[doc, n])


@njit(nogil=True, cache=True)
def _count(n: int, power: np.uint64, left: int, stamp: int, memory: tuple[np.ndarray, ...]) -> int:
    """Count the n-grams at the first `left` places; slots[j] is then the number of the one at place j. Returns how many.

    An entry of the table is `stamp` + number; what is below `stamp` was left by another walk and counts as empty.
    """
    table, keys, counts, firsts, places, slots, prefix, _ = memory
    bits = 1
    while (1 << bits) < 2 * left:
        bits += 1
    shift, last = np.uint64(64 - bits), np.uint64((1 << bits) - 1)
    distinct = 0
    for j in range(left):
        i = places[j]
        key = prefix[i + n] - prefix[i] * power
        slot = (key * _SPREAD) >> shift
        while table[slot] >= stamp and keys[table[slot] - stamp] != key:
            slot = (slot + np.uint64(1)) & last
        number = table[slot] - stamp
        if number < 0:
            number = distinct
            table[slot], keys[number], counts[number], firsts[number] = stamp + number, key, 0, i
            distinct += 1
        counts[number] += 1
        slots[j] = number
    return distinct


@njit(nogil=True, cache=True)
def _top(n: int, left: int, memory: tuple[np.ndarray, ...], out: np.ndarray) -> None:
    """Set TOP_FIRST and TOP_LONGEST. If none occurs twice, the first n-gram of the text is the top."""
    _, _, counts, firsts, _, slots, _, length = memory
    most, at, longest = 1, 0, 0
    for j in range(left):
        number = slots[j]
        i = firsts[number]
        if counts[number] < most or counts[number] == 1:
            continue
        size = length[i + n] - length[i]
        if counts[number] > most:
            most, at, longest = counts[number], i, size
        at, longest = min(at, i), max(longest, size)
    out[TOP_FIRST] = most * (length[at + n] - length[at] + n - 1)
    out[TOP_LONGEST] = most * longest


@njit(nogil=True, cache=True)
def _repeated(left: int, memory: tuple[np.ndarray, ...]) -> int:
    """Keep the places whose n-gram occurs twice or more; returns how many are left."""
    _, _, counts, _, places, slots, _, _ = memory
    kept = 0
    for j in range(left):
        if counts[slots[j]] > 1:
            places[kept], slots[kept] = places[j], slots[j]
            kept += 1
    return kept


@njit(nogil=True, cache=True)
def _again(n: int, left: int, memory: tuple[np.ndarray, ...], out: np.ndarray) -> None:
    """Set AGAIN and COVERED."""
    _, _, counts, _, places, slots, _, length = memory
    again = covered = free = reach = 0
    for j in range(left):
        i, number = places[j], slots[j]
        covered += length[i + n] - length[max(i, reach)]
        reach = i + n
        if i < free:
            continue
        if counts[number] == 0:
            again += length[i + n] - length[i]
            free = i + n
        counts[number] = 0
    out[AGAIN], out[COVERED] = again, covered
