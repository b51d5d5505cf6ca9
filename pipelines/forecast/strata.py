"""Which inputs a sample reads, and which part of their records: chosen by hashes, never by chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xxhash

from crawlsieve.pipelines.forecast.asked import SampleSize
from crawlsieve.stages.read import Input

LEAST_SHARDS = 16
"""Inputs that a part of the records is taken from, if there are as many: records of one input are alike."""

FEWEST = 2
"""Of every format, if there are as many: one says nothing of how they differ."""

GROUPS = 32
"""Parts into which the sampled records of a shard are cut where not all of them are in the sample."""


@dataclass(frozen=True)
class Stratum:
    """The inputs of one format that have any bytes, and those of them that are read.

    Attributes:
        format: what they hold.
        inputs: how many there are.
        size: their stored bytes; an input of unknown size counts as the mean of the others.
        chosen: positions among all inputs of those that are read, ascending.
        sizes: their stored bytes.
        rate: the part of their records that goes through the steps, over 0 and at most 1.
        largest: stored bytes of the largest input.
    """

    format: str
    inputs: int
    size: float
    chosen: tuple[int, ...]
    sizes: tuple[float, ...]
    rate: float
    largest: float = 0.0

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return len(self.chosen) == self.inputs and self.rate == 1


def strata(inputs: Sequence[Input], asked: SampleSize, seed: int) -> list[Stratum]:
    """A sample of the inputs, by format. Inputs of no bytes have no records, and are in none.

    Args:
        inputs: all of them, as the survey found them.
        asked: how much.
        seed: another one, another sample.
    """
    places: dict[str, list[int]] = {}
    for place, item in enumerate(inputs):
        if item.size != 0:
            places.setdefault(item.format, []).append(place)
    total = sum(map(len, places.values()))
    return [_stratum(name, found, inputs, (asked, seed, total)) for name, found in sorted(places.items())]


def _stratum(name: str, found: list[int], inputs: Sequence[Input], how: tuple[SampleSize, int, int]) -> Stratum:
    asked, seed, total = how
    known = [size for place in found if (size := inputs[place].size) is not None]
    mean = sum(known) / len(known) if known else 1.0
    count, rate = _much(asked, len(found), total)
    salted = seed % (1 << 64)
    order = sorted(found, key=lambda place: (xxhash.xxh3_64_intdigest(inputs[place].path, salted), place))
    chosen = sorted(order[:count])
    sizes = {place: mean if (size := inputs[place].size) is None else float(size) for place in found}
    read = tuple(sizes[place] for place in chosen)
    return Stratum(name, len(found), sum(sizes.values()), tuple(chosen), read, rate, max(sizes.values()))


def _much(asked: SampleSize, there: int, total: int) -> tuple[int, float]:
    """How many of the inputs of a format, and which part of their records."""
    fewest = min(there, FEWEST)
    if asked.shards is not None:
        return min(there, max(fewest, round(asked.shards * there / total))), 1.0
    wanted = math.ceil((asked.part or 0.0) * there - 1e-9)
    if wanted >= LEAST_SHARDS:
        return wanted, 1.0
    count = min(there, LEAST_SHARDS)
    return count, min(1.0, (asked.part or 0.0) * there / count)


def groups_of(places: np.ndarray, rate: float, groups: int) -> np.ndarray:
    """int64[n]: the group of each record of a shard that is in the sample, -1 for the others.

    Groups are equal parts of the hashes that are in, so that how they differ tells how much chance there is in the
    sample. One of a smaller rate is a part of this one.

    Args:
        places: uint64[n], as `sampling.sample_places` gives them.
        rate: part of the records that is in.
        groups: how many.
    """
    if rate >= 1:
        return np.zeros(len(places), np.int64)
    width = rate * 2.0**64 / groups
    found = (places.astype(np.float64) / width).astype(np.int64)
    return np.where(found < groups, found, -1)
