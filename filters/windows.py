"""Where the plain words of 64 bytes begin and end, by the rule of `segments.py`, without a branch for each. Compiled.

Plain are runs of letters and digits, what stands behind the apostrophe of "don't", Han and kana, and symbols, as far as
`plain_bytes.py` knows them, where nothing beside them may change that. Whether something may is asked generously: the
kernels in `tokens.py` that look at one character after the other have the last word.
"""

from typing import NamedTuple

import numpy as np

from crawlsieve.filters.masks import ALL, NONE, ONE, THREE, TWO, WIDTH, within
from crawlsieve.filters.plain_bytes import APOSTROPHE, CURLY, Plain, ascii_bytes, broad_bytes
from crawlsieve.kernel import inlined

SEEN = 60
"""A character of three bytes that begins at this bit of a window, or before, is in it with the byte behind it."""
_SEEN = ALL >> np.uint64(WIDTH - 1 - SEEN)


class Window(NamedTuple):
    """Masks of 64 bytes; the word that begins at the k-th bit of `starts` ends before the k-th bit of `ends`."""

    starts: np.uint64
    """First bytes of words, and of what is not plain."""
    ends: np.uint64
    """Bytes right behind words."""
    doubt: np.uint64
    """Words that end at the lowest of these, or behind it, take another look."""
    glued: np.uint64
    """Bytes right behind a letter or number: a word that is no symbol ends there, if one does."""
    more: np.uint64
    """Bytes that continue a code point."""
    wordlike: np.uint64
    """Bytes right behind words that have a letter or number,"""
    alphabetic: np.uint64
    """a letter,"""
    upper: np.uint64
    """an upper case letter,"""
    lower: np.uint64
    """a lower case letter."""


@inlined
def look_at(data: np.ndarray, i: int, end: int, glued: np.uint64) -> Window:
    """The window at i.

    Args:
        data: uint8[m], UTF-8; i + 64 <= m.
        i: where a word begins or may begin.
        end: where the text ends, more than i. What is behind it does not matter.
        glued: 1 if a word that is no symbol ends at i, else 0.
    """
    valid, edge = ALL, ONE << np.uint64(WIDTH - 1)  # what follows the last byte is not known
    if end - i < WIDTH:
        valid, edge = (ONE << np.uint64(end - i)) - ONE, NONE
    plain = ascii_bytes(data, i, valid, valid >> TWO & _SEEN)
    if plain.other != NONE:
        plain = broad_bytes(data, i, plain, valid >> TWO & _SEEN)
    return _parted(data, i, plain, plain.other | edge, glued)


@inlined
def _parted(data: np.ndarray, i: int, plain: Plain, other: np.uint64, glued: np.uint64) -> Window:
    """The window whose bytes are `plain`, or `other`."""
    letter, solid, symbol, three = plain.letter, plain.solid, plain.symbol, plain.wide | plain.alone
    behind = solid << ONE | plain.alone << THREE | glued
    clitic = symbol & behind & within(data, i, APOSTROPHE, APOSTROPHE) & letter >> ONE
    broad_clitic = plain.wide & behind & _third(data, i, CURLY) & letter >> THREE

    joins = symbol & _joining(data, i, plain, other) | plain.wide & (solid | other) >> THREE & ~broad_clitic
    leads = symbol & _leading(data, i, behind, solid) | (symbol | three << TWO) & other >> ONE
    run_ends = ~solid & solid << ONE
    return Window(
        starts=solid & ~(solid << ONE | clitic << ONE | broad_clitic << THREE) | symbol | three | other,
        ends=run_ends | (symbol & ~clitic) << ONE | (three & ~broad_clitic) << THREE,
        doubt=joins & behind | leads << ONE | other,
        glued=behind,
        more=plain.more,
        wordlike=run_ends | plain.alone << THREE,
        alphabetic=_runs_with(letter, solid) | plain.alone << THREE,
        upper=_runs_with(plain.upper, solid),
        lower=_runs_with(plain.lower, solid),
    )


@inlined
def _runs_with(bits: np.uint64, runs: np.uint64) -> np.uint64:
    """The bit right behind each run of ones in `runs` that has one of `bits`, all of which are in runs.

    A run is one less than the bit behind it: adding anything that is in it carries to there, and no further.
    """
    return (runs + bits) & ~runs


@inlined
def _joining(data: np.ndarray, i: int, plain: Plain, other: np.uint64) -> np.uint64:
    """Symbols of ASCII that may belong to the word before them, by what follows.

    All do before a letter or number, but , ' - / : < = > before a letter. A colon and a slash may open an address.
    """
    slash, colon = within(data, i, 0x2F, 0x2F), within(data, i, 0x3A, 0x3A)
    parting = slash | colon | within(data, i, APOSTROPHE, APOSTROPHE)
    parting |= within(data, i, 0x2C, 0x2D) | within(data, i, 0x3C, 0x3E)
    return plain.solid >> ONE & ~(parting & plain.letter >> ONE) | other >> ONE | colon & slash >> ONE


@inlined
def _leading(data: np.ndarray, i: int, behind: np.uint64, solid: np.uint64) -> np.uint64:
    r"""Which of - . / @ \ ^ | ~ may be a run of the same, or belong to the word right behind them."""
    leans = within(data, i, 0x2D, 0x2F) | within(data, i, 0x40, 0x40) | within(data, i, 0x5C, 0x5C)
    leans |= within(data, i, 0x5E, 0x5E) | within(data, i, 0x7C, 0x7C) | within(data, i, 0x7E, 0x7E)
    return leans & (solid >> ONE & ~behind | leans >> ONE)


@inlined
def _third(data: np.ndarray, i: int, cp: int) -> np.uint64:
    """Where the first byte of U+2010 to U+2027 would stand for it to be this one, by its third byte."""
    third = 0x80 | cp & 0x3F
    return within(data, i, 0xE2, 0xE2) & within(data, i, third, third) >> TWO
