"""Where a line says one of the phrases that C4 looks for. ASCII letters of both cases are the same, no others are.

Three letters of each phrase are searched for in blocks, by arithmetic that the compiler turns into vector instructions;
only a block that has them is looked at byte by byte.
Source: tensorflow_datasets/text/c4_utils.py, `clean_page` (Raffel et al. 2020, arXiv:1910.10683, section 2.2).
"""

import numpy as np

from crawlsieve.filters.kernel import inlined, kernel

LOREM, SCRIPT, POLICY = 4, 8, 16
"""Bits of a line's flags: it says "lorem ipsum", "javascript", or a phrase about cookies, privacy or terms."""

_BLOCK = 32
_CASE = np.uint8(0x20)


def bytes_of(text: str) -> np.ndarray:
    """uint8[m]: the text in UTF-8."""
    return np.frombuffer(text.encode(), np.uint8).copy()


_LOREM, _IPSUM = bytes_of("lorem i"), bytes_of("psum")
_PRIVACY, _COOKIE, _POLICY = bytes_of("privacy "), bytes_of("cookie "), bytes_of("policy")
_JAVASCRIPT = bytes_of("javascript")
_TERMS, _OF_USE = bytes_of("terms o"), bytes_of("f use")
_USE, _USES, _USE_OF, _KIES = bytes_of("use coo"), bytes_of("uses coo"), bytes_of("use of coo"), bytes_of("kies")


@kernel
def phrases_in(data: np.ndarray, begin: int, stop: int) -> int:
    """Flags of the phrases in data[begin:stop], which is one line of UTF-8."""
    flags = 0
    last = stop - _BLOCK - 2
    if last < begin:
        for i in range(begin, stop):
            flags |= _phrase_at(data, i, begin, stop)
        return flags
    for start in range(begin, last + _BLOCK, _BLOCK):
        i = min(start, last)  # the last block overlaps the one before
        if _distance(data, np.uint64(i)) == 0:
            for k in range(_BLOCK):
                flags |= _phrase_at(data, i + k, begin, stop)
    return flags


@inlined
def _distance(data: np.ndarray, i: np.uint64) -> int:
    """0 if one of kie, jav, psu, pol, "f u" begins in the block at byte i: the heart of each phrase."""
    least = np.uint8(255)
    for k in range(_BLOCK):
        j = i + np.uint64(k)
        a, b, c = data[j] | _CASE, data[j + np.uint64(1)] | _CASE, data[j + np.uint64(2)] | _CASE
        least = min(least, (a ^ np.uint8(0x6B)) | (b ^ np.uint8(0x69)) | (c ^ np.uint8(0x65)))
        least = min(least, (a ^ np.uint8(0x6A)) | (b ^ np.uint8(0x61)) | (c ^ np.uint8(0x76)))
        least = min(least, (a ^ np.uint8(0x70)) | (b ^ np.uint8(0x73)) | (c ^ np.uint8(0x75)))
        least = min(least, (a ^ np.uint8(0x70)) | (b ^ np.uint8(0x6F)) | (c ^ np.uint8(0x6C)))
        least = min(least, (a ^ np.uint8(0x66)) | (b ^ np.uint8(0x20)) | (c ^ np.uint8(0x75)))
    return int(least)


@kernel
def _phrase_at(data: np.ndarray, i: int, begin: int, stop: int) -> int:
    """Flags of the phrase whose heart begins at byte i of data[begin:stop]."""
    letter = data[i] | _CASE
    if letter == 0x70:
        if says_in_any_case(data, i, stop, _IPSUM) and _precedes(data, i, begin, _LOREM):
            return LOREM
        named = _precedes(data, i, begin, _PRIVACY) or _precedes(data, i, begin, _COOKIE)
        return POLICY * (named and says_in_any_case(data, i, stop, _POLICY))
    if letter == 0x6A:
        return SCRIPT * says_in_any_case(data, i, stop, _JAVASCRIPT)
    if letter == 0x66:
        return POLICY * (says_in_any_case(data, i, stop, _OF_USE) and _precedes(data, i, begin, _TERMS))
    if letter == 0x6B and says_in_any_case(data, i, stop, _KIES):
        used = _precedes(data, i, begin, _USE) or _precedes(data, i, begin, _USES)
        return POLICY * (used or _precedes(data, i, begin, _USE_OF))
    return 0


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


@kernel
def _precedes(data: np.ndarray, at: int, begin: int, phrase: np.ndarray) -> bool:
    """Whether data[begin:at] ends with the lower case phrase, in either case."""
    return bool(at - phrase.size >= begin and says_in_any_case(data, at - phrase.size, at, phrase))
