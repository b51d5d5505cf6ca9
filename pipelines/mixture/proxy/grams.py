"""Counts of n-grams of a text, of those n-grams only that somebody asks for: compiled loops over a table of hashes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from crawlsieve.kernel import inlined, kernel

_BEGIN = np.uint64(0x9E3779B97F4A7C15)
_LONGER = np.uint64(0xBF58476D1CE4E5B9)
_LAST = np.uint64(0x94D049BB133111EB)
"""Odd constants of splitmix64 (Steele, Lea, Flood 2014)."""
_EMPTY = np.uint64(0)
_ONE = np.uint64(1)

Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]
Slots = npt.NDArray[np.int64]
Tokens = npt.NDArray[Any]


def table_for(grams: int) -> Keys:
    """uint64[2**k]: a table for so many different keys, at most half full."""
    return np.zeros(1 << max(4, int(2 * grams - 1).bit_length()), np.uint64)


@inlined
def _longer(hashed: np.uint64, token: np.uint64) -> np.uint64:
    """The key of a context that begins a token earlier."""
    mixed = (hashed ^ (token + _ONE)) * _LONGER
    return mixed ^ (mixed >> np.uint64(29))


@inlined
def _followed(hashed: np.uint64, token: np.uint64) -> np.uint64:
    """The key of a context and the token after it."""
    mixed = (hashed + token + _ONE) * _LAST
    return (mixed ^ (mixed >> np.uint64(32))) | _ONE


@inlined
def _place(table: Keys, key: np.uint64) -> np.int64:
    """Slot of a key, or the empty one where it would be; linear probing."""
    mask = len(table) - 1
    at = np.int64(key >> np.uint64(1)) & mask
    while table[at] != _EMPTY and table[at] != key:
        at = (at + 1) & mask
    return at


@kernel
def ask(tokens: Tokens, orders: int, table: Keys, slots: Slots) -> None:
    """Enter what is asked for: the n-grams that end at tokens[orders - 1:], with 0 to orders - 1 tokens of context.

    Args:
        tokens: integers[t].
        orders: n of the longest n-gram.
        table: of `table_for`; is filled.
        slots: int64[t - orders + 1, orders, 2]: set to where context and n-gram stand in the table.
    """
    for i in range(orders - 1, len(tokens)):
        hashed = _BEGIN
        for k in range(orders):
            if k > 0:
                hashed = _longer(hashed, np.uint64(tokens[i - k]))
            for which in range(2):
                key = hashed | _ONE if which == 0 else _followed(hashed, np.uint64(tokens[i]))
                at = _place(table, key)
                table[at] = key
                slots[i - orders + 1, k, which] = at


@kernel
def count(tokens: Tokens, orders: int, table: Keys, counts: Counts) -> None:
    """Add the contexts and n-grams of a text to int64[len(table)]; those that nobody asked for are passed over.

    Two different n-grams have the same 63-bit key with a probability of n**2 / 2**64 for n that are asked for.
    """
    for i in range(orders - 1, len(tokens)):
        hashed = _BEGIN
        for k in range(orders):
            if k > 0:
                hashed = _longer(hashed, np.uint64(tokens[i - k]))
            at = _place(table, hashed | _ONE)
            if table[at] == _EMPTY:  # then no longer context was asked for
                break
            counts[at] += 1
            at = _place(table, _followed(hashed, np.uint64(tokens[i])))
            if table[at] != _EMPTY:
                counts[at] += 1
