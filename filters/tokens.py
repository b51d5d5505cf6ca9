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
from crawlsieve.filters.hashes import (
    CASE_BITS,
    HIGH_BITS,
    SEED,
    between,
    finish,
    hash_bytes,
    load,
    place,
    step,
    under,
)
from crawlsieve.kernel import inlined, kernel

ALPHABETIC, WORDLIKE, SOLID, UPPERCASE, LOWERCASE = 1, 2, 4, 8, 16
"""Bits of `Words.kind`: the word has a letter; a letter or number (else it is a symbol); something besides punctuation;
an upper or title case letter; a lower case letter."""
_KIND_SHIFT = 24
"""Where those bits stand in an entry of `codepoints.py`."""

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
        glued = 0  # not 0 if a word that is no symbol ends right here
        while i < end:
            stop, flags, digest = i, 0, SEED
            if data[i] < 0x80:
                stop, flags, digest = _plain(data, i, end, glued)
            count = stop - i
            if stop == i:
                cp, size = decode(data, i, end)
                group = look(table, cp) & CLASS
                if group == SPACE:
                    i, glued = i + size, 0
                    continue
                if LETTER <= group <= MARK or _leads(data, i, end, table, glued):
                    stop, count, flags = _word(data, i, end, table)
                else:
                    stop, count, flags = _single(data, i, end, table)
                flags >>= _KIND_SHIFT
                digest = hash_bytes(data, i, stop)
            if k == start.size:
                return doc
            start[k], length[k], chars[k], hashes[k], kind[k] = i, stop - i, count, digest, flags
            i, glued = stop, flags & WORDLIKE
            k += 1
            if i < end and data[i] == 0x20:
                i, glued = i + 1, 0
        first[doc + 1] = k
    return offsets.size - 1


@inlined
def _plain(data: np.ndarray, i: int, end: int, glued: int) -> tuple[int, int, np.uint64]:
    """What most words are: ASCII letters and digits, or one ASCII symbol, and plain to see, eight bytes at a time.

    Returns:
        (end, kind, hash) of the word at i; end = i where it takes another look.
    """
    kind, j, h = 0, i, SEED
    while j + 8 <= end:
        word = load(data, j)
        letters, small = between(word | CASE_BITS, 0x61, 0x7A), word << np.uint64(2)
        capitals, smalls = letters & ~small, letters & small
        outside = ~(letters | between(word, 0x30, 0x39)) & HIGH_BITS
        run = place(outside)
        if run == 8:
            h = step(h, word)
            kind |= _kind(capitals, smalls)
            j += 8
            continue
        stop = j + run
        if stop == i:
            return i + _is_lone(word, glued), 0, finish(SEED, word & np.uint64(0xFF), np.uint64(1))
        if not _ends(word, run, outside, data[stop - 1]):
            break
        mask = under(outside) >> np.uint64(7)
        kind |= _kind(capitals & mask, smalls & mask)
        return stop, kind, finish(h, word & mask, np.uint64(stop - i))
    return i, 0, SEED


@inlined
def _kind(capitals: np.uint64, smalls: np.uint64) -> int:
    """Kind of a word with these letters; no branch, as none would be foreseen."""
    upper, lower = int(capitals != 0), int(smalls != 0)
    return WORDLIKE | SOLID | UPPERCASE * upper | LOWERCASE * lower | ALPHABETIC * (upper | lower)


@inlined
def _is_lone(word: np.uint64, glued: int) -> bool:
    """Whether the first of eight bytes is an ASCII symbol that is a word whatever follows, if that is ASCII."""
    symbol, after = word & np.uint64(0xFF), (word >> np.uint64(8)) & np.uint64(0xFF)
    if symbol <= 0x20 or symbol >= 0x7F or after >= 0x80:
        return False
    if after <= 0x20:
        return True
    return bool(not LEANS[symbol] and not (glued and symbol == _APOSTROPHE))


@inlined
def _ends(word: np.uint64, run: int, outside: np.uint64, last: int) -> bool:
    """Whether the word with `run` < 8 letters and digits of these eight bytes, `last` for its end, ends there."""
    behind = word >> np.uint64(8 * run)
    symbol = behind & np.uint64(0xFF)
    if symbol <= 0x20:  # a space, or a control that joins nothing
        return True
    if run == 7 or behind & np.uint64(0x8080):
        return False
    after = (behind >> np.uint64(8)) & np.uint64(0xFF)
    if (outside >> np.uint64(8 * run + 8)) & np.uint64(0x80):
        return bool(symbol != _COLON)  # neither letter nor number follows, but :// may open an address
    neighbours = _LL if last > 0x39 else _NL
    if after <= 0x39:
        neighbours *= 2
    return bool(JOINS[symbol] & neighbours == 0)


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
def _leads(data: np.ndarray, i: int, end: int, table: np.ndarray, glued: int) -> bool:
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
