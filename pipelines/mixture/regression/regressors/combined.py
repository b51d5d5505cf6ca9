"""A weighted mean of metrics, each by a surrogate of its own.

Fitting the mean itself loses: each metric bends where its own domains are, and their mean bends everywhere. On the 512
published runs, a Gaussian process ranks the mean of the 13 losses at 0.966 if it is fitted to the mean, and at 0.987 if
13 are fitted to the losses (docs/benchmarks_mixture.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats, Surrogate


@dataclass(frozen=True)
class Combined:
    """sum of shares[t] * parts[t]; `correlation` float64[t, t] is that of the parts' errors."""

    parts: Sequence[Surrogate]
    shares: Floats
    correlation: Floats

    def predict(self, weights: Floats) -> Floats:
        """float64[m]."""
        losses: Floats = self.shares @ np.stack([part.predict(weights) for part in self.parts])
        return losses

    def spread(self, weights: Floats) -> Floats | None:
        """float64[m]: of the sum of correlated errors."""
        spreads = [part.spread(weights) for part in self.parts]
        known = [one for one in spreads if one is not None]
        if len(known) < len(spreads):
            return None
        return summed_spread(self.shares, np.stack(known), self.correlation)

    def draws(self, weights: Floats, count: int, seed: int) -> Floats | None:
        """float64[count, m]: each part's own draws, mixed so that at each point they correlate as the errors do."""
        drawn = [part.draws(weights, count, seed + number) for number, part in enumerate(self.parts)]
        known = [one for one in drawn if one is not None]
        if len(known) < len(drawn):
            return None
        expected = np.stack([part.predict(weights) for part in self.parts])
        off = np.stack(known) - expected[:, None]
        size = np.sqrt((off**2).mean(axis=1, keepdims=True)) + 1e-300
        values, vectors = np.linalg.eigh(self.correlation)
        root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
        mixed = np.einsum("tu,ucm->tcm", root, off / size) * size
        losses: Floats = np.einsum("t,tcm->cm", self.shares, expected[:, None] + mixed)
        return losses


def correlation_of(errors: Floats) -> Floats:
    """float64[t, t]: of errors float64[t, n] around 0."""
    sizes = np.sqrt((errors**2).mean(axis=1)) + 1e-300
    correlation: Floats = errors @ errors.T / errors.shape[1] / np.outer(sizes, sizes)
    return correlation


def summed_spread(shares: Floats, spreads: Floats, correlation: Floats) -> Floats:
    """float64[...]: of sum of shares[t] * parts[t], from those of the parts, float64[t, ...]."""
    shared = np.einsum("t,t...->t...", shares, spreads)
    spread: Floats = np.sqrt(np.maximum(np.einsum("t...,tu,u...->...", shared, correlation, shared), 0))
    return spread
