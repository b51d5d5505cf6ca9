"""Least squares: each domain has a loss of its own, and a mixture has their weighted mean."""

from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats, Plain


@dataclass(frozen=True)
class LinearFit:
    """loss = level + (weights - centre) @ slopes.

    Weights sum to 1, so a constant is among the slopes already: both sides are centred, and of the slopes that fit
    equally well the shortest are taken. A domain that no run has is then neutral, not free of loss.
    """

    centre: Floats
    slopes: Floats
    level: float
    covariance: Floats
    noise: float

    def predict(self, weights: Floats) -> Floats:
        """float64[m]."""
        predicted: Floats = self.level + (weights - self.centre) @ self.slopes
        return predicted

    def spread(self, weights: Floats) -> Floats:
        """float64[m]: of a new run, by the textbook's covariance of the slopes and the residuals' variance."""
        at = weights - self.centre
        spread: Floats = np.sqrt(np.einsum("md,de,me->m", at, self.covariance, at) + self.noise)
        return spread

    def draws(self, weights: Floats, count: int, seed: int) -> None:
        """None: a straight line's best mixture is a corner, however it is drawn."""

    def refit(self, weights: Floats, loss: Floats) -> "LinearFit":
        """There is nothing to keep."""
        return Linear().fit(weights, loss)

    def plain(self) -> Plain:
        """All of it."""
        arrays = {"centre": self.centre, "slopes": self.slopes, "covariance": self.covariance}
        return Plain({"level": self.level, "noise": self.noise}, arrays)


@dataclass(frozen=True)
class Linear:
    """Ordinary least squares."""

    name: str = "linear"
    smooth: bool = True
    extrapolates: bool = True

    def runs_needed(self, domains: int) -> int:
        """One more than there are unknowns, or nothing is left to tell the noise by."""
        return domains + 1

    def fit(self, weights: Floats, loss: Floats) -> LinearFit:
        """By singular values."""
        runs = len(weights)
        centre, level = weights.mean(axis=0), float(loss.mean())
        inverse = np.linalg.pinv(weights - centre, rcond=1e-10)
        slopes = inverse @ (loss - level)
        residual = loss - level - (weights - centre) @ slopes
        freedom = max(runs - 1 - round(float(np.trace(inverse @ (weights - centre)))), 1)
        variance = float(residual @ residual) / freedom
        return LinearFit(centre, slopes, level, variance * (inverse @ inverse.T), variance * (1 + 1 / runs))

    def of_plain(self, plain: Plain) -> LinearFit:
        """What was fitted before."""
        return LinearFit(**{**plain.arrays, **plain.numbers})
