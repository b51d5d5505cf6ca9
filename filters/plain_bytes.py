"""What kinds of characters 64 bytes are, as masks, without a branch: those that words are mostly made of. Compiled.

That is ASCII, Latin letters to U+017F, Cyrillic letters to U+045F, Han to U+9FFF and kana, and punctuation of theirs.
All else, and all that is no UTF-8, is other. A test holds each code point against its entry in `codepoints.py`.
"""

from typing import NamedTuple

import numpy as np

from crawlsieve.filters.masks import NONE, ONE, TWO, has, within
from crawlsieve.kernel import inlined

APOSTROPHE, CURLY = 0x27, 0x2019

MAY_BE_PLAIN = np.zeros(256, np.bool_)
"""bool[256]: bytes that a character known here begins with."""
MAY_BE_PLAIN[:0x80] = True
MAY_BE_PLAIN[[0xC3, 0xC4, 0xC5, 0xD0, 0xD1, *range(0xE2, 0xEA), 0xEF]] = True


class Plain(NamedTuple):
    """Masks of 64 bytes. White space is in none of them."""

    upper: np.uint64
    """First bytes of upper case letters."""
    lower: np.uint64
    """First bytes of lower case letters."""
    letter: np.uint64
    """All bytes of both."""
    solid: np.uint64
    """All bytes of letters, and digits."""
    symbol: np.uint64
    """Symbols of ASCII."""
    wide: np.uint64
    """First bytes of punctuation of three bytes."""
    alone: np.uint64
    """First bytes of Han and kana, which are three bytes and words by themselves."""
    more: np.uint64
    """The other bytes of all these."""
    other: np.uint64
    """Bytes of what is not known here."""


@inlined
def ascii_bytes(data: np.ndarray, i: int, valid: np.uint64, whole: np.uint64) -> Plain:
    """ASCII, and the quotation marks, dashes and dots of U+2010 to U+2027.

    Args:
        data: uint8[m], UTF-8; i + 64 <= m.
        i: where the 64 bytes begin.
        valid: which of them to look at.
        whole: which of them, and the two bytes behind each, to look at.
    """
    upper, lower = within(data, i, 0x41, 0x5A) & valid, within(data, i, 0x61, 0x7A) & valid
    letter = upper | lower
    solid = letter | within(data, i, 0x30, 0x39) & valid
    symbol = within(data, i, 0x21, 0x7E) & valid & ~solid
    wide = within(data, i, 0xE2, 0xE2) & within(data, i, 0x80, 0x80) >> ONE & within(data, i, 0x90, 0xA7) >> TWO & whole
    more = wide << ONE | wide << TWO
    space = within(data, i, 0x20, 0x20) | within(data, i, 0x09, 0x0D)
    other = valid & ~(solid | symbol | wide | more | space)
    return Plain(upper, lower, letter, solid, symbol, wide, NONE, more, other)


@inlined
def broad_bytes(data: np.ndarray, i: int, plain: Plain, whole: np.uint64) -> Plain:
    """The same and all else that is known here; `other` of `plain` tells which bytes to look at."""
    open_, follows = plain.other, within(data, i, 0x80, 0xBF) & plain.other
    latin, latin_upper = _latin(data, i)
    cyrillic, cyrillic_upper = _cyrillic(data, i)
    letter = (latin | cyrillic) & open_ & follows >> ONE
    upper = (latin_upper | cyrillic_upper) & letter
    alone, wide = _east_asian(data, i)
    whole &= open_ & follows >> ONE & follows >> TWO
    alone, wide = alone & whole, wide & whole

    letters = letter | letter << ONE
    more = letter << ONE | (alone | wide) << ONE | (alone | wide) << TWO
    return Plain(
        upper=plain.upper | upper,
        lower=plain.lower | letter & ~upper,
        letter=plain.letter | letters,
        solid=plain.solid | letters,
        symbol=plain.symbol,
        wide=plain.wide | wide,
        alone=alone,
        more=plain.more | more,
        other=open_ & ~(letters | alone | wide | more),
    )


@inlined
def _latin(data: np.ndarray, i: int) -> tuple[np.uint64, np.uint64]:
    """First bytes of (letters, upper case letters) from U+00C0 to U+017F, if one more byte continues them."""
    c3, c4, c5 = within(data, i, 0xC3, 0xC3), within(data, i, 0xC4, 0xC4), within(data, i, 0xC5, 0xC5)
    c3 &= ~(within(data, i, 0x97, 0x97) | within(data, i, 0xB7, 0xB7)) >> ONE  # the signs of times and division
    odd = has(data, i, 1)
    in_c4 = within(data, i, 0x80, 0xB7) & ~odd | within(data, i, 0xB9, 0xBF) & odd
    in_c5 = (within(data, i, 0x80, 0x88) | within(data, i, 0xB9, 0xBE)) & odd | within(data, i, 0x8A, 0xB8) & ~odd
    upper = c3 & within(data, i, 0x80, 0x9E) >> ONE | c4 & in_c4 >> ONE | c5 & in_c5 >> ONE
    return c3 | c4 | c5, upper


@inlined
def _cyrillic(data: np.ndarray, i: int) -> tuple[np.uint64, np.uint64]:
    """The same from U+0400 to U+045F."""
    d0, d1 = within(data, i, 0xD0, 0xD0), within(data, i, 0xD1, 0xD1)
    return d0 | d1 & within(data, i, 0x80, 0x9F) >> ONE, d0 & within(data, i, 0x80, 0xAF) >> ONE


@inlined
def _east_asian(data: np.ndarray, i: int) -> tuple[np.uint64, np.uint64]:
    """First bytes of (Han from U+4E00 and kana, their punctuation), if two more bytes continue them."""
    e3, full = within(data, i, 0xE3, 0xE3), within(data, i, 0xEF, 0xEF) & within(data, i, 0xBC, 0xBC) >> ONE
    han = within(data, i, 0xE5, 0xE9) | within(data, i, 0xE4, 0xE4) & within(data, i, 0xB8, 0xBF) >> ONE
    kana = within(data, i, 0x81, 0x81) >> ONE & within(data, i, 0x81, 0xBF) >> TWO
    kana |= within(data, i, 0x82, 0x82) >> ONE & (within(data, i, 0x80, 0x96) | within(data, i, 0xA1, 0xBF)) >> TWO
    kana |= within(data, i, 0x83, 0x83) >> ONE & ~within(data, i, 0xBB, 0xBB) >> TWO
    brackets = within(data, i, 0x81, 0x83) | within(data, i, 0x88, 0x91)
    stops = within(data, i, 0x81, 0x83) | within(data, i, 0x85, 0x8A) | within(data, i, 0x8C, 0x8F)
    stops |= within(data, i, 0x9A, 0x9B) | within(data, i, 0x9F, 0xA0)
    return han | e3 & kana, e3 & within(data, i, 0x80, 0x80) >> ONE & brackets >> TWO | full & stops >> TWO
