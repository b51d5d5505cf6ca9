"""Small walks over UTF-8 bytes, compiled: where a line ends, what stands before a byte, what stretches hold."""

import numpy as np

from crawlsieve.filters.codepoints import WORD, decode
from crawlsieve.filters.hashes import EVERY_BYTE, HIGH_BITS, equal, load, place
from crawlsieve.filters.rows import break_size
from crawlsieve.kernel import inlined, kernel

_CONTROLS = EVERY_BYTE * np.uint64(0x1F)


@kernel
def line_end(data: np.ndarray, i: int, end: int) -> tuple[int, int]:
    """(end of the line that begins at byte i, first byte behind its break), as `str.splitlines` has it."""
    while i < end:
        if i + 8 <= end:
            word = load(data, i)
            ahead = (word - _CONTROLS) & ~word & HIGH_BITS
            if word & HIGH_BITS:
                ahead |= equal(word, 0xC2) | equal(word, 0xE2)
            if ahead == 0:
                i += 8
                continue
            i += place(ahead)
        size = break_size(data, i, end)
        if size:
            return i, i + size
        i += 1
    return end, end


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
