"""Sets of Bloom filters, one a band, that remember the band keys of documents (LSHBloom, arXiv:2411.04257).

What has been added is always found. What has not been is found with the probability that was asked, or less. Adding
is the same in any order, in batches of any size, and when it is repeated; only to which layer a document of filters
that grow goes is decided by the order, never by the batches.
"""

import math
import warnings
from typing import Literal, Self

import numpy as np

from crawlsieve.dedup.bloom_kernel import PARTS, WAITING, look_up, set_bits
from crawlsieve.dedup.bloom_sizes import BloomSize

WhenFull = Literal["warn", "refuse", "grow"]
"""What happens to a document that would take the rate over what was asked: it is added and a warning is given, it is
an error, or it goes to a further layer."""

_CHUNK = 1 << 20
"""Words whose set bits are counted at a time: 8 MB of scratch."""


class BloomFullError(ValueError):
    """The documents do not fit: more would find new ones known more often than was asked."""


class BloomFullWarning(UserWarning):
    """The filters hold more documents than they were made for."""


class BloomMismatchError(ValueError):
    """Two sets of filters have not been made for the same."""


class Layer:
    """Filters of one size, one a band.

    Args:
        size: what they are made for.
        bits: uint64[bands, words], used as it is and not copied; all zero if left out.
        counts: int64[bands], how many of the bits are set; counted if left out.
    """

    def __init__(self, size: BloomSize, bits: np.ndarray | None = None, counts: np.ndarray | None = None) -> None:
        self.size = size
        if bits is None:
            bits, counts = np.zeros((size.bands, size.words), np.uint64), np.zeros(size.bands, np.int64)
        if bits.shape != (size.bands, size.words) or bits.dtype != np.uint64:
            raise ValueError(f"{size} has uint64[{size.bands}, {size.words}] of bits, not {bits.dtype}{[*bits.shape]}")
        self.bits = bits
        self.counts = union_counts(bits, None) if counts is None else counts

    @property
    def room(self) -> int:
        """Documents that fit whatever their keys are."""
        return max(0, self.size.most_bits - int(self.counts.max())) // self.size.hashes

    @property
    def full(self) -> bool:
        """Whether a band has more bits set than its part of the rate allows."""
        return int(self.counts.max()) > self.size.most_bits

    def add(self, keys: np.ndarray) -> None:
        """Set the bits of int64[n, bands]."""
        set_bits(keys, self.bits, self.size.hashes, self.counts, np.empty((PARTS, WAITING + 1), np.uint64))

    def find(self, keys: np.ndarray, found: np.ndarray) -> None:
        """Set `found` (bool[n, bands]) where a key of int64[n, bands] is held; it stays where it is set."""
        look_up(keys, self.bits, self.size.hashes, found)


class Bloom:
    """The filters of all bands, in one layer or, if they grow, in several.

    Args:
        size: documents expected, rate asked, bands.
        when_full: what happens when a document would take a band over its part of the rate.
        layers: what they hold already, for a reader of files; one empty layer if left out.
        inserted: how many documents have been added so far.

    Not for several threads at a time, except `contains`, which leaves all as it is.
    """

    def __init__(
        self,
        size: BloomSize,
        when_full: WhenFull = "refuse",
        layers: list[Layer] | None = None,
        inserted: int = 0,
    ) -> None:
        self.size = size
        self.when_full = when_full
        self.layers = [Layer(self._layer_size(0))] if layers is None else layers
        self.inserted = inserted
        """Documents given to `add`, those that were there already included."""

        sizes = [self._layer_size(number) for number in range(len(self.layers))]
        if [layer.size for layer in self.layers] != sizes:
            raise ValueError(f"the layers of {size} are {sizes}, not {[layer.size for layer in self.layers]}")

    def contains(self, keys: np.ndarray) -> np.ndarray:
        """bool[n, bands]: whether each key of int64[n, bands] has been added to its band.

        True for each key that has been. For a document of other keys, any is true with the probability `rate`.

        Raises:
            ValueError: the keys are not int64[n, bands].
        """
        return self._found(self._checked(keys), self.layers)

    def add(self, keys: np.ndarray) -> None:
        """Remember the keys of documents, int64[n, bands].

        Raises:
            BloomFullError: `when_full` is `refuse`, and a new document does not fit. Those before it are held.
            ValueError: the keys are not int64[n, bands], or the filters were opened for reading.

        Warns:
            BloomFullWarning: `when_full` is `warn`; once, with the batch that goes over the rate.
        """
        keys = self._checked(keys)
        if not self.layers[-1].bits.flags.writeable:
            raise ValueError("filters that were opened for reading take no documents")
        if self.when_full == "warn":
            was_full = self.full
            self.inserted += self._add_part(keys)
            if self.full and not was_full:
                self._warn()
            return
        while len(keys):
            room = self.layers[-1].room
            taken = self._add_part(keys[:room]) if room else self._known_ahead(keys)
            self.inserted += taken
            keys = keys[taken:]
            if len(keys) and not room:
                self._make_room()

    def merge(self, other: Self) -> None:
        """Take over all that `other` holds; `other` stays as it is.

        Raises:
            BloomMismatchError: the two differ in a parameter, or in the number of their layers.
            BloomFullError: both together hold more than they are made for, and this one neither warns nor has room.
                Nothing has been taken over.
            ValueError: the filters were opened for reading.
        """
        differences = self.differences(other)
        if differences:
            raise BloomMismatchError(f"filters that differ cannot be merged: {', '.join(differences)}")
        if not all(layer.bits.flags.writeable for layer in self.layers):
            raise ValueError("filters that were opened for reading take no documents")
        pairs = list(zip(self.layers, other.layers, strict=True))
        unions = [Layer(mine.size, mine.bits, union_counts(mine.bits, theirs.bits)) for mine, theirs in pairs]
        over = any(union.full for union in unions)
        if over and self.when_full != "warn":
            documents = sum(_documents(union) for union in unions)
            raise BloomFullError(self._full_message(documents, "both together would hold"))
        was_full = self.full
        for (mine, theirs), union in zip(pairs, unions, strict=True):
            np.bitwise_or(mine.bits, theirs.bits, out=mine.bits)
            mine.counts = union.counts
        self.inserted += other.inserted
        if over and not was_full:
            self._warn()

    def differences(self, other: Self) -> list[str]:
        """What keeps two sets of filters from being merged, such as `rate 1e-05 and 1e-06`; empty if nothing does."""
        pairs = {
            "documents": (self.size.documents, other.size.documents),
            "rate": (self.size.rate, other.size.rate),
            "bands": (self.size.bands, other.size.bands),
            "when_full": (self.when_full, other.when_full),
            "layers": (len(self.layers), len(other.layers)),
        }
        return [f"{name} {mine} and {theirs}" for name, (mine, theirs) in pairs.items() if mine != theirs]

    @property
    def fill(self) -> np.ndarray:
        """float64[layers, bands]: share of the bits that are set. 0.5 is full."""
        return np.array([layer.counts / layer.size.bits for layer in self.layers])

    @property
    def documents(self) -> int:
        """Different documents that the set bits stand for, estimated from the band that has most of them."""
        return sum(_documents(layer) for layer in self.layers)

    @property
    def rate(self) -> float:
        """Share of new documents of which any key is found at present, estimated from the bits that are set."""
        return -math.expm1(sum(layer.size.log_missed(layer.counts) for layer in self.layers))

    @property
    def full(self) -> bool:
        """Whether a band has gone over its part of the rate: with `warn` only."""
        return any(layer.full for layer in self.layers)

    def _layer_size(self, number: int) -> BloomSize:
        return self.size.layer(number) if self.when_full == "grow" else self.size

    def _checked(self, keys: np.ndarray) -> np.ndarray:
        if keys.ndim != 2 or keys.dtype != np.int64 or keys.shape[1] != self.size.bands:
            raise ValueError(f"keys are int64[n, {self.size.bands}], not {keys.dtype}{[*keys.shape]}")
        return np.ascontiguousarray(keys)  # for other layouts the loops would be compiled again

    def _found(self, keys: np.ndarray, layers: list[Layer]) -> np.ndarray:
        found = np.zeros(keys.shape, np.bool_)
        for layer in layers:
            layer.find(keys, found)
        return found

    def _add_part(self, keys: np.ndarray) -> int:
        """Add documents that fit, and say how many; those that earlier layers know take no room in the last."""
        taken = len(keys)
        if len(self.layers) > 1:
            keys = keys[~self._found(keys, self.layers[:-1]).all(axis=1)]
        self.layers[-1].add(keys)
        return taken

    def _known_ahead(self, keys: np.ndarray) -> int:
        """How many documents before the first new one: they need no room."""
        known = self._found(keys, self.layers).all(axis=1)
        return int(np.argmin(known)) if not known.all() else len(keys)

    def _make_room(self) -> None:
        if self.when_full == "refuse":
            raise BloomFullError(self._full_message(self.documents, "they hold"))
        self.layers.append(Layer(self._layer_size(len(self.layers))))

    def _warn(self) -> None:
        text = f"about {self.rate:.3g} of new documents are now called known, {self.size.rate:g} were asked"
        warnings.warn(BloomFullWarning(f"{self._full_message(self.documents, 'they hold')}; {text}"), stacklevel=3)

    def _full_message(self, documents: int, verb: str) -> str:
        return (
            f"Bloom filters for {self.size.documents:,} documents are full: {verb} about {documents:,}. "
            f"Set the documents expected to as many as will come, or when_full to 'grow'"
        )


def union_counts(bits: np.ndarray, others: np.ndarray | None) -> np.ndarray:
    """int64[bands]: bits set in either of two uint64[bands, words], or in one."""
    counts = np.zeros(len(bits), np.int64)
    for band in range(len(bits)):
        for start in range(0, bits.shape[1], _CHUNK):
            part = bits[band, start : start + _CHUNK]
            if others is not None:
                part = part | others[band, start : start + _CHUNK]
            counts[band] += int(np.bitwise_count(part).sum(dtype=np.int64))
    return counts


def _documents(layer: Layer) -> int:
    return round(float(layer.size.keys_of(layer.counts).max()))
