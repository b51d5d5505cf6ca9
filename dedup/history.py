"""How a history of band keys is cut into Bloom filters, one a band and slice, and what their bits say about it.

A key's slice is its place in the range of 64-bit numbers: keys are mixed (`dedup.bands`), so slices are equally full
but for chance. A filter mixes its keys twice more, and so does not mind that they share their high bits.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crawlsieve.dedup.bloom_sizes import BloomSize, band_rate, bits_a_key

FILTER_BYTES = 256 << 20
"""Of a filter, at most, if nobody says how many slices there shall be: what one worker holds in memory."""

MOST_SLICES = 1 << 16

_DEVIATIONS = 5
"""Keys of a slice are binomially distributed: with room for so many standard deviations, 1 of 3,500,000 filters gets
more than it was made for."""


@dataclass(frozen=True)
class HistorySize:
    """What a history is made for. All else follows.

    Args:
        documents: how many different documents it holds at `rate`, at least 1.
        rate: share of new documents that are found in it by mistake once it holds `documents`; 0 < rate < 1.
        bands: keys of a document, at least 1.
        slices: parts of the range of keys, 1 to MOST_SLICES.

    Raises:
        ValueError: a value is out of its bounds, or one filter would be larger than a filter can be.
    """

    documents: int
    rate: float
    bands: int
    slices: int

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 1 <= self.slices <= MOST_SLICES:
            raise ValueError(f"slices = {self.slices}: 1 to {MOST_SLICES:,}")
        BloomSize(1, self.rate, self.bands)
        BloomSize(self._keys, band_rate(self.rate, self.bands), 1)

    @property
    def filters(self) -> int:
        """How many there are: number band * slices + slice."""
        return self.bands * self.slices

    @cached_property
    def filter(self) -> BloomSize:
        """What each filter is made for: its slice of the documents and what chance adds, and its band's rate."""
        return BloomSize(self._keys, band_rate(self.rate, self.bands), 1)

    @property
    def _keys(self) -> int:
        share = self.documents / self.slices
        slack = _DEVIATIONS * math.sqrt(share) if self.slices > 1 else 0.0
        return min(max(1, self.documents), math.ceil(share + slack))

    def filter_of(self, keys: np.ndarray) -> np.ndarray:
        """int32[n, bands]: the filter that each key of int64[n, bands] belongs to."""
        top = keys.view(np.uint64) >> np.uint64(32)
        slices = ((top * np.uint64(self.slices)) >> np.uint64(32)).astype(np.int32)
        numbers: np.ndarray = slices + np.arange(self.bands, dtype=np.int32) * np.int32(self.slices)
        return numbers

    def band_of(self, number: int) -> int:
        """The band of a filter."""
        return number // self.slices

    def layer(self, number: int, *, grows: bool) -> BloomSize:
        """The size of a filter's layer, the first being number 0."""
        return self.filter.layer(number) if grows else self.filter

    def fill(self, counts: Mapping[int, Sequence[int]], *, grows: bool) -> float:
        """The greatest share of set bits of any filter, 0.5 being full; the arguments are those of `rate_now`."""
        shares = [
            count / self.layer(number, grows=grows).bits
            for layers in counts.values()
            for number, count in enumerate(layers)
        ]
        return max(shares, default=0.0)

    def rate_now(self, counts: Mapping[int, Sequence[int]], *, grows: bool) -> float:
        """Share of new documents that are found by mistake at present, estimated from the bits that are set.

        Args:
            counts: number of a filter -> set bits of each of its layers; a filter that is missing is empty.
            grows: whether each layer is larger than the one before.

        A key of a new document falls into each slice of its band with equal probability.
        """
        missed = np.ones((self.bands, self.slices))
        for number, layers in counts.items():
            logs = [self.layer(place, grows=grows).log_missed(np.array([count])) for place, count in enumerate(layers)]
            missed[divmod(number, self.slices)] = math.exp(sum(logs))
        return max(0.0, -math.expm1(float(np.log(missed.mean(axis=1)).sum())))


def slices_for(documents: int, rate: float, bands: int) -> int:
    """The fewest slices with which no filter is larger than FILTER_BYTES.

    Raises:
        ValueError: a value is out of its bounds.
    """
    one = BloomSize(1, rate, bands)
    each = band_rate(rate, bands)
    return max(1, math.ceil(documents * bits_a_key(each, one.hashes) / 8 / FILTER_BYTES))
