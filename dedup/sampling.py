"""Samples that are the same on every machine: those ids whose hash with a seed is smallest."""

import numpy as np

from crawlsieve.dedup.partition import mix64


def sample_places(ids: np.ndarray, seed: int) -> np.ndarray:
    """uint64[n]: where each id stands in the order of this seed; the first k of a corpus are a simple random sample.

    Args:
        ids: uint64[n, 2], 128-bit ids as `partition.words_of` gives them.
        seed: 0 or more; another one, another order.
    """
    salt = mix64(np.array([seed % (1 << 64)], np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    places: np.ndarray = mix64(mix64(ids[:, 0] ^ salt) ^ ids[:, 1])
    return places


def smallest(places: np.ndarray, count: int) -> np.ndarray:
    """int64[min(n, count)]: positions of the smallest of uint64[n], ascending in value."""
    first: np.ndarray = np.argsort(places, kind="stable")[:count]
    return first
