"""From what the sampled records gave to totals of the whole, with a bootstrap over shards, then over records in them.

A total of a stratum is (seen / records seen) x (records / bytes of the shards that were read) x bytes of the stratum:
ratios, so that a large shard is no surprise, and everything that is known exactly (stored bytes, records of a shard
that was read) is used. Read as a whole, it is the sum itself.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.forecast.interval import interval
from crawlsieve.pipelines.forecast.strata import Stratum

REPLICATES = 1000
_MOST_WEIGHTS = 20_000_000
"""Replicates times shards: with more shards there are fewer replicates, and 100 at least."""


@dataclass(frozen=True)
class Seen:
    """What the sample of one stratum gave.

    Attributes:
        stratum: as it was chosen, with m shards.
        records: float64[m], records of each shard, in the sample or not.
        sampled: float64[m, g], records in the sample by group.
    """

    stratum: Stratum
    records: np.ndarray
    sampled: np.ndarray


@dataclass(frozen=True)
class Total:
    """An estimated total of the whole.

    Attributes:
        estimate: of it.
        low, high: bounds of the 95 % interval.
        seen: in the sample.
        spread: standard error of the estimate.
    """

    estimate: float
    low: float
    high: float
    seen: float
    spread: float = 0.0


@dataclass(frozen=True)
class _Weights:
    """Of one stratum: float64[r + 1, m] of shards and float64[r + 1, m, g] of records; the first replicate is 1."""

    shards: np.ndarray
    records: np.ndarray


class Estimator:
    """Totals of the whole from sums over (shard, group), all by the same replicates, so that ratios keep together."""

    def __init__(self, seen: Sequence[Seen], seed: int, replicates: int = REPLICATES) -> None:
        self.seen = tuple(seen)
        self.whole = all(part.stratum.whole for part in seen)
        shards = max([1, *(len(part.stratum.chosen) for part in seen)])
        self._replicates = 0 if self.whole else min(replicates, max(100, _MOST_WEIGHTS // shards))
        self._weights = [_weights(part, seed, self._replicates) for part in seen]
        self._sampled = [part.sampled for part in seen]
        self._drawn = float(sum(part.sampled.sum() for part in seen))
        self._expansion = [self._records(place) for place in range(len(seen))]

    @property
    def freedom(self) -> int:
        """Degrees of freedom: shards less strata where shards were left out, else groups less shards."""
        free = sum(len(part.stratum.chosen) - 1 for part in self.seen if len(part.stratum.chosen) < part.stratum.inputs)
        inside = sum(part.sampled.shape[1] - 1 for part in self.seen for _ in part.stratum.chosen)
        return max(1, free or inside)

    def of_records(self, sums: Sequence[np.ndarray], having: float | None = None, unit: float = 1.0) -> Total:
        """The total of a quantity that the sampled records have.

        Args:
            sums: float64[m, g] for each stratum.
            having: sampled records that have any of it. If given, the interval is no narrower than chance makes it
                were all records drawn one by one, and has an upper bound where none has any.
            unit: what one record more would add.
        """
        found = np.zeros(self._replicates + 1)
        for place, part in enumerate(sums):
            weights = self._weights[place].records
            seen = _ratio((weights * part).sum((1, 2)), (weights * self._sampled[place]).sum((1, 2)))
            found += seen * self._expansion[place]
        one = 0.0 if having is None else unit * self._unit()
        drawn = max(0.0, self._drawn - (having or 0.0)) + 3
        least = found[0] * one * drawn / (self._drawn + 3)
        return self._total(found, float(sum(part.sum() for part in sums)), one, float(least))

    def of_shards(self, sums: Sequence[np.ndarray]) -> Total:
        """The total of a quantity that every read shard has as a whole: float64[m] for each stratum."""
        found = np.zeros(self._replicates + 1)
        for place, part in enumerate(sums):
            found += self._by_size(place, part)
        return self._total(found, float(sum(part.sum() for part in sums)))

    def _records(self, place: int) -> np.ndarray:
        """float64[r + 1]: records of the stratum."""
        return self._by_size(place, self.seen[place].records)

    def _by_size(self, place: int, sums: np.ndarray) -> np.ndarray:
        """float64[r + 1]: a total by stored bytes."""
        stratum, weights = self.seen[place].stratum, self._weights[place].shards
        if len(stratum.chosen) == stratum.inputs:
            return np.full(self._replicates + 1, sums.sum())
        return _ratio((weights * sums).sum(1), (weights * np.array(stratum.sizes)).sum(1)) * stratum.size

    def _unit(self) -> float:
        """What one record more would add: the largest expansion, as alike as records of a shard are; 0 if all is in."""
        left = [
            float((expansion[0] - part.sampled.sum()) / part.sampled.sum())
            for expansion, part in zip(self._expansion, self.seen, strict=True)
            if part.sampled.sum() > 0
        ]
        return max([0.0, *left])

    def _total(self, found: np.ndarray, seen: float, unit: float = 0.0, least: float = 0.0) -> Total:
        estimate = float(found[0])
        if self.whole:
            return Total(estimate, estimate, estimate, seen)
        variance = max(least, float(np.mean((found[1:] - estimate) ** 2)))
        low, high = interval(estimate, variance, unit, self.freedom)
        return Total(estimate, min(estimate, max(low, seen)), high, seen, float(np.sqrt(variance)))


def product(total: Total, factor: float) -> Total:
    """The total times a number that is known."""
    values = (total.estimate, total.low, total.high, total.seen, total.spread)
    return Total(*(value * factor for value in values))


def plus(first: Total, second: Total) -> Total:
    """The sum of two totals; their bounds are added, as if they erred together."""
    pairs = zip(
        (first.estimate, first.low, first.high, first.seen, first.spread),
        (second.estimate, second.low, second.high, second.seen, second.spread),
        strict=True,
    )
    return Total(*(one + other for one, other in pairs))


def _weights(part: Seen, seed: int, replicates: int) -> _Weights:
    """The rescaling bootstrap for two stages without replacement (Preston 2009, Survey Methodology 35, 227).

    A replicate has half of the shards and, of those, half of the groups of records; what it weighs them with gives the
    variance that sampling without replacement has: none from a stage at which everything is in.
    """
    stratum, (shards, groups) = part.stratum, part.sampled.shape
    chance = np.random.default_rng([seed % (1 << 63), zlib.crc32(stratum.format.encode())])
    first = shards / stratum.inputs
    if shards == stratum.inputs or shards < 2:
        ones = np.ones((replicates, shards))
        outer, inside = ones, ones
    else:
        half = shards // 2
        drawn = _drawn(chance, (replicates, shards), half)
        lever = np.sqrt(half * (1 - first) / (shards - half))
        outer = 1 - lever + lever * shards / half * drawn
        inside = np.sqrt(shards / half) * drawn
    inner = np.broadcast_to(outer[:, :, None], (replicates, shards, groups))
    if groups > 1:
        half = groups // 2
        drawn = _drawn(chance, (replicates * shards, groups), half).reshape(replicates, shards, groups)
        lever = np.sqrt(half * first * (1 - stratum.rate) / (groups - half))
        inner = inner + lever * inside[:, :, None] * (groups / half * drawn - 1)
    return _Weights(_with_ones(outer), _with_ones(inner))


def _drawn(chance: np.random.Generator, shape: tuple[int, int], count: int) -> np.ndarray:
    """float64 of this shape: 1 at `count` places of each row."""
    ranks = chance.random(shape).argsort(1).argsort(1)
    return (ranks < count).astype(np.float64)


def _with_ones(weights: np.ndarray) -> np.ndarray:
    return np.concatenate([np.ones((1, *weights.shape[1:])), weights])


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """0 where there is nothing to divide by."""
    found: np.ndarray = np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator > 0)
    return found
