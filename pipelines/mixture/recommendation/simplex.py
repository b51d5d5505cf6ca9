"""Geometry of mixtures: weights that are not negative, sum to 1, and stay below caps."""

import numpy as np

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats

HALVINGS = 60
"""Of the interval for the threshold: beyond them float64 has no digits left."""


def project(weights: Floats, caps: Floats) -> Floats:
    """The nearest mixture below the caps, in Euclidean distance.

    It is clip(weights - t, 0, caps) for the one t that makes it sum to 1: found by halving, then solved exactly.

    Args:
        weights: float64[m, d], anything finite.
        caps: float64[d], each 0 or more, which sum to 1 or more.
    """
    low = weights.min(axis=1) - caps.max() - 1
    high = weights.max(axis=1)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        much = np.clip(weights - middle[:, None], 0, caps).sum(axis=1) > 1
        low, high = np.where(much, middle, low), np.where(much, high, middle)
    raw = weights - ((low + high) / 2)[:, None]
    free, full = (raw > 0) & (raw < caps), raw >= caps
    held = np.where(full, caps, 0).sum(axis=1)
    count = np.maximum(free.sum(axis=1), 1)
    threshold = (np.where(free, weights, 0).sum(axis=1) + held - 1) / count
    projected: Floats = np.where(full, caps, np.where(free, np.clip(weights - threshold[:, None], 0, caps), 0))
    return projected


def hellinger(left: Floats, right: Floats) -> Floats:
    """float64[m, n]: distance of mixtures, 0 if equal, 1 if they share no domain (Hellinger 1909)."""
    overlap: Floats = np.sqrt(left) @ np.sqrt(right).T
    return np.sqrt(np.clip(1 - overlap, 0, 1))
