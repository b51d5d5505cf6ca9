"""Band keys of documents that no corpus has, from a counter: which are copies, and of what, is known."""

import numpy as np

from crawlsieve.kernel import inlined, kernel

_U = np.uint64
_NEXT = np.uint64(0x9E3779B97F4A7C15)
_TRIES = 64


def planted(first: int, count: int, bands: int, percent: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The documents `first` to `first + count - 1` of an endless list.

    A copy shares some bands, each with probability 1/4 and one at least, with one earlier document that is no copy;
    all other keys are of one document only.

    Args:
        first: number of the first of them.
        count: how many.
        bands: keys of a document, at most 63.
        percent: copies among 100 documents.
        seed: of the list.

    Returns:
        (int64[count, bands] of keys, int64[count] of originals, -1 where a document is no copy).
    """
    keys, original = np.empty((count, bands), np.int64), np.empty(count, np.int64)
    _plant(first, percent, seed, keys, original)
    return keys, original


@inlined
def _hash(seed: np.uint64, value: np.uint64) -> np.uint64:
    """A number of a seed and a value (finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    h = seed * _U(0xD1342543DE82EF95) + value * _NEXT + _NEXT
    h = (h ^ h >> _U(30)) * _U(0xBF58476D1CE4E5B9)
    h = (h ^ h >> _U(27)) * _U(0x94D049BB133111EB)
    return h ^ h >> _U(31)


@kernel
def _is_copy(document: np.uint64, percent: np.uint64, seed: np.uint64) -> np.bool_:
    """Whether a document is one; the first is none."""
    return document > _U(0) and _hash(seed, _U(2) * document + _U(1)) % _U(100) < percent


@kernel
def _original(document: np.uint64, percent: np.uint64, seed: np.uint64) -> np.uint64:
    """An earlier document that is no copy."""
    for attempt in range(_TRIES):
        other = _hash(seed + _U(attempt + 1), document) % document
        if not _is_copy(other, percent, seed):
            return other
    return _U(0)


@kernel
def _plant(first: int, percent: int, seed: int, keys: np.ndarray, original: np.ndarray) -> None:
    """Fill int64[count, bands] and int64[count]."""
    bands, rate, start = keys.shape[1], _U(percent), _U(seed)
    for i in range(keys.shape[0]):
        document = _U(first + i)
        own, shared, theirs = _hash(start, _U(2) * document), _U(0), _U(0)
        original[i] = -1
        if _is_copy(document, rate, start):
            other = _original(document, rate, start)
            original[i] = np.int64(other)
            theirs = _hash(start, _U(2) * other)
            coins = _hash(start + _U(101), document)
            shared = coins & (coins >> _U(32)) & _U((1 << bands) - 1) if bands < 32 else coins & _U((1 << bands) - 1)
            if shared == _U(0):
                shared = _U(1) << coins % _U(bands)
        for band in range(bands):
            of = theirs if (shared >> _U(band)) & _U(1) else own
            keys[i, band] = np.int64(_hash(of, _U(band)))
