"""What the shards of a sample told, by stratum, as the estimator takes it."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from crawlsieve.dedup.partition import words_of
from crawlsieve.dedup.sampling import sample_places
from crawlsieve.pipelines.forecast.cells import ALL, READER
from crawlsieve.pipelines.forecast.estimate import Seen
from crawlsieve.pipelines.forecast.strata import GROUPS, Stratum, groups_of


class Sums:
    """Sums over (shard, group) and over shards, looked up by step and name."""

    def __init__(self, table: pa.Table, strata: Sequence[Stratum], positions: Sequence[int]) -> None:
        """Take the rows of SAMPLED.

        Args:
            table: of every shard that was read.
            strata: that the shards are of.
            positions: of the shards among all inputs.
        """
        self.strata = tuple(strata)
        shard_of = {position: shard for shard, position in enumerate(positions)}
        self._place = {
            shard_of[position]: (number, place)
            for number, stratum in enumerate(strata)
            for place, position in enumerate(stratum.chosen)
        }
        self._values: dict[tuple[str, str], list[tuple[int, int, float]]] = defaultdict(list)
        columns = (table[name].to_pylist() for name in ("step", "name", "shard", "group", "value"))
        for step, name, *cell in zip(*columns, strict=True):
            self._values[step, name].append(tuple(cell))

    def names(self, step: str) -> list[str]:
        """What was counted of a step, in order of name."""
        return sorted(name for known, name in self._values if known == step)

    def cells(self, step: str, name: str) -> list[np.ndarray]:
        """float64[m, g] for each stratum: sums over sampled records."""
        found = self.empty()
        for shard, group, value in self._values.get((step, name), ()):
            if shard in self._place and group != ALL:
                number, place = self._place[shard]
                found[number][place, group] += value
        return found

    def shards(self, step: str, name: str) -> list[np.ndarray]:
        """float64[m] for each stratum: what a shard has as a whole."""
        found = [np.zeros(len(stratum.chosen)) for stratum in self.strata]
        for shard, group, value in self._values.get((step, name), ()):
            if shard in self._place and group == ALL:
                number, place = self._place[shard]
                found[number][place] += value
        return found

    def values(self, step: str, name: str) -> list[float]:
        """What each shard told as a whole, in no order."""
        return [value for _, group, value in self._values.get((step, name), ()) if group == ALL]

    def empty(self) -> list[np.ndarray]:
        """Zeros of the shape of `cells`."""
        return [np.zeros((len(stratum.chosen), 1 if stratum.rate >= 1 else GROUPS)) for stratum in self.strata]

    def seen(self) -> list[Seen]:
        """Records of the shards, and those in the sample."""
        records, sampled = self.shards(READER, "records"), self.cells(READER, "sampled")
        return [Seen(*parts) for parts in zip(self.strata, records, sampled, strict=True)]

    def removed(self, gone: pa.Table, seed: int) -> dict[str, list[np.ndarray]]:
        """Method -> documents that it removed, as `cells`.

        Args:
            gone: decisions about removed documents, with `shard`, `id` and `method`.
            seed: of the sample.
        """
        hashes = sample_places(words_of(gone["id"].combine_chunks()), seed)
        methods = np.array(gone["method"].to_pylist(), object)
        lies = np.array([self._place.get(shard, (-1, -1)) for shard in gone["shard"].to_pylist()]).reshape(-1, 2)
        found: dict[str, list[np.ndarray]] = {method: self.empty() for method in sorted(set(methods))}
        for number, stratum in enumerate(self.strata):
            here = lies[:, 0] == number
            places, groups = lies[here, 1], groups_of(hashes[here], stratum.rate, GROUPS)
            for method, cells in found.items():
                own = methods[here] == method
                np.add.at(cells[number], (places[own], groups[own]), 1)
        return found
