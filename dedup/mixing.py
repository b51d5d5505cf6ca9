"""Mixing of 64-bit hashes, compiled."""

import numpy as np

from crawlsieve.kernel import inlined


@inlined
def mix(h: np.uint64) -> np.uint64:
    """Spread every bit of a uint64 over all of it; a bijection (finaliser of MurmurHash3, Appleby 2011)."""
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))
