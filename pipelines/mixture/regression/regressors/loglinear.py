"""The mixing law: loss = c + exp(sum of t_j * w_j), a floor and what the domains take away (arXiv:2403.16952, eq. 1).

The paper's factor k is one of the exponents here, as weights sum to 1.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import least_squares

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats, Plain

FLOORS = (0.02, 0.1, 0.3, 1.0, 3.0)
"""Where the search begins: floors so many ranges of the losses below the lowest of them."""
RIDGE = 1e-3
"""On the exponents, times the square of domains a run, in the units of the standardised losses: few runs do not tell
what each domain does, and one of which they tell nothing is neutral (docs/benchmarks_mixture.md, what was tried)."""
LARGEST_EXPONENT = 50.0
"""Beyond it the law has left all that was seen, and exp must not overflow."""


@dataclass(frozen=True)
class LogLinearFit:
    """Parameters are (floor, height, exponents): loss = floor + exp(height + (weights - centre) @ exponents)."""

    centre: Floats
    parameters: Floats
    covariance: Floats
    noise: float
    level: float
    scale: float

    def predict(self, weights: Floats) -> Floats:
        """float64[m]."""
        return self.level + self.scale * _law(self.parameters, weights - self.centre)

    def spread(self, weights: Floats) -> Floats:
        """float64[m]: of a new run, the parameters' covariance carried through the law's gradient."""
        gradient = _gradient(self.parameters, weights - self.centre)
        variance = np.einsum("mp,pq,mq->m", gradient, self.covariance, gradient) + self.noise
        spread: Floats = self.scale * np.sqrt(variance)
        return spread

    def draws(self, weights: Floats, count: int, seed: int) -> None:
        """None: where the law is the wrong one, its posterior is far too sure; the bootstrap is not."""

    def refit(self, weights: Floats, loss: Floats) -> "LogLinearFit":
        """There is nothing to keep."""
        return LogLinear().fit(weights, loss)

    def plain(self) -> Plain:
        """All of it."""
        arrays = {"centre": self.centre, "parameters": self.parameters, "covariance": self.covariance}
        return Plain({"noise": self.noise, "level": self.level, "scale": self.scale}, arrays)


@dataclass(frozen=True)
class LogLinear:
    """Nonlinear least squares from several floors; the best fit is taken."""

    name: str = "loglinear"
    smooth: bool = True
    extrapolates: bool = True

    def runs_needed(self, domains: int) -> int:
        """One more than there are unknowns: the exponents and the floor."""
        return domains + 2

    def fit(self, weights: Floats, loss: Floats) -> LogLinearFit:
        """By trust-region least squares (SciPy), with the law's own gradient."""
        runs, domains = weights.shape
        centre, level, scale = weights.mean(axis=0), float(loss.mean()), float(loss.std()) or 1.0
        at, wanted = weights - centre, (loss - level) / scale
        root = np.sqrt(RIDGE) * domains / runs
        residual = partial(_residual, at=at, wanted=wanted, root=root)
        gradient = partial(_residual_gradient, at=at, root=root)
        found = [
            least_squares(residual, start, gradient, x_scale="jac", max_nfev=200)
            for start in (_start(at, wanted, share) for share in FLOORS)
        ]
        best = min(found, key=lambda one: float(one.cost))
        square = best.jac.T @ best.jac
        rank = min(int(np.linalg.matrix_rank(at)) + 2, domains + 1)
        variance = float(np.sum(best.fun[:runs] ** 2)) / max(runs - rank, 1)
        covariance = variance * np.linalg.pinv(square, rcond=1e-12, hermitian=True)
        return LogLinearFit(centre, best.x, covariance, variance, level, scale)

    def of_plain(self, plain: Plain) -> LogLinearFit:
        """What was fitted before."""
        return LogLinearFit(**{**plain.arrays, **plain.numbers})


def _law(parameters: Floats, at: Floats) -> Floats:
    exponent = np.minimum(parameters[1] + at @ parameters[2:], LARGEST_EXPONENT)
    loss: Floats = parameters[0] + np.exp(exponent)
    return loss


def _gradient(parameters: Floats, at: Floats) -> Floats:
    height = (_law(parameters, at) - parameters[0])[:, None]
    return np.hstack([np.ones_like(height), height, height * at])


def _residual(parameters: Floats, at: Floats, wanted: Floats, root: float) -> Floats:
    return np.concatenate([_law(parameters, at) - wanted, root * parameters[2:]])


def _residual_gradient(parameters: Floats, at: Floats, root: float) -> Floats:
    domains = at.shape[1]
    ridge = np.hstack([np.zeros((domains, 2)), root * np.eye(domains)])
    return np.vstack([_gradient(parameters, at), ridge])


def _start(at: Floats, wanted: Floats, share: float) -> Floats:
    """With the floor given, logarithms make the rest linear."""
    floor = wanted.min() - share * np.ptp(wanted)
    above = np.log(wanted - floor)
    exponents = np.linalg.lstsq(at, above - above.mean(), rcond=1e-10)[0]
    return np.concatenate([[floor, above.mean()], exponents])
