"""How large a set of Bloom filters is for the false positives that are asked, and what a filter's bits say about it.

Classic filters, not ones of cache lines: at 14 bands and 1e-5 a classic one takes 51.6 bytes a document, one of 512-bit
blocks 70 for the same rate (Putze, Sanders and Singler 2007, equation 3), as blocks are unequally full.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crawlsieve.dedup.bloom_kernel import MAX_WORDS

FIRST_SHARE = 0.8
"""Part of the asked rate that the first of several layers takes: 52.5 bytes a document if no other is ever needed."""


def band_rate(rate: float, bands: int) -> float:
    """The rate of each band that gives `rate` over all: 1 - (1 - rate)**(1 / bands) (arXiv:2411.04257, section 4)."""
    return -math.expm1(math.log1p(-rate) / bands)


def bits_a_key(rate: float, hashes: int) -> float:
    """Bits of a filter for each of its keys, such that (1 - exp(-hashes / bits))**hashes = rate (Bloom 1970)."""
    return -hashes / math.log1p(-(rate ** (1 / hashes)))


@dataclass(frozen=True)
class BloomSize:
    """What filters are made for, one filter a band. All else follows.

    Args:
        documents: how many different documents they hold at `rate`, at least 1.
        rate: share of new documents that any band calls known once they hold `documents`; 0 < rate < 1.
        bands: keys of a document, at least 1.

    Raises:
        ValueError: a value is out of its bounds, or a band would have more than MAX_WORDS words (about 9e9 documents).
    """

    documents: int
    rate: float
    bands: int

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.documents < 1 or self.bands < 1 or not 0 < self.rate < 1:
            raise ValueError(f"documents and bands must be at least 1, and the rate between 0 and 1: {self}")
        if self.words > MAX_WORDS:
            raise ValueError(f"more than {MAX_WORDS * 64:,} bits a band: cut {self} into slices of the keys")

    @cached_property
    def hashes(self) -> int:
        """Bits of each key: the whole number with the smallest filter, next to -log2(band rate)."""
        rate = band_rate(self.rate, self.bands)
        best = -math.log2(rate)
        numbers = {max(1, math.floor(best)), max(1, math.ceil(best))}
        return min(sorted(numbers), key=lambda hashes: bits_a_key(rate, hashes))

    @cached_property
    def words(self) -> int:
        """64-bit words of each band.

        For sqrt(documents) more than asked (0.03 % at 10 million): how many bits so many keys set is left to chance,
        with a standard deviation worth 0.15 sqrt(documents) keys, and `documents` of them must fit.
        """
        keys = self.documents + math.sqrt(self.documents)
        return math.ceil(keys * bits_a_key(band_rate(self.rate, self.bands), self.hashes) / 64)

    @property
    def bits(self) -> int:
        """Bits of each band, a multiple of 64."""
        return self.words * 64

    @property
    def bytes(self) -> int:
        """Bytes of all bands."""
        return self.bands * self.words * 8

    @cached_property
    def most_bits(self) -> int:
        """Set bits with which a band still holds its part of the rate."""
        return int(self.bits * band_rate(self.rate, self.bands) ** (1 / self.hashes))

    def keys_of(self, counts: np.ndarray) -> np.ndarray:
        """float64[bands]: different keys behind so many set bits (Swamidass and Baldi 2007). All set is all but one."""
        keys: np.ndarray = -self.bits / self.hashes * np.log1p(-self._fill(counts))
        return keys

    def log_missed(self, counts: np.ndarray) -> float:
        """Logarithm of the share of new documents that no band calls known, with `counts` (int64[bands]) set bits."""
        return float(np.log1p(-(self._fill(counts) ** self.hashes)).sum())

    def _fill(self, counts: np.ndarray) -> np.ndarray:
        fill: np.ndarray = np.minimum(counts, self.bits - 1) / self.bits
        return fill

    def layer(self, number: int) -> "BloomSize":
        """The size of a layer of filters that grow, the first being number 0.

        Each is for twice as many documents as the one before. The first has FIRST_SHARE of the rate, each later one
        half of what is left, so that all of them, however many, stay within it (Almeida, Baquero, Preguiça and
        Hutchison 2007, sections 3 and 4: growth 2, tightening 1/2).
        """
        share = FIRST_SHARE if number == 0 else (1 - FIRST_SHARE) / 2**number
        return BloomSize(self.documents << number, self.rate * share, self.bands)
