"""Designs that fill the space of mixtures, and how well any design does."""

from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.mixture.design.grid import Bounds, Units
from crawlsieve.pipelines.mixture.recommendation.simplex import hellinger, project
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.pipelines.mixture.regression.tables import MixtureError

_DECIMALS = 12
"""Of distances that are compared: the last bits differ between machines."""


def spread(shares: Floats, count: int, drawn: Floats, bounds: Bounds) -> Units:
    """The candidate nearest to the natural shares, then always the one farthest from all that are taken.

    Candidates outside the bounds are brought to their edge. Distances are Hellinger's, in which 0 and 1 % are as far
    apart as 9 and 16 %: whether there is any of a domain matters most.

    Args:
        shares: float64[d], the natural mixture.
        count: how many to take.
        drawn: float64[m, d], candidates.
        bounds: of weights.

    Returns:
        int64[count, d].

    Raises:
        MixtureError: there are fewer different candidates.

    Source: farthest-point selection, whose least distance is at least half the best (Gonzalez 1985); as a design of
    experiments "coffee-house" (Mueller 2001). Cost: m * count * d.
    """
    floor, part = bounds.low / bounds.resolution, max(1, bounds.free) / bounds.resolution
    pool, place = np.unique(
        within(np.vstack([shares[None], floor + part * drawn]), bounds), axis=0, return_inverse=True
    )
    if len(pool) < count:
        raise MixtureError(f"The bounds leave {len(pool):,} different mixtures of {len(drawn):,}; {count:,} are asked.")
    roots = np.sqrt(pool / bounds.resolution)
    taken = [int(place.ravel()[0])]
    nearest = np.full(len(pool), np.inf)
    while len(taken) < count:
        overlap = (roots * roots[taken[-1]]).sum(axis=1)
        nearest = np.minimum(nearest, np.round(1 - overlap, _DECIMALS))
        nearest[taken[-1]] = -1.0
        taken.append(int(nearest.argmax()))
    return pool[taken]


def within(mixtures: Floats, bounds: Bounds) -> Units:
    """int64[m, d]: of each mixture, float64[m, d], the nearest one within the bounds, rounded to them."""
    floor, free = bounds.low / bounds.resolution, max(1, bounds.free)
    part = free / bounds.resolution
    return bounds.exact(floor + part * project((mixtures - floor) / part, (bounds.high - bounds.low) / free))


@dataclass(frozen=True)
class Filling:
    """How well n mixtures of d domains fill the space within bounds.

    Attributes:
        least: smallest Hellinger distance of two mixtures, 0 to 1.
        median: of the distances of each mixture to its nearest.
        low, mean, high: float64[d], weights of each domain among the mixtures.
        limit: float64[d], the most that each may be.
        runs: int64[d], mixtures that have any of it.
    """

    least: float
    median: float
    low: Floats
    mean: Floats
    high: Floats
    limit: Floats
    runs: Units

    @property
    def reach(self) -> Floats:
        """float64[d]: part of what is allowed that the mixtures span; 1 for a domain that may be nothing at all."""
        span: Floats = np.where(self.limit > 0, (self.high - self.low) / np.where(self.limit > 0, self.limit, 1), 1.0)
        return span


def filling(weights: Floats, limit: Floats) -> Filling:
    """Measure mixtures, float64[n, d], against float64[d], the most that each domain may be."""
    nearest = np.ones(1)
    if len(weights) > 1:
        apart = hellinger(weights, weights)
        np.fill_diagonal(apart, np.inf)
        nearest = apart.min(axis=1)
    return Filling(
        float(nearest.min()),
        float(np.median(nearest)),
        weights.min(axis=0),
        weights.mean(axis=0),
        weights.max(axis=0),
        limit,
        np.count_nonzero(weights, axis=0).astype(np.int64),
    )
