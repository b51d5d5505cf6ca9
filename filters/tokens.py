"""Where the words of a batch of texts are: the rule of `segments.py`, compiled."""

import numpy as np
from numba import njit

from crawlsieve.filters.codepoints import (
    ALONE,
    CLASS,
    FOLD,
    LETTER,
    LOWER,
    MARK,
    NUMBER,
    OTHER,
    PUNCTUATION,
    SPACE,
    UPPER,
    WORD,
    decode,
)

KIND_SHIFT = 24
ALPHABETIC = 1
"""Bit of `Words.kind`: at least one letter."""
WORDLIKE = 2
"""At least one letter or number; without it the word is a symbol."""
SOLID = 4
"""At least one code point that is no punctuation."""
UPPERCASE = 8
"""At least one upper or title case letter."""
LOWERCASE = 16
"""At least one lower case letter."""

_SEED = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD6E8FEB86659FD93)
_APOSTROPHE, _CURLY = 0x27, 0x2019
_SLASH, _COLON, _DOT, _COMMA, _HYPHEN = 0x2F, 0x3A, 0x2E, 0x2C, 0x2D


@njit(nogil=True, cache=True, inline="always")
def mix(h):  # type: ignore[no-untyped-def]
    """Spread every bit of a uint64 over all of it (finaliser of MurmurHash3, Appleby 2011)."""
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@njit(nogil=True, cache=True)
def scan_words(data, offsets, table, begin, columns):  # type: ignore[no-untyped-def]
    """Fill the columns with the words of documents `begin` and later, as long as there is room for one more document.

    Args:
        data: uint8[m], UTF-8.
        offsets: int64[n + 1] into data.
        table: uint32[0x110000] of `codepoints.py`.
        begin: first document to do; first[begin] is set.
        columns: first int64[n + 1], then start, length, chars, hash, exact, kind (as in `Words`) with room for some words.

    Returns:
        The document to go on with, n when all are done.
    """
    first, start, length, chars, folded, exact, kind = columns
    k = first[begin]
    for doc in range(begin, offsets.size - 1):
        i, end = offsets[doc], offsets[doc + 1]
        if k + (end - i) > start.size:
            return doc
        glued = False  # a word that is no symbol ends right here
        while i < end:
            cp, size = decode(data, i, end)
            entry = np.int64(table[cp])
            group = entry & CLASS
            if group == SPACE:
                i += size
                glued = False
                continue
            if group == LETTER or group == NUMBER or group == MARK or (glued and _opens_clitic(data, i, end, table)):
                stop, count, loose, tight, flags = _word(data, i, end, table)
                glued = True
            else:
                stop, count, loose, tight, flags = _single(data, i, end, table)
                glued = False
            start[k], length[k], chars[k] = i, stop - i, count
            folded[k], exact[k], kind[k] = mix(loose), mix(tight), (flags >> KIND_SHIFT) & 31
            i = stop
            k += 1
        first[doc + 1] = k
    return offsets.size - 1


@njit(nogil=True, cache=True)
def _word(data, i, end, table):  # type: ignore[no-untyped-def]
    """The word of several characters that begins at i: (end, code points, folded hash, exact hash, properties)."""
    loose, tight = _SEED, _SEED
    flags = last = count = 0
    limit = i + 1  # up to here everything belongs: a clitic's apostrophe, an address
    dotted = False
    j = i
    while j < end:
        cp, size = decode(data, j, end)
        entry = np.int64(table[cp])
        group = entry & CLASS
        if group == LETTER or group == NUMBER:
            last = entry
        elif group != MARK and j >= limit:
            if group == SPACE or group == ALONE or last == 0:
                break
            if cp == _COLON or (cp == _SLASH and dotted):
                limit = _address_end(data, j, end, table)
            if j >= limit:
                after = _after(data, j + size, end, table)
                if not _joins(cp, last, after):
                    break
                dotted = dotted or (cp == _DOT and after & CLASS == LETTER)
        loose = (loose ^ np.uint64(entry & FOLD)) * _STEP
        tight = (tight ^ np.uint64(cp)) * _STEP
        flags |= entry
        count += 1
        j += size
    return j, count, loose, tight, flags


@njit(nogil=True, cache=True)
def _single(data, i, end, table):  # type: ignore[no-untyped-def]
    """The symbol, or word of one letter, at i with its marks; as `_word`."""
    cp, size = decode(data, i, end)
    entry = np.int64(table[cp])
    loose = (_SEED ^ np.uint64(entry & FOLD)) * _STEP
    tight = (_SEED ^ np.uint64(cp)) * _STEP
    flags = entry
    run = cp if cp == _DOT or cp == _HYPHEN else -1
    count, j = 1, i + size
    while j < end:
        cp, size = decode(data, j, end)
        entry = np.int64(table[cp])
        if entry & CLASS != MARK and cp != run:
            break
        loose = (loose ^ np.uint64(entry & FOLD)) * _STEP
        tight = (tight ^ np.uint64(cp)) * _STEP
        flags |= entry
        count += 1
        j += size
    return j, count, loose, tight, flags


@njit(nogil=True, cache=True)
def _joins(cp, last, after):  # type: ignore[no-untyped-def]
    """Whether a symbol belongs to the word around it, given the table's entries of its last letter or number and of what follows."""
    if after & WORD == 0 or after & CLASS == ALONE:
        return False
    numbers = (last & CLASS == NUMBER) + (after & CLASS == NUMBER)
    if cp == _DOT:
        return last & LOWER == 0 or after & UPPER == 0
    if cp == _COMMA or cp == _APOSTROPHE or cp == _CURLY:
        return numbers == 2
    if cp == _HYPHEN or (cp >= 0x2010 and cp <= 0x2014) or cp == 0x7E:
        return numbers == 1
    if cp == 0x2A or cp == 0x2B or cp == 0x5E:
        return numbers < 2
    if cp == _SLASH or (cp >= 0x3A and cp <= 0x3E and cp != 0x3B):
        return after & CLASS == NUMBER
    return cp < 0x80 or cp == 0xB7


@njit(nogil=True, cache=True)
def _after(data, i, end, table):  # type: ignore[no-untyped-def]
    """The table's entry of the code point at i, 0 at the end."""
    if i >= end:
        return 0
    cp, _ = decode(data, i, end)
    return np.int64(table[cp])


@njit(nogil=True, cache=True)
def _opens_clitic(data, i, end, table):  # type: ignore[no-untyped-def]
    """Whether an apostrophe before a letter stands at i, which is < end."""
    cp, size = decode(data, i, end)
    return (cp == _APOSTROPHE or cp == _CURLY) and _after(data, i + size, end, table) & CLASS == LETTER


@njit(nogil=True, cache=True)
def _address_end(data, i, end, table):  # type: ignore[no-untyped-def]
    """Where the address ends that has `://` or the slash of its path at i; i where it is none.

    That is at white space, less punctuation that closes a sentence or a bracket.
    """
    if data[i] == _COLON and not (i + 2 < end and data[i + 1] == _SLASH and data[i + 2] == _SLASH):
        return i
    stop = j = i
    while j < end:
        cp, size = decode(data, j, end)
        if np.int64(table[cp]) & CLASS == SPACE:
            break
        j += size
        if not (cp in (0x21, 0x22, 0x27, 0x29, 0x2C, 0x2E, 0x3A, 0x3B, 0x3E, 0x3F, 0x5D, 0x7D) or cp == 0x201D):
            stop = j
    return max(stop, i)
