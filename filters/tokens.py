"""Where the words of a batch of texts are: the rule of `segments.py`, compiled."""

import numpy as np

from crawlsieve.filters.codepoints import (
    ALONE,
    CLASS,
    LETTER,
    LOWER,
    MARK,
    NUMBER,
    SPACE,
    UPPER,
    WORD,
    decode,
    look,
)
from crawlsieve.filters.hashes import hash_bytes, hash_near, under
from crawlsieve.filters.masks import ALL, NONE, ONE, TWO, WIDTH, mark, ones, zeros_below
from crawlsieve.filters.plain_bytes import MAY_BE_PLAIN
from crawlsieve.filters.windows import SEEN, Window, look_at
from crawlsieve.kernel import inlined, kernel

ALPHABETIC, WORDLIKE, SOLID, UPPERCASE, LOWERCASE = 1, 2, 4, 8, 16
"""Bits of `Words.kind`: the word has a letter; a letter or number (else it is a symbol); something besides punctuation;
an upper or title case letter; a lower case letter."""
_KIND_SHIFT, _KINDS = 24, ALPHABETIC | WORDLIKE | SOLID | UPPERCASE | LOWERCASE
"""Where those bits stand in an entry of `codepoints.py`, and all of them."""

_LL, _LN, _NL, _NN = 1, 2, 4, 8
_ANY = _LL | _LN | _NL | _NN
"""Neighbours between which a symbol belongs to the word: letter and letter, letter and number, ..."""

_APOSTROPHE, _CURLY, _DOT, _SLASH, _COLON = 0x27, 0x2019, 0x2E, 0x2F, 0x3A

JOINS = np.zeros(128, np.uint8)
"""uint8[128]: between which neighbours an ASCII symbol belongs to the word."""
JOINS[0x21:0x7F] = _ANY
JOINS[list(b",'")] = _NN
JOINS[list(b"-~")] = _LN
JOINS[list(b"/:<=>")] = _LN | _NN
JOINS[list(b"*+^")] = _LL | _LN | _NL

LEANS = np.zeros(128, np.bool_)
"""bool[128]: symbols of which a run is one word, and that belong to a word right behind them."""
LEANS[list(b"-./@\\^|~")] = True

CLOSES = np.zeros(128, np.bool_)
"""bool[128]: symbols that do not belong to the address before them."""
CLOSES[list(b"!\"'),.:;>?]}")] = True

_REACH = WIDTH + 16
"""Bytes that are read from the beginning of a window on: a word at its end is hashed."""


@kernel
def scan_words(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, begin: int, columns: tuple[np.ndarray, ...]
) -> int:
    """Fill the columns with the words of documents `begin` and later, as long as there is room for all of one.

    Args:
        data: uint8[m], UTF-8.
        offsets: int64[n + 1] into data.
        table: uint32[0x110000] of `codepoints.py`.
        begin: first document to do; first[begin] is set.
        columns: to be filled: first int64[n + 1], then start, length, chars, hash, kind (as in `Words`), with room for
            some words.

    Returns:
        The document to go on with, n when all are done.
    """
    first, start, length, chars, hashes, kind = columns
    k = first[begin]
    for doc in range(begin, offsets.size - 1):
        i, end = offsets[doc], offsets[doc + 1]
        glued = NONE  # 1 if a word that is no symbol ends right here
        while i < end:
            if k + WIDTH > start.size:
                return doc
            if i + _REACH <= data.size and MAY_BE_PLAIN[data[i]]:
                window = look_at(data, i, end, glued)
                k, last = _write_plain(data, i, window, columns, k)
                rest = window.starts & (ALL << last)
                if rest == NONE:
                    break
                ahead = zeros_below(rest)
                i, glued = i + np.int64(ahead), window.glued >> ahead & ONE
                if ahead != NONE and zeros_below(window.doubt) > SEEN:
                    continue  # to see the rest of it
            stop, count, flags = _look_again(data, i, end, table, glued)
            if count > 0:
                start[k], length[k], chars[k], kind[k] = i, stop - i, count, flags
                hashes[k] = hash_bytes(data, i, stop)
                k += 1
            i, glued = stop, np.uint64(flags & WORDLIKE) // TWO
            if i < end and data[i] == 0x20:
                i, glued = i + 1, NONE
        first[doc + 1] = k
    return offsets.size - 1


@inlined
def _write_plain(
    data: np.ndarray, i: int, window: Window, columns: tuple[np.ndarray, ...], k: int
) -> tuple[int, np.uint64]:
    """Write the plain words of the window at i, from the k-th word on: (the next one, where in it the last ends)."""
    _, start, length, chars, hashes, kind = columns
    starts, ends = window.starts, window.ends & under(window.doubt)
    has_letters = ((window.alphabetic, ALPHABETIC), (window.upper, UPPERCASE), (window.lower, LOWERCASE))
    mark(kind, k, ((window.wordlike, WORDLIKE | SOLID), *has_letters))
    last, here = NONE, np.uint64(k)  # unsigned: whether an index is negative need not be asked
    to = here
    while ends != NONE:
        first, last = zeros_below(starts), zeros_below(ends)
        starts, ends = starts & (starts - ONE), ends & (ends - ONE)
        size, at = last - first, i + int(np.int64(first))
        start[to], length[to], chars[to] = at, size, size - ones(window.more >> first & ((ONE << size) - ONE))
        hashes[to] = hash_near(data, at, size)
        kind[to] = kind[here + last]  # which no earlier word has overwritten: it ends behind its number
        to += ONE
    return int(np.int64(to)), last


@inlined
def _look_again(data: np.ndarray, i: int, end: int, table: np.ndarray, glued: np.uint64) -> tuple[int, int, int]:
    """The word at i, whatever it is: (end, code points, kind); white space has no code points."""
    cp, size = decode(data, i, end)
    group = look(table, cp) & CLASS
    if group == SPACE:
        return i + size, 0, 0
    if LETTER <= group <= MARK or _leads(data, i, end, table, glued):
        stop, count, flags = _word(data, i, end, table)
    else:
        stop, count, flags = _single(data, i, end, table)
    return stop, count, flags >> _KIND_SHIFT & _KINDS


@kernel
def _word(data: np.ndarray, i: int, end: int, table: np.ndarray) -> tuple[int, int, int]:
    """The word of several characters that begins at i: (end, code points, properties)."""
    flags = last = count = 0
    limit = i + 1  # up to here everything belongs: the first character, an address
    dotted = False
    j = i
    while j < end:
        if data[j] == 0x20:
            break
        cp, size = decode(data, j, end)
        entry = look(table, cp)
        group = entry & CLASS
        if LETTER <= group <= NUMBER:
            last = entry
        elif group != MARK and j >= limit:
            if group in (SPACE, ALONE) or last == 0:
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


@kernel
def _single(data: np.ndarray, i: int, end: int, table: np.ndarray) -> tuple[int, int, int]:
    """The symbol, or word of one letter, at i with its marks; as `_word`."""
    cp, size = decode(data, i, end)
    flags = look(table, cp)
    run = cp if cp < 0x80 and LEANS[cp] else -1
    count, j = 1, i + size
    while j < end:
        cp, size = decode(data, j, end)
        entry = look(table, cp)
        if entry & CLASS != MARK and cp != run:
            break
        flags |= entry
        count += 1
        j += size
    return j, count, flags


@kernel
def _joins(cp: int, last: int, after: int) -> bool:
    """Whether a symbol belongs to the word around it; `last` and `after` are the table's entries of its neighbours."""
    if after & WORD == 0 or after & CLASS == ALONE:
        return False
    if cp == _DOT and last & LOWER and after & UPPER:
        return False
    neighbours = _LL
    if last & CLASS == NUMBER:
        neighbours = _NL
    if after & CLASS == NUMBER:
        neighbours *= 2
    return neighbours & _between(cp) != 0


@kernel
def _between(cp: int) -> int:
    """Neighbours between which the symbol belongs to a word."""
    if cp < 0x80:
        return int(np.int64(JOINS[cp]))
    if 0x2010 <= cp <= 0x2014:  # hyphens and dashes
        return _LN
    if cp == _CURLY:
        return _NN
    return _ANY if cp == 0xB7 else 0  # the Catalan middle dot


@kernel
def _after(data: np.ndarray, i: int, end: int, table: np.ndarray) -> int:
    """The table's entry of the code point at i, 0 at the end."""
    return look(table, decode(data, i, end)[0]) if i < end else 0


@kernel
def _leads(data: np.ndarray, i: int, end: int, table: np.ndarray, glued: np.uint64) -> bool:
    """Whether the symbol at i < end begins a word: a clitic's apostrophe, the sign of -5, .NET, /usr, @name."""
    cp, size = decode(data, i, end)
    group = _after(data, i + size, end, table) & CLASS
    if glued:
        return cp in (_APOSTROPHE, _CURLY) and group == LETTER
    return cp < 0x80 and LEANS[cp] and LETTER <= group <= NUMBER


@kernel
def _address_end(data: np.ndarray, i: int, end: int, table: np.ndarray) -> int:
    """Where the address ends that has `://` or the slash of its path at i; i where it is none.

    That is at white space, less what closes a sentence, a quotation or a bracket.
    """
    if data[i] == _COLON and not (i + 2 < end and data[i + 1] == _SLASH and data[i + 2] == _SLASH):
        return i
    stop = j = i
    while j < end:
        cp, size = decode(data, j, end)
        if look(table, cp) & CLASS == SPACE:
            break
        j += size
        if (cp >= 0x80 or not CLOSES[cp]) and cp != 0x201D:
            stop = j
    return stop
