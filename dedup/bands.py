"""Locality-sensitive hashing: a key for each band of a signature.

Source: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4.

Two documents of Jaccard similarity s share a key of at least one of b bands of r places with probability
1 - (1 - s**r)**b. A key is a mixed 64-bit hash of the band's index and its values in order: unrelated bands share one
with probability 2**-64. (The published LSHBloom sums the values, which are small numbers, so that sums collide.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from crawlsieve.dedup.minhash import is_empty
from crawlsieve.dedup.mixing import mix
from crawlsieve.kernel import kernel

VERSION = 1
"""Of the keys. Raised when any changes; stored with them."""

_SALT = np.uint64(0xA0761D6478BD642F)
"""Odd; keeps a band of zeros from being zero."""


@dataclass(frozen=True)
class Bands:
    """A signature's first bands * rows places, cut into bands of `rows` places each."""

    bands: int
    rows: int

    def __post_init__(self) -> None:
        if self.bands < 1 or self.rows < 1:
            raise ValueError(f"{self.bands} bands of {self.rows} rows: 1 or more of each")

    @property
    def places(self) -> int:
        """How many permutations are needed."""
        return self.bands * self.rows

    def describe(self) -> dict[str, int]:
        """What two sets of keys must have in common to be comparable, besides their signatures."""
        return {"key_version": VERSION, "bands": self.bands, "rows": self.rows}

    def keys(self, signatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keys of each document's bands.

        Args:
            signatures: uint32[n, K] or uint64[n, K], K >= `places`; further places are not used.

        Returns:
            (int64[n, bands], bool[n]): keys, and whether the document has any. An empty document has none, since
            otherwise all empty documents would be duplicates; its row is 0 and must not be compared.

        Raises:
            ValueError: signatures are too short.
        """
        if signatures.shape[1] < self.places:
            raise ValueError(
                f"{self.bands} bands of {self.rows} rows need {self.places} permutations, not {signatures.shape[1]}"
            )
        present = ~is_empty(signatures)
        keys = np.empty((len(signatures), self.bands), np.int64)
        _hash_bands(signatures, present, self.rows, keys)
        return keys, present

    def s_curve(self, similarity: float | np.ndarray) -> np.ndarray:
        """float64, of the shape of `similarity` (0 to 1): probability that two such documents share a key."""
        chance: np.ndarray = 1 - (1 - np.asarray(similarity, np.float64) ** self.rows) ** self.bands
        return chance


LAYOUTS = {
    "fineweb": Bands(14, 8),
    "rpv2_0.7": Bands(14, 9),
    "rpv2_0.8": Bands(9, 13),
    "rpv2_0.9": Bands(5, 25),
}
"""Layouts by name: FineWeb's (arXiv:2406.17557), which is datatrove's default, and those of RedPajama-Data-v2 for its
three thresholds (of 128 permutations; the signatures that it publishes)."""


@cache
def from_threshold(threshold: float, permutations: int) -> Bands:
    """The layout whose S-curve is nearest to a step at `threshold`, as datasketch chooses it.

    It makes half the area of false positives (under the curve, below the threshold) plus half the area of false
    negatives (over the curve, above it) as small as any; of equals the one with fewest bands, then fewest rows. The
    curve passes the threshold well below 1: ask `s_curve`, or `from_recall`.

    Args:
        threshold: Jaccard similarity, more than 0 and less than 1.
        permutations: places to use at most.

    Raises:
        ValueError: the threshold is no such number, or there is no place.
    """
    bands, rows = _layouts(threshold, permutations)
    below = _area(bands, rows, 0.0, threshold)
    above = 1.0 - threshold - _area(bands, rows, threshold, 1.0)
    best = int(np.argmin(0.5 * below + 0.5 * above))
    return Bands(int(bands[best]), int(rows[best]))


@cache
def from_recall(similarity: float, recall: float, permutations: int) -> Bands:
    """The strictest layout that finds at least this share of pairs of this similarity.

    Of the layouts that do, the one with the smallest area of false positives (under the curve, below `similarity`); of
    equals the one with fewest bands, then fewest rows.

    Args:
        similarity: Jaccard similarity, more than 0 and less than 1.
        recall: share of pairs, more than 0 and less than 1.
        permutations: places to use at most.

    Raises:
        ValueError: an argument is out of its bounds, or no layout finds as many.
    """
    if not 0 < recall < 1:
        raise ValueError(f"recall = {recall}: more than 0 and less than 1")
    bands, rows = _layouts(similarity, permutations)
    finds = 1 - (1 - similarity**rows) ** bands >= recall
    if not finds.any():
        most = Bands(permutations, 1).s_curve(similarity)
        raise ValueError(
            f"no layout of {permutations} permutations finds {recall} of the pairs of similarity {similarity}: "
            f"{permutations} bands of 1 row find {most:.3f}"
        )
    areas = np.where(finds, _area(bands, rows, 0.0, similarity), np.inf)
    best = int(np.argmin(areas))
    return Bands(int(bands[best]), int(rows[best]))


def describe_curves(layouts: Sequence[Bands], similarities: Sequence[float] = (0.5, 0.7, 0.8, 0.9)) -> str:
    """A Markdown table of S-curves, a line a layout."""
    lines = [
        "| bands x rows | " + " | ".join(f"{similarity:g}" for similarity in similarities) + " |",
        "| --- " + "| ---: " * len(similarities) + "|",
    ]
    for layout in layouts:
        chances = " | ".join(f"{chance:.3f}" for chance in layout.s_curve(np.array(similarities)))
        lines.append(f"| {layout.bands} x {layout.rows} | {chances} |")
    return "\n".join(lines) + "\n"


def _layouts(similarity: float, permutations: int) -> tuple[np.ndarray, np.ndarray]:
    """int64[k], int64[k]: bands and rows of all layouts of at most so many places."""
    if not 0 < similarity < 1:
        raise ValueError(f"similarity = {similarity}: more than 0 and less than 1")
    if permutations < 1:
        raise ValueError(f"permutations = {permutations}: 1 or more")
    most = permutations // np.arange(1, permutations + 1)
    bands = np.repeat(np.arange(1, permutations + 1), most)
    rows = np.concatenate([np.arange(1, count + 1) for count in most])
    return bands, rows


def _area(bands: np.ndarray, rows: np.ndarray, low: float, high: float) -> np.ndarray:
    """float64[k]: area under the S-curve from `low` to `high`.

    The curve is a polynomial of degree bands * rows: Gauss and Legendre's rule with more than half as many points has
    no error but rounding.
    """
    points, weights = np.polynomial.legendre.leggauss(int((bands * rows).max()) // 2 + 1)
    similarity = low + (high - low) * (points + 1) / 2
    total = np.zeros(len(bands))
    for at, weight in zip(similarity, weights, strict=True):
        total += weight * (1 - (1 - at**rows) ** bands)
    return total * (high - low) / 2


@kernel
def _hash_bands(signatures: np.ndarray, present: np.ndarray, rows: int, keys: np.ndarray) -> None:
    """Set keys int64[n, bands]; 0 where `present`, bool[n], is false."""
    for doc in range(keys.shape[0]):
        for band in range(keys.shape[1]):
            h = mix(np.uint64(band) + _SALT)
            for place in range(band * rows, band * rows + rows):
                h = mix((h ^ np.uint64(signatures[doc, place])) + _SALT)
            keys[doc, band] = np.int64(h) if present[doc] else 0
