"""Small walks over UTF-8 bytes, compiled: where a line ends, what stands before a byte, what stretches hold."""

import numpy as np

from crawlsieve.filters.codepoints import CLASS, SPACE, WORD, decode, look
from crawlsieve.filters.hashes import between, continuations, count, equal, load, load_some, place
from crawlsieve.kernel import inlined, kernel


@kernel
def line_end(data: np.ndarray, i: int, end: int) -> tuple[int, int]:
    """(end of the line that begins at byte i, first byte behind its break), as `str.splitlines` has it."""
    while i + 8 <= end:
        marks = may_break(load(data, i))
        while marks:
            at = i + place(marks)
            size = break_size(data, at, end)
            if size:
                return at, at + size
            marks &= marks - np.uint64(1)
        i += 8
    while i < end:
        size = break_size(data, i, end)
        if size:
            return i, i + size
        i += 1
    return end, end


@inlined
def may_break(word: np.uint64) -> np.uint64:
    """0x80 in every byte that a line break can begin with."""
    return between(word, 0x0A, 0x0D) | between(word, 0x1C, 0x1E) | equal(word, 0xC2) | equal(word, 0xE2)


@kernel
def break_size(data: np.ndarray, i: int, end: int) -> int:
    """Bytes of the line break at i < end, 0 if there is none."""
    byte = data[i]
    if byte == 0x0D and i + 1 < end and data[i + 1] == 0x0A:
        return 2
    if byte < 0x80:
        return 1 if 0x0A <= byte <= 0x0D or 0x1C <= byte <= 0x1E else 0
    if byte == 0xC2 and i + 1 < end and data[i + 1] == 0x85:
        return 2
    separator = byte == 0xE2 and i + 2 < end and data[i + 1] == 0x80 and data[i + 2] & 0xFE == 0xA8
    return 3 if separator else 0


@kernel
def skip_blank(data: np.ndarray, i: int, stop: int, table: np.ndarray) -> int:
    """First byte at or behind i that is no white space; `stop` if there is none."""
    while i < stop:
        cp, size = decode(data, i, stop)
        if look(table, cp) & CLASS != SPACE:
            return i
        i += size
    return stop


@kernel
def trim(data: np.ndarray, i: int, stop: int, table: np.ndarray) -> tuple[int, int]:
    """(start, end) of data[i:stop] without white space at its ends; equal if it is all white space."""
    i = skip_blank(data, i, stop, table)
    while stop > i:
        at = step_back(data, stop, i)
        cp, _ = decode(data, at, stop)
        if look(table, cp) & CLASS != SPACE:
            break
        stop = at
    return i, stop


@kernel
def count_chars(data: np.ndarray, i: int, stop: int) -> int:
    """Code points in data[i:stop], whole ones."""
    points = stop - i
    while i + 8 <= stop:
        points -= count(continuations(load(data, i)))
        i += 8
    return points - count(continuations(load_some(data, i, stop - i)))


@inlined
def step_back(data: np.ndarray, i: int, low: int) -> int:
    """First byte of the code point that ends before byte i > low."""
    i -= 1
    while i > low and data[i] & 0xC0 == 0x80:
        i -= 1
    return i


@inlined
def entry_before(data: np.ndarray, i: int, low: int, table: np.ndarray) -> np.int64:
    """Table entry of the code point that ends before byte i; 0 if i is not above `low`."""
    if i <= low:
        return np.int64(0)
    return np.int64(table[decode(data, step_back(data, i, low), i)[0]])


@kernel
def has_word(data: np.ndarray, i: int, stop: int, table: np.ndarray) -> bool:
    """Whether data[i:stop] has a letter or a number."""
    while i < stop:
        cp, size = decode(data, i, stop)
        if np.int64(table[cp]) & WORD:
            return True
        i += size
    return False


@kernel
def says(data: np.ndarray, at: int, stop: int, phrase: np.ndarray) -> bool:
    """Whether data[at:stop] begins with the bytes of the phrase."""
    if at + phrase.size > stop:
        return False
    k = 0
    while k < phrase.size and data[at + k] == phrase[k]:
        k += 1
    return bool(k == phrase.size)


@kernel
def copy(out: np.ndarray, k: int, data: np.ndarray, start: int, stop: int) -> int:
    """Write data[start:stop] to out[k:]; the end of what is written.

    Callers guarantee the room: `out` is as large as all that they write. Without it nothing is written: a mistake
    costs a text, no memory.
    """
    size = stop - start
    if k < 0 or start < 0 or k + size > out.size:
        return k
    to, come = np.uint64(k), np.uint64(start)  # unsigned, so that the compiler copies in blocks
    for j in range(np.uint64(max(size, 0))):
        out[to + j] = data[come + j]
    return k + size
