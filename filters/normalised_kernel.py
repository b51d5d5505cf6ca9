"""Spelling words anew, and hashing the spellings: the loops of `normalised.py`, compiled."""

import numpy as np

from crawlsieve.filters.codepoints import decode
from crawlsieve.filters.hashes import CASE_BITS, HIGH_BITS, SEED, between, finish, hash_bytes, load, load_some, step
from crawlsieve.filters.tokens import WORDLIKE
from crawlsieve.kernel import inlined, kernel

DROPPED, SEVERAL, NUMBER = 0xFF, 0xFE, 0xFD
"""Lowest bytes of the entries of a table that are no UTF-8."""
_ABOVE = 0xF8
"""No byte from here on stands in UTF-8."""
_ZERO = 0x30


@kernel
def hash_words(
    data: np.ndarray,
    words: tuple[np.ndarray, ...],
    tables: tuple[np.ndarray, np.ndarray, np.ndarray],
    switches: tuple[bool, bool, bool],
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Hash the normalised spelling of each word of which something is left.

    Args:
        data: uint8[m], UTF-8.
        words: first, start, length, chars, kind, hash of `Words`.
        tables: entries of code points, of what several stand for, and which code points change, as `normalised.py`
            builds them.
        switches: whether case does not matter, punctuation is dropped, numbers are one.
        columns: to be filled: first int64[n + 1], whose first[0] is 0; hash uint64, with room for all words; and uint8
            with room for the longest spelling and 8 bytes.
    """
    first_word, start, length, chars, kind, digest = words
    first, hashes, scratch = columns
    case, punctuation, _ = switches
    count = 0
    for doc in range(first.size - 1):
        for k in range(first_word[doc], first_word[doc + 1]):
            dropped = punctuation and kind[k] & WORDLIKE == 0
            begin, size = start[k], int(np.int64(length[k]))
            if size < 8 and begin + 8 <= data.size:  # most words: no branch that depends on what they are
                plain, h = _short(data, begin, size, digest[k], case)
                if plain | dropped:
                    hashes[count] = h
                    count += 1 - int(dropped)
                    continue
            elif dropped:
                continue
            stays, h = _hash_word(data, (begin, begin + size, chars[k], digest[k]), tables, switches, scratch)
            hashes[count] = h
            count += int(stays)
        first[doc + 1] = count


@inlined
def _hash_word(
    data: np.ndarray,
    word: tuple[int, int, int, np.uint64],
    tables: tuple[np.ndarray, np.ndarray, np.ndarray],
    switches: tuple[bool, bool, bool],
    scratch: np.ndarray,
) -> tuple[bool, np.uint64]:
    """(whether something is left, hash of that) of any word: its start, end, code points, hash as it is."""
    begin, stop, chars, raw = word
    case, _, numbers = switches
    if chars == stop - begin:
        letters, digits, h = _ascii(data, begin, stop)
        if letters:
            return True, h if case else raw
        if digits and numbers:
            return True, finish(SEED, np.uint64(_ZERO), np.uint64(1))
    elif not _changes(data, begin, stop, tables[2]):
        return True, raw
    end = spell(data, (begin, stop), tables, scratch, 0)
    return end > 0, hash_bytes(scratch, 0, end)


@inlined
def _short(data: np.ndarray, begin: int, size: int, raw: np.uint64, case: bool) -> tuple[bool, np.uint64]:  # noqa: FBT001
    """(whether the word of fewer than eight bytes is ASCII letters, its hash then, `raw` where case matters)."""
    mask = (np.uint64(1) << np.uint64(8 * size)) - np.uint64(1)
    word = load(data, begin) & mask
    letters = between(word | CASE_BITS, 0x61, 0x7A) & mask
    lower = word | (letters & ~(word << np.uint64(2))) >> np.uint64(2)
    return letters == HIGH_BITS & mask, finish(SEED, lower, np.uint64(size)) if case else raw


@kernel
def spell_words(
    data: np.ndarray,
    words: tuple[np.ndarray, ...],
    tables: tuple[np.ndarray, np.ndarray, np.ndarray],
    switches: tuple[bool, bool, bool],
    columns: tuple[np.ndarray, np.ndarray],
) -> None:
    """Write the normalised spelling of each word of which something is left, and a space between two of a text.

    Args:
        data: as in `hash_words`.
        words: first, start, length, kind of `Words`.
        tables: as in `hash_words`.
        switches: as in `hash_words`.
        columns: to be filled: offsets int64[n + 1], whose offsets[0] is 0; uint8 with room for all and 8 bytes.
    """
    first_word, start, length, kind = words
    offsets, out = columns
    _, punctuation, _ = switches
    at = 0
    for doc in range(offsets.size - 1):
        begin = at
        for k in range(first_word[doc], first_word[doc + 1]):
            if punctuation and kind[k] & WORDLIKE == 0:
                continue
            gap = int(at > begin)
            end = spell(data, (start[k], start[k] + length[k]), tables, out, at + gap)
            if end > at + gap:
                if gap:
                    out[at] = 0x20
                at = end
        offsets[doc + 1] = at


@inlined
def _ascii(data: np.ndarray, i: int, stop: int) -> tuple[bool, bool, np.uint64]:
    """(all letters, all digits, hash in lower case if all letters) of the ASCII word at i."""
    begin, h = i, SEED
    strange, other = np.uint64(0), np.uint64(0)
    while True:
        size = min(stop - i, 8)
        word = load(data, i) if i + 8 <= data.size else load_some(data, i, size)
        mask = ~np.uint64(0) if size == 8 else (np.uint64(1) << np.uint64(8 * size)) - np.uint64(1)
        word &= mask
        letters = between(word | CASE_BITS, 0x61, 0x7A) & mask
        strange |= HIGH_BITS & mask & ~letters
        other |= HIGH_BITS & mask & ~between(word, 0x30, 0x39)
        word |= (letters & ~(word << np.uint64(2))) >> np.uint64(2)
        i += size
        if size < 8:
            return strange == 0, other == 0, finish(h, word, np.uint64(stop - begin))
        h = step(h, word)


@inlined
def _changes(data: np.ndarray, i: int, stop: int, changing: np.ndarray) -> bool:
    """Whether a code point of data[i:stop] is another one in the normalised spelling, or none."""
    while i < stop:
        cp, size = _decode(data, i, stop)
        if changing[np.uint64(cp)]:
            return True
        i += size
    return False


@inlined
def _decode(data: np.ndarray, i: int, stop: int) -> tuple[int, int]:
    """What `decode` says, with less to ask of most code points."""
    p = np.uint64(i)
    lead = int(np.int64(data[p]))
    if lead < 0x80:
        return lead, 1
    if 0xC2 <= lead < 0xE0 and i + 2 <= stop:
        second = int(np.int64(data[p + np.uint64(1)])) ^ 0x80
        if second < 0x40:
            return (lead & 0x1F) << 6 | second, 2
    elif 0xE0 <= lead < 0xF0 and i + 3 <= stop:
        second = int(np.int64(data[p + np.uint64(1)])) ^ 0x80
        third = int(np.int64(data[p + np.uint64(2)])) ^ 0x80
        if second | third < 0x40:
            return (lead & 0xF) << 12 | second << 6 | third, 3
    return decode(data, i, stop)


@kernel
def spell(
    data: np.ndarray, span: tuple[int, int], tables: tuple[np.ndarray, np.ndarray, np.ndarray], out: np.ndarray, at: int
) -> int:
    """Write the normalised spelling of data[span[0]:span[1]] at out[at]; where it ends.

    Up to 3 bytes behind the end may be written, too.
    """
    table, parts, _ = tables
    i, stop = span
    number = False  # whether the last character written stands for a run of numbers
    while i < stop:
        cp, size = _decode(data, i, stop)
        i += size
        entry = np.uint32(table[np.uint64(cp)])
        lowest = entry & np.uint32(0xFF)
        if lowest < _ABOVE:
            at = _put(out, at, entry)
            number = False
        elif lowest == NUMBER:
            if not number:
                out[at] = _ZERO
                at += 1
            number = True
        elif lowest == SEVERAL:
            begin, count = np.int64(entry >> np.uint32(12)), np.int64((entry >> np.uint32(8)) & np.uint32(0xF))
            for part in range(begin, begin + count):
                at = _put(out, at, parts[part])
            number = False
    return at


@inlined
def _put(out: np.ndarray, at: int, entry: np.uint32) -> int:
    """Write UTF-8, the first byte lowest, with as many bytes behind as make four; where it ends."""
    p = np.uint64(at)
    out[p] = entry & np.uint32(0xFF)
    out[p + np.uint64(1)] = (entry >> np.uint32(8)) & np.uint32(0xFF)
    out[p + np.uint64(2)] = (entry >> np.uint32(16)) & np.uint32(0xFF)
    out[p + np.uint64(3)] = entry >> np.uint32(24)
    return at + 1 + int(entry > 0xFF) + int(entry > 0xFFFF) + int(entry > 0xFFFFFF)
