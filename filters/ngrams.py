"""How much of a text its repeated word n-grams take, compiled: one walk for all n.

An n-gram can occur twice only where its first n - 1 words do. So only 2-grams are looked up at every word, and each
longer n-gram at the places that are left; most texts have few.

The n-grams of a text are numbered; an n-gram is known by the number of its first n - 1 words and the hash of its last,
in 64 bits: that two different ones of a text of a million words are taken for one has a probability of 3e-8.
"""

import numpy as np

from crawlsieve.kernel import inlined, kernel

TOP = (2, 3, 4)
"""n for which FIRST and LONGEST are measured."""
AGAIN = (5, 6, 7, 8, 9, 10)
"""n for which SECOND and COVERED are measured."""

FIRST, LONGEST = 0, 1
"""For n in TOP, columns of row n of what `measure_ngrams` fills.

FIRST: code points of the most frequent n-gram, the first of several, words joined by spaces, times its count.
LONGEST: code points of the words of the most frequent n-gram, the longest of several, times its count; 0 if none occurs
twice.
"""
SECOND, COVERED = 0, 1
"""For n in AGAIN, columns of row n of what `measure_ngrams` fills.

SECOND: code points of n-grams that occurred before, from left to right and jumping behind each; an n-gram that begins
where we jumped over was not seen.
COVERED: code points of all words in any n-gram that occurs more than once, each word once.
"""

_BASE = np.uint64(0x9FB21C651E98DF25)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_LAST_STAMP = 1 << 30


def scratch(longest: int) -> tuple[np.ndarray, ...]:
    """Working memory for texts of up to `longest` words; shared by all texts; none cleans it, as entries are stamped.

    Returns:
        table, keys, counts, firsts, places, slots, length of `measure_ngrams`.
    """
    table, keys = np.empty(1 << (4 * longest).bit_length(), np.int32), np.empty(longest, np.uint64)
    counts, firsts, places, slots = (np.empty(longest, np.int32) for _ in range(4))
    return table, keys, counts, firsts, places, slots, np.empty(longest + 1, np.int64)


@kernel
def measure_ngrams(
    first: np.ndarray, hashes: np.ndarray, chars: np.ndarray, memory: tuple[np.ndarray, ...], out: np.ndarray
) -> None:
    """Measure the repeated n-grams of n texts.

    Args:
        first: int64[n + 1], the words of each text.
        hashes: uint64[w], identity of each word.
        chars: int32[w], its code points.
        memory: of `scratch`, for the text of most words.
        out: int64[n, 11, 2], zeros; row k of a text is filled for k in TOP and AGAIN, if it has k words.
    """
    table, places, length = memory[0], memory[4], memory[6]
    table[:] = 0
    stamp = 1
    for doc in range(first.size - 1):
        begin, words = first[doc], first[doc + 1] - first[doc]
        length[0] = 0
        for k in range(words):
            length[k + 1] = length[k] + chars[begin + k]
        left = words - 1
        for n in range(2, min(10, words) + 1):
            while left and n > 2 and places[left - 1] + n > words:
                left -= 1
            if stamp > _LAST_STAMP - left:
                table[:] = 0
                stamp = 1
            distinct = _count(n, hashes, (begin, left, stamp), memory)
            stamp += distinct
            if n <= 4:
                _top(n, distinct, memory, out[doc, n])
            left = _repeated(n, left, memory)
            if n > 4:
                _again(n, left, memory, out[doc, n])


@kernel
def _count(n: int, hashes: np.ndarray, where: tuple[int, int, int], memory: tuple[np.ndarray, ...]) -> int:
    """Number the different n-grams at the places that are left, and count each; returns how many there are.

    keys, counts, firsts: identity, occurrences and first place of each number. slots: the number at each place, before
    and after. An entry of the table is stamp + number; what is below `stamp` was left by another walk: empty.
    """
    begin, left, stamp = where
    _, _, _, _, places, slots, _ = memory
    bits = 1
    while (1 << bits) < 4 * left:
        bits += 1
    size = np.uint64(bits)
    distinct = 0
    if n == 2:
        for i in range(left):
            key = hashes[begin + i] * _BASE + hashes[begin + i + 1]
            slots[i] = _number(key, i, (stamp, distinct, size), memory)
            distinct += slots[i] == distinct
        return distinct
    for j in range(left):
        i = places[j]
        key = np.uint64(slots[j]) * _BASE + hashes[begin + i + n - 1]
        slots[j] = _number(key, i, (stamp, distinct, size), memory)
        distinct += slots[j] == distinct
    return distinct


@inlined
def _number(key: np.uint64, place: int, state: tuple[int, int, np.uint64], memory: tuple[np.ndarray, ...]) -> int:
    """The number of an n-gram, `distinct` if it is new; one more of it is counted.

    Whether it is new is as good as random, so no branch hangs on it.
    """
    stamp, distinct, bits = state
    table, keys, counts, firsts, _, _, _ = memory
    last = (np.uint64(1) << bits) - np.uint64(1)
    slot = (key * _SPREAD) >> (np.uint64(64) - bits)
    number = table[slot] - stamp
    while (number >= 0) & (keys[max(number, 0)] != key):
        slot = (slot + np.uint64(1)) & last
        number = table[slot] - stamp
    new = number < 0
    number = distinct if new else number
    table[slot], keys[number] = stamp + number, key
    firsts[number] = place if new else firsts[number]
    counts[number] = 1 if new else counts[number] + 1
    return int(number)


@kernel
def _top(n: int, distinct: int, memory: tuple[np.ndarray, ...], out: np.ndarray) -> None:
    """Set FIRST and LONGEST. If no n-gram occurs twice, the first of the text is the top."""
    _, _, counts, firsts, _, _, length = memory
    most, at, longest = 1, 0, 0
    for number in range(distinct):
        if counts[number] < most or counts[number] == 1:
            continue
        i = firsts[number]
        size = length[i + n] - length[i]
        if counts[number] > most:
            most, at, longest = counts[number], i, size
        longest = max(longest, size)
    out[FIRST] = most * (length[at + n] - length[at] + n - 1)
    out[LONGEST] = most * longest


@kernel
def _repeated(n: int, left: int, memory: tuple[np.ndarray, ...]) -> int:
    """Keep the places whose n-gram occurs twice or more, without a branch that none foresees; returns how many."""
    _, _, counts, _, places, slots, _ = memory
    kept = 0
    for j in range(left):
        number = slots[j]
        places[kept], slots[kept] = j if n == 2 else places[j], number
        kept += counts[number] > 1
    return kept


@kernel
def _again(n: int, left: int, memory: tuple[np.ndarray, ...], out: np.ndarray) -> None:
    """Set SECOND and COVERED; the counts are used up."""
    _, _, counts, _, places, slots, length = memory
    second = covered = free = reach = 0
    for j in range(left):
        i, number = places[j], slots[j]
        covered += length[i + n] - length[max(i, reach)]
        reach = i + n
        if i < free:
            continue
        if counts[number] == 0:
            second += length[i + n] - length[i]
            free = i + n
        counts[number] = 0
    out[SECOND], out[COVERED] = second, covered
