"""Bits of a Bloom filter, set and looked up by compiled loops over batches of 64-bit keys.

A key's place number t is a + t * s modulo 2**64 (Kirsch and Mitzenmacher 2006, "Less hashing, same performance"), a and
s being two mixed forms of the key: keys of one slice of a history share their high bits. The word is the place times
the number of words, divided by 2**64 (Lemire 2019); the bit is the place's low six bits.
"""

import numpy as np

from crawlsieve.kernel import inlined, kernel

HASHING = 1
"""Version of how a key becomes bits. Filters of different versions cannot be read as one another."""

MAX_WORDS = 2**32 - 1
"""Words of one band: the products that find a word stay below 2**64. That is 32 GiB and about 9e9 documents a band."""

ROWS = 4096
"""Documents that are looked up band by band: 14 bands of their keys (0.45 MB) stay in a core's second cache."""

PARTS, WAITING = 64, 1024
"""Bits to be set wait for others of the same 64th of a band's filter, until so many are there (0.5 MB in all). A part
of a filter of 10 million keys (0.6 MB) then is in the second cache. Measured: 1.8 times as many documents a second as
one key after the other with its places computed ahead, 2.2 times as many as without."""

_U = np.uint64
_PART = np.uint64(64 - 6)
_LOW = np.uint64(0xFFFFFFFF)
_STEP = np.uint64(0xA5A5A5A5A5A5A5A5)
_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)


@inlined
def mixed(value: np.uint64) -> np.uint64:
    """A bijection of 64 bits in which each bit hangs on each: the finalizer of MurmurHash3 (Appleby)."""
    value ^= value >> _U(33)
    value *= _MIX_1
    value ^= value >> _U(33)
    value *= _MIX_2
    return value ^ (value >> _U(33))


@inlined
def word_of(place: np.uint64, words: np.uint64) -> np.uint64:
    """The place times the words, divided by 2**64 and rounded down, with no product of 128 bits; words <= MAX_WORDS."""
    return ((place >> _U(32)) * words + (((place & _LOW) * words) >> _U(32))) >> _U(32)


@kernel
def set_bits(keys: np.ndarray, bits: np.ndarray, hashes: int, counts: np.ndarray, waiting: np.ndarray) -> None:
    """Set the bits of each key in its band's filter.

    Args:
        keys: int64[n, bands].
        bits: uint64[bands, words]; updated.
        hashes: bits a key.
        counts: int64[bands], bits that are set in each band; updated.
        waiting: uint64[PARTS, WAITING + 1], overwritten; the last of each part is how many wait.
    """
    words = _U(bits.shape[1])
    for band in range(keys.shape[1]):
        row = bits[band]
        found = _U(0)
        for part in range(PARTS):
            waiting[part, WAITING] = 0
        for i in range(keys.shape[0]):
            place = mixed(_U(keys[i, band]))
            step = mixed(place ^ _STEP) | _U(1)
            for _ in range(hashes):
                line = place >> _PART  # words are in the order of places
                number = waiting[line, WAITING]
                waiting[line, number] = word_of(place, words) << _U(6) | place & _U(63)
                waiting[line, WAITING] = number + _U(1)
                if number + _U(1) == WAITING:
                    found += _set_waiting(waiting[line], row)
                place += step
        for part in range(PARTS):
            found += _set_waiting(waiting[part], row)
        counts[band] += np.int64(found)


@kernel
def _set_waiting(waiting: np.ndarray, row: np.ndarray) -> np.uint64:
    """Set the bits that wait in one part, and say how many were not set before."""
    found = _U(0)
    for i in range(waiting[WAITING]):
        word = waiting[i] >> _U(6)
        before = row[word]
        after = before | _U(1) << (waiting[i] & _U(63))
        row[word] = after
        found += _U(after != before)
    waiting[WAITING] = 0
    return found


@kernel
def look_up(keys: np.ndarray, bits: np.ndarray, hashes: int, found: np.ndarray) -> None:
    """Set found[i, band] where all bits of the key are set; where it is set already, nothing is looked up.

    Args:
        keys: int64[n, bands].
        bits: uint64[bands, words].
        hashes: bits a key.
        found: bool[n, bands], updated.

    Half of the bits of a full filter are set: a new key costs two reads.
    """
    words = _U(bits.shape[1])
    for first in range(0, keys.shape[0], ROWS):
        last = min(first + ROWS, keys.shape[0])
        for band in range(keys.shape[1]):
            row = bits[band]
            for i in range(first, last):
                if found[i, band]:
                    continue
                place = mixed(_U(keys[i, band]))
                step = mixed(place ^ _STEP) | _U(1)
                held = True
                for _ in range(hashes):
                    if (row[word_of(place, words)] >> (place & _U(63))) & _U(1) == _U(0):
                        held = False
                        break
                    place += step
                found[i, band] = held
