"""Where a surrogate is lowest: RegMix's mean of the best simulated mixtures, and a search of the surrogate itself."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from crawlsieve.pipelines.mixture.recommendation.simplex import project
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats, Surrogate

STEP = 1e-5
"""Of the differences, in square roots of weights, in which surrogates are smooth and 0 is no edge."""
PROMISING = 5_000
"""Mixtures whose standard deviation is asked for: it costs more than the expectation."""
ROUNDS, DRAWN, ELITE = 12, 1500, 50
"""Of the search by sampling: rounds, mixtures a round, and how many of the best the next round is drawn around."""
SHARPEST = 3e4
"""Strength of the last round's Dirichlet: weights then stray by less than 0.3 %."""


def simulate(prior: Floats, caps: Floats, samples: int, seed: int) -> Floats:
    """float64[samples, d] from Dirichlet(prior), as RegMix simulates; what breaks a cap is projected below it.

    Args:
        prior: float64[d] which sums to 1; domains of 0 never get anything.
        caps: as of `project`.
        samples: how many.
        seed: of the generator.
    """
    some = prior > 0
    drawn = np.zeros((samples, len(prior)))
    drawn[:, some] = np.random.default_rng(seed).dirichlet(prior[some], samples)
    over = (drawn > caps).any(axis=1)
    drawn[over] = project(drawn[over], caps)
    return drawn


def ranked(model: Surrogate, mixtures: Floats) -> Floats:
    """The mixtures, lowest expected loss first, of which the first PROMISING are put in order of cautious loss."""
    order = np.argsort(model.predict(mixtures), kind="stable")
    first = order[:PROMISING]
    order[:PROMISING] = first[np.argsort(cautious(model, mixtures[first]), kind="stable")]
    return mixtures[order]


def mean_of(mixtures: Floats) -> Floats:
    """float64[d]: RegMix takes the mean of the best 128 of 100,000."""
    mean: Floats = mixtures.mean(axis=0)
    mean /= mean.sum()
    return mean


def cautious(model: Surrogate, mixtures: Floats) -> Floats:
    """Expected loss plus a standard deviation, if there is one: what lies far from all runs looks no better for it."""
    spread = model.spread(mixtures)
    expected = model.predict(mixtures)
    return expected if spread is None else expected + spread


def search(model: Surrogate, starts: Sequence[Floats], caps: Floats, *, smooth: bool, seed: int) -> Floats:
    """float64[d]: the mixture of lowest cautious loss that was found from the starts.

    Smooth surrogates: SLSQP on the square roots, whose squares sum to 1. Trees have no slope: rounds of sampling.
    """
    begun = project(np.stack(starts), caps)
    if smooth:
        scale = float(np.ptp(cautious(model, begun))) or 1.0
        ends = project(np.stack([_walked(model, start, caps, scale) for start in begun]), caps)
    else:
        ends = np.stack([_sampled(model, begun, caps, seed)])
    found = np.vstack([ends, begun])
    best: Floats = found[int(np.argmin(cautious(model, found)))]
    return best


def _walked(model: Surrogate, start: Floats, caps: Floats, scale: float) -> Floats:
    domains = len(start)
    steps = np.vstack([np.zeros(domains), STEP * np.eye(domains)])

    def height(roots: Floats) -> tuple[float, Floats]:
        losses = _at(model, roots + steps) / scale
        return float(losses[0]), (losses[1:] - losses[0]) / STEP

    found = minimize(
        height,
        np.sqrt(start),
        jac=True,
        method="SLSQP",
        bounds=[(0.0, float(np.sqrt(min(cap, 1.0)))) for cap in caps],
        constraints={"type": "eq", "fun": lambda roots: roots @ roots - 1, "jac": lambda roots: 2 * roots},
        options={"maxiter": 100, "ftol": 1e-6},
    )
    squares: Floats = found.x**2
    return squares if np.isfinite(squares).all() and squares.sum() > 0 else start


def _at(model: Surrogate, roots: Floats) -> Floats:
    squares = roots * roots
    return cautious(model, squares / squares.sum(axis=1, keepdims=True))


def _sampled(model: Surrogate, starts: Floats, caps: Floats, seed: int) -> Floats:
    """Draw around the best so far, ever closer; the mean of the last elite, as trees are flat at their best."""
    rng = np.random.default_rng(seed)
    elite = starts[np.argsort(cautious(model, starts))[:ELITE]]
    for strength in np.geomspace(30, SHARPEST, ROUNDS):
        around = elite[rng.integers(0, len(elite), DRAWN)]
        drawn = rng.standard_gamma(around * strength + 0.01)
        drawn /= drawn.sum(axis=1, keepdims=True)
        pool = np.vstack([elite, project(drawn, caps)])
        elite = pool[np.argsort(cautious(model, pool), kind="stable")[:ELITE]]
    mean: Floats = elite.mean(axis=0)
    return mean
