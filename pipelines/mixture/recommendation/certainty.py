"""How sure a recommended weight is, and whether the runs cover the place."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crawlsieve.dedup.intervals import CONFIDENCE
from crawlsieve.pipelines.mixture.recommendation.simplex import hellinger
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats, Surrogate

COVERED = 0.95
"""A mixture is covered if a run is as near to it as 95 % of the runs have their own nearest neighbour."""

BLOCK = 4096
"""Mixtures that are compared with the runs at a time."""


def bootstrapped(
    refit: Callable[[np.ndarray], Surrogate], runs: int, best: Callable[[Surrogate], Floats], resamples: int, seed: int
) -> Floats:
    """float64[resamples, d]: the best mixture, had other runs been drawn: refit to runs drawn with replacement.

    Args:
        refit: rows of runs, some of them several times -> a fit to these.
        runs: how many there are.
        best: a fit -> its best mixture, by the way in which the recommended one was found.
        resamples: how often.
        seed: of the generator.
    """
    rng = np.random.default_rng(seed)
    return np.stack([best(refit(rows)) for rows in rng.integers(0, runs, (resamples, runs))])


def drawn_best(model: Surrogate, mixtures: Floats, draws: int, seed: int) -> Floats | None:
    """float64[draws, d]: the best of these mixtures by each function drawn from the posterior, if there is one."""
    losses = model.draws(mixtures, draws, seed)
    return None if losses is None else mixtures[np.argmin(losses, axis=1)]


def interval(drawn: Floats) -> Floats:
    """float64[2, d]: percentiles of each weight."""
    ends: Floats = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return ends


@dataclass(frozen=True)
class Coverage:
    """Hellinger distance to the nearest run, its row, and the distance up to which a mixture counts as covered."""

    distance: float
    run: int
    bound: float

    @property
    def inside(self) -> bool:
        """Whether it is near enough."""
        return self.distance <= self.bound


def covered(mixture: Floats, runs: Floats) -> Coverage:
    """Compare the distance to the nearest run with the runs' distances to their own nearest."""
    to_runs = hellinger(mixture[None], runs)[0]
    nearest = int(np.argmin(to_runs))
    return Coverage(float(to_runs[nearest]), nearest, bound_of(runs))


def near(mixtures: Floats, runs: Floats) -> np.ndarray:
    """bool[m]: which of float64[m, d] are covered by the runs. Cost: m * n * d."""
    bound = bound_of(runs)
    blocks = [mixtures[at : at + BLOCK] for at in range(0, len(mixtures), BLOCK)]
    return np.concatenate([hellinger(block, runs).min(axis=1) <= bound for block in blocks])


def bound_of(runs: Floats) -> float:
    """The distance within which COVERED of the runs have their own nearest neighbour."""
    between = hellinger(runs, runs)
    np.fill_diagonal(between, np.inf)
    return float(np.quantile(between.min(axis=1), COVERED))
