"""Where the words of a batch of texts are: the rule of `segments.py`, compiled."""

import numpy as np
from numba import njit

from crawlsieve.filters.codepoints import (
    ALONE,
    ALPHA,
    CLASS,
    LETTER,
    LOWER,
    MARK,
    NUMBER,
    SPACE,
    UPPER,
    WORD,
    decode,
)
from crawlsieve.filters.codepoints import SOLID as SOLID_BIT
from crawlsieve.filters.hashes import HIGH_BITS, SEED, between, finish, hash_bytes, hash_folded, hash_lower, load, place

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

_APOSTROPHE, _CURLY = 0x27, 0x2019
_SLASH, _COLON, _DOT, _COMMA, _HYPHEN = 0x2F, 0x3A, 0x2E, 0x2C, 0x2D


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
            stop, flags, tight, loose = short_ascii(data, i, end, glued, table)
            if stop > i:
                start[k], length[k], chars[k], kind[k] = i, stop - i, stop - i, flags
                exact[k], folded[k] = tight, loose
                glued = flags & WORDLIKE != 0
                k += 1
                i = stop + 1 if stop < end and data[stop] == 0x20 else stop
                glued = glued and i == stop
                continue
            cp, size = decode(data, i, end)
            entry = np.int64(table[cp])
            group = entry & CLASS
            if group == SPACE:
                i += size
                glued = False
                continue
            if group == LETTER or group == NUMBER or group == MARK or _leads(data, i, end, table, glued):
                stop, count, flags = _word(data, i, end, table)
                glued = True
            else:
                stop, count, flags = _single(data, i, end, table)
                glued = False
            start[k], length[k], chars[k], kind[k] = i, stop - i, count, (flags >> KIND_SHIFT) & 31
            exact[k] = folded[k] = hash_bytes(data, i, stop)
            if count < stop - i:
                folded[k] = hash_folded(data, i, stop, table)
            elif flags & UPPER:
                folded[k] = hash_lower(data, i, stop)
            i = stop
            k += 1
        first[doc + 1] = k
    return offsets.size - 1


@njit(nogil=True, cache=True, inline="always")
def short_ascii(data, i, end, glued, table):
    """The word at i if it is of at most seven ASCII letters and digits, or one symbol, and that much is plain to see.

    Returns:
        (end, kind, hash, folded hash); end = i where it takes another look.
    """
    if i + 8 > end:
        return i, 0, SEED, SEED
    word = load(data, i)
    capitals, smalls = between(word, 0x41, 0x5A), between(word, 0x61, 0x7A)
    outside = ~(capitals | smalls | between(word, 0x30, 0x39)) & HIGH_BITS
    if outside == 0:
        return i, 0, SEED, SEED
    below = (outside & (~outside + np.uint64(1))) - np.uint64(1)
    run = place(outside)
    mask = below >> np.uint64(7)
    behind = (word >> np.uint64(8 * run)) & np.uint64(0xFFFF)
    first = behind & np.uint64(0xFF)
    if run == 0:
        second = behind >> np.uint64(8)
        if first <= 0x20 or first >= 0x7F or (second != 0x20 and second != 0x0A):
            return i, 0, SEED, SEED
        tight = finish(SEED, first, np.uint64(1))
        return i + 1, 0, tight, tight
    if first != 0x20 and first != 0x0A:
        second = behind >> np.uint64(8)
        if run == 7 or first >= 0x80 or first == 0x3A or second >= 0x80:
            return i, 0, SEED, SEED
        if (outside >> np.uint64(8 * run + 15)) & np.uint64(1) == 0:
            return i, 0, SEED, SEED
    kind = np.int64(WORDLIKE | SOLID)
    total = np.uint64(run)
    tight = finish(SEED, word & mask, total)
    loose = tight
    if smalls & mask:
        kind |= ALPHABETIC | LOWERCASE
    if capitals & mask:
        kind |= ALPHABETIC | UPPERCASE
        loose = finish(SEED, (word | (capitals >> np.uint64(2))) & mask, total)
    return i + run, kind, tight, loose


@njit(nogil=True, cache=True)
def _word(data, i, end, table):
    """The word of several characters that begins at i: (end, code points, properties)."""
    flags = last = count = 0
    limit = i + 1  # up to here everything belongs: a clitic's apostrophe, an address
    dotted = False
    j = i
    while j < end:
        run, seen = ascii_run(data, j, end)
        if run:
            j += run
            count += run
            flags |= seen
            last = np.int64(table[data[j - 1]])
            if j >= end or data[j] == 0x20:
                break
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
        flags |= entry
        count += 1
        j += size
    return j, count, flags


@njit(nogil=True, cache=True, inline="always")
def ascii_run(data, i, end):
    """(bytes from i on that are ASCII letters and digits, 8 at most, and their properties); 0 near the end of the text."""
    if i + 8 > end:
        return 0, 0
    word = load(data, i)
    capitals, smalls = between(word, 0x41, 0x5A), between(word, 0x61, 0x7A)
    outside = ~(capitals | smalls | between(word, 0x30, 0x39)) & HIGH_BITS
    below = (outside & (~outside + np.uint64(1))) - np.uint64(1)  # ones under the first byte outside
    run = place(outside)
    flags = 0
    if run:
        flags = WORD | SOLID_BIT
        if capitals & below:
            flags |= ALPHA | UPPER
        if smalls & below:
            flags |= ALPHA | LOWER
    return run, flags


@njit(nogil=True, cache=True)
def _single(data, i, end, table):
    """The symbol, or word of one letter, at i with its marks; as `_word`."""
    cp, size = decode(data, i, end)
    flags = np.int64(table[cp])
    run = cp if _leans(cp) else -1
    count, j = 1, i + size
    while j < end:
        cp, size = decode(data, j, end)
        entry = np.int64(table[cp])
        if entry & CLASS != MARK and cp != run:
            break
        flags |= entry
        count += 1
        j += size
    return j, count, flags


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
        return numbers == 1 and after & CLASS == NUMBER
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
def _leads(data, i, end, table, glued):
    """Whether the symbol at i, which is < end, begins a word: a clitic's apostrophe or the sign of -5, .NET, /usr, @name."""
    cp, size = decode(data, i, end)
    after = _after(data, i + size, end, table) & CLASS
    if glued:
        return (cp == _APOSTROPHE or cp == _CURLY) and after == LETTER
    return _leans(cp) and (after == LETTER or after == NUMBER)


@njit(nogil=True, cache=True)
def _leans(cp):
    """Whether runs of this symbol are one, and it belongs to a word that follows: one of . - / @ | ^ ~ and the backslash."""
    return cp < 0x80 and (0x2D <= cp <= 0x2F or cp == 0x40 or cp == 0x5C or cp == 0x5E or cp == 0x7C or cp == 0x7E)


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
