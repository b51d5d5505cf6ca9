"""A crawl of numbers, whose totals are known, and samples of it."""

from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.forecast.estimate import Estimator, Seen
from crawlsieve.pipelines.forecast.strata import GROUPS, Stratum, groups_of


@dataclass(frozen=True)
class Crawl:
    """Of each shard: float64[n, 3] of its records (a common outcome, a rare one, bytes of the common), stored bytes."""

    shards: list
    sizes: np.ndarray

    @property
    def truth(self):
        """Totals: common, rare, bytes, records."""
        return np.array([*sum(shard.sum(0) for shard in self.shards), sum(map(len, self.shards))])


def made(chance, shards, rare):
    """Shards of 150 to 600 records that differ in size, in bytes a record, and in how much they hold of each."""
    found = []
    for count in chance.integers(150, 600, shards):
        common = chance.random(count) < chance.beta(8, 12)
        few = chance.random(count) < chance.gamma(2, rare / 2)
        found.append(np.column_stack([common, few, chance.lognormal(7, 0.8, count) * common]))
    return Crawl(found, np.array([len(shard) for shard in found]) * chance.lognormal(0, 0.15, shards) * 5000)


def sampled(crawl, chance, read, rate):
    """Estimates of the totals from `read` shards and a part of their records."""
    chosen = np.sort(chance.choice(len(crawl.shards), read, replace=False))
    groups = 1 if rate >= 1 else GROUPS
    cells, drawn = np.zeros((read, groups, 3)), np.zeros((read, groups))
    for place, number in enumerate(chosen):
        records = crawl.shards[number]
        of = groups_of(chance.integers(0, 2**64, len(records), np.uint64), rate, groups)
        np.add.at(cells[place], of[of >= 0], records[of >= 0])
        np.add.at(drawn[place], of[of >= 0], 1)
    records = np.array([len(crawl.shards[number]) for number in chosen], np.float64)
    stratum = Stratum(
        "warc", len(crawl.shards), crawl.sizes.sum(), tuple(chosen), tuple(crawl.sizes[chosen]), rate, 0.0
    )
    estimator = Estimator([Seen(stratum, records, drawn)], 7, 200)
    having = cells.sum((0, 1))
    mean = having[2] / max(1, having[0])
    return [
        estimator.of_records([cells[..., 0]], having=having[0]),
        estimator.of_records([cells[..., 1]], having=having[1]),
        estimator.of_records([cells[..., 2]], having=having[0], unit=mean),
        estimator.of_shards([records]),
    ]
