"""Copies of documents: where each stands in the order of its epoch, and where it goes in the shuffle.

Both are hashes of (seed, id, epoch) and of nothing else, so that no order of inputs, cut or engine shows in them.
"""

import numpy as np

from crawlsieve.dedup.partition import mix64

BIN_BITS = 10
"""A histogram of places has 2**10 bins: the bin of a cut holds about a thousandth of its domain."""

_PLACE_BITS = 63
_ORDER, _SHUFFLE_HIGH, _SHUFFLE_LOW = 1, 2, 3
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def places(ids: np.ndarray, seed: int, epochs: np.ndarray) -> np.ndarray:
    """int64[n], 0 or more: where a document stands in the order of an epoch. Equal places are in order of id.

    Args:
        ids: uint64[n, 2], 128-bit ids as `partition.words_of` gives them.
        seed: 0 or more; another one, another order.
        epochs: int64[n] or int64[1], 0 or more.
    """
    return (_hashed(ids, seed, epochs, _ORDER) >> np.uint64(64 - _PLACE_BITS)).astype(np.int64)


def bins(place: np.ndarray) -> np.ndarray:
    """int32[n]: the bin of each of int64[n] places."""
    found: np.ndarray = (place >> (_PLACE_BITS - BIN_BITS)).astype(np.int32)
    return found


def bin_start(number: int) -> int:
    """The lowest place of a bin."""
    return number << (_PLACE_BITS - BIN_BITS)


def shuffle_keys(ids: np.ndarray, seed: int, epochs: np.ndarray) -> np.ndarray:
    """uint64[n, 2]: where copies stand in the shuffled mixture, as 128 bits that no two copies share but by chance."""
    words = [_hashed(ids, seed, epochs, purpose) for purpose in (_SHUFFLE_HIGH, _SHUFFLE_LOW)]
    return np.column_stack(words)


def _hashed(ids: np.ndarray, seed: int, epochs: np.ndarray, purpose: int) -> np.ndarray:
    salt = mix64(np.array([seed % (1 << 64)], np.uint64) + _GOLDEN)
    salt = mix64(mix64(salt ^ np.uint64(purpose)) ^ epochs.astype(np.uint64))
    hashed: np.ndarray = mix64(mix64(ids[:, 0] ^ salt) ^ ids[:, 1])
    return hashed
