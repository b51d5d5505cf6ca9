"""Where a line says one of the phrases that C4 looks for. ASCII letters of both cases are the same, no others are.

Two letters of each phrase, its heart, are searched for eight bytes at a time; only where they stand is more compared.
Source: tensorflow_datasets/text/c4_utils.py, `clean_page` (Raffel et al. 2020, arXiv:1910.10683, section 2.2).
"""

import numpy as np

from crawlsieve.filters.hashes import CASE_BITS, equal, load, place
from crawlsieve.kernel import inlined, kernel

LOREM, SCRIPT, POLICY = 4, 8, 16
"""Bits of a line's flags: it says "lorem ipsum", "javascript", or a phrase about cookies, privacy or terms."""

_CASE = np.uint8(0x20)


def bytes_of(text: str) -> np.ndarray:
    """uint8[m]: the text in UTF-8."""
    return np.frombuffer(text.encode(), np.uint8).copy()


_LOREM, _JAVASCRIPT, _TERMS = bytes_of("lorem ipsum"), bytes_of("javascript"), bytes_of("terms of use")
_PRIVACY, _COOKIE_POLICY = bytes_of("privacy policy"), bytes_of("cookie policy")
_USE_COOKIES, _USES_COOKIES = bytes_of("use cookies"), bytes_of("uses cookies")
_USE_OF_COOKIES = bytes_of("use of cookies")


@kernel
def phrases_in(data: np.ndarray, begin: int, stop: int) -> int:
    """Flags of the phrases in data[begin:stop], which is one line of UTF-8."""
    flags = 0
    i = begin
    while i + 9 <= stop:
        hearts = _hearts(load(data, i) | CASE_BITS, load(data, i + 1) | CASE_BITS)
        if hearts == 0:
            i += 8
            continue
        i += place(hearts)
        flags |= _phrase_at(data, i, begin, stop)
        i += 1
    if begin + 9 <= stop and _hearts(load(data, stop - 9) | CASE_BITS, load(data, stop - 8) | CASE_BITS) == 0:
        return flags  # what is left lies within the last nine bytes
    while i < stop:
        flags |= _phrase_at(data, i, begin, stop)
        i += 1
    return flags


@inlined
def _hearts(word: np.uint64, behind: np.uint64) -> np.uint64:
    """uint64: 0x80 where a pair of letters begins that is in each phrase and rare elsewhere: va, ki, ms, ps.

    Args:
        word: eight bytes, in lower case.
        behind: the eight from the second on.
    """
    s = equal(behind, 0x73)
    java, cookie = equal(word, 0x76) & equal(behind, 0x61), equal(word, 0x6B) & equal(behind, 0x69)
    return java | cookie | (equal(word, 0x6D) | equal(word, 0x70)) & s


@kernel
def _phrase_at(data: np.ndarray, i: int, begin: int, stop: int) -> int:
    """Flags of the phrase whose heart begins at byte i of data[begin:stop]."""
    letter = data[i] | 0x20
    if letter == 0x76:
        if _said(data, i, (begin, stop), _JAVASCRIPT, 2):
            return SCRIPT
        return POLICY * _said(data, i, (begin, stop), _PRIVACY, 3)
    if letter == 0x6B:
        cookies = _said(data, i, (begin, stop), _COOKIE_POLICY, 3) or _said(data, i, (begin, stop), _USE_COOKIES, 7)
        return POLICY * (
            cookies
            or _said(data, i, (begin, stop), _USES_COOKIES, 8)
            or _said(data, i, (begin, stop), _USE_OF_COOKIES, 10)
        )
    if letter == 0x6D:
        return POLICY * _said(data, i, (begin, stop), _TERMS, 3)
    return LOREM * (letter == 0x70 and _said(data, i, (begin, stop), _LOREM, 7))


@kernel
def _said(data: np.ndarray, i: int, line: tuple[int, int], phrase: np.ndarray, before: int) -> bool:
    """Whether the phrase stands in the line with `before` of its bytes before byte i."""
    begin, stop = line
    return bool(i - before >= begin and says_in_any_case(data, i - before, stop, phrase))


@kernel
def says_in_any_case(data: np.ndarray, at: int, stop: int, phrase: np.ndarray) -> bool:
    """Whether data[at:stop] begins with the lower case phrase, in either case."""
    if at + phrase.size > stop:
        return False
    for k in range(phrase.size):
        byte = data[at + k]
        if 0x41 <= byte <= 0x5A:
            byte |= _CASE
        if byte != phrase[k]:
            return False
    return True
