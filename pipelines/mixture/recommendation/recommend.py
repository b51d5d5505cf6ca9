"""Which mixture to train on, by a fit; how sure each weight is; and what speaks against it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.mixture.recommendation.budget import Budget
from crawlsieve.pipelines.mixture.recommendation.certainty import Coverage, bootstrapped, covered, drawn_best, interval
from crawlsieve.pipelines.mixture.recommendation.optimum import cautious, mean_of, ranked, search, simulate
from crawlsieve.pipelines.mixture.regression.fit import Fit
from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats, Surrogate
from crawlsieve.pipelines.mixture.regression.tables import MixtureError

POOL = 500
"""Simulated mixtures that each refit of the bootstrap ranks: so many of the best, and as many across all others."""
CANDIDATES, DRAWS = 1_000, 200
"""Mixtures among which each function drawn from the posterior has its best, and how many functions."""


FAR_BELOW = 3.0
"""Errors (rms) of the fit on unseen runs by which an expected loss is too good to be believed: no run was near it."""

WEAK = 0.5
"""Rank correlation below which a fit is not to be relied on: the best domain alone often reaches it."""


@dataclass(frozen=True)
class Asked:
    """Options of `recommend`: RegMix's numbers unless others are given."""

    prior: Floats | None = None
    budget: Budget | None = None
    samples: int = 100_000
    best: int = 128
    resamples: int = 50
    seed: int = 0


@dataclass(frozen=True)
class Candidate:
    """A mixture, the loss that is expected of it, and the standard deviation of a run of it, if known."""

    how: str
    weights: Floats
    expected: float
    spread: float | None

    @property
    def cautious(self) -> float:
        """What candidates are compared by."""
        return self.expected + (self.spread or 0.0)


@dataclass(frozen=True)
class Recommendation:
    """What is recommended; the other candidates; float64[2, d] intervals; what is to be said."""

    taken: Candidate
    others: tuple[Candidate, ...]
    bootstrap: Floats
    posterior: Floats | None
    coverage: Coverage
    prior: Floats
    budget: Budget | None
    warnings: tuple[str, ...]


def recommend(fit: Fit, asked: Asked, tell: Callable[[str], None] = lambda _: None) -> Recommendation:
    """Simulate, search, compare, and see how it varies.

    Raises:
        MixtureError: more tokens are asked than repetition allows.
    """
    model, smooth = fit.surrogate, REGRESSORS[fit.regressor].smooth
    caps, prior = _caps(fit, asked.budget), _prior(fit, asked)
    tell(f"predicting {asked.samples:,} mixtures")
    drawn = simulate(prior, caps, asked.samples, asked.seed)
    drawn = ranked(model, drawn)
    averaged = mean_of(drawn[: asked.best])
    best_run = fit.runs.weights[fit.best_run]

    tell("searching the surrogate")
    starts = [averaged, best_run, prior, *drawn[:4]]
    searched = search(model, starts, caps, smooth=smooth, seed=asked.seed)
    candidates = [
        _candidate(f"mean of the best {min(asked.best, len(drawn))} of {len(drawn):,} simulated", averaged, model),
        _candidate("search of the surrogate", searched, model),
    ]
    taken = min(candidates, key=lambda one: one.cautious) if smooth else candidates[0]
    tell(f"refitting {asked.resamples} times")
    pool = np.vstack([drawn[:POOL], drawn[POOL :: max(1, len(drawn) // POOL)]])

    def again(refit: Surrogate) -> Floats:
        best = ranked(refit, pool)
        if taken is candidates[0]:
            return mean_of(best[: asked.best])
        start = min(taken.weights, best[0], key=lambda one: float(cautious(refit, one[None])[0]))
        return search(refit, [start], caps, smooth=smooth, seed=asked.seed)

    resampled = bootstrapped(fit.resampled, len(fit.loss), again, asked.resamples, asked.seed)
    few = np.vstack([taken.weights[None], searched[None], drawn[:CANDIDATES], resampled])
    functions = drawn_best(model, few, DRAWS, asked.seed)
    coverage = covered(taken.weights, fit.runs.weights)
    return Recommendation(
        taken,
        tuple(one for one in candidates if one is not taken),
        interval(resampled),
        None if functions is None else interval(functions),
        coverage,
        prior,
        asked.budget,
        _warnings(fit, taken, coverage, caps),
    )


def _candidate(how: str, weights: Floats, model: Surrogate) -> Candidate:
    spread = model.spread(weights[None])
    expected = float(model.predict(weights[None])[0])
    return Candidate(how, weights, expected, None if spread is None else float(spread[0]))


def _prior(fit: Fit, asked: Asked) -> Floats:
    """What was given; else the natural shares, if unique tokens are known; else the mean of the runs."""
    given = asked.prior if asked.prior is not None else asked.budget.unique if asked.budget else None
    prior = fit.runs.weights.mean(axis=0) if given is None else given
    shares: Floats = prior / prior.sum()
    return shares


def _caps(fit: Fit, budget: Budget | None) -> Floats:
    """1, or what repetition allows; and 0 for domains that no run has."""
    seen = fit.runs.weights.max(axis=0) > 0
    caps = np.where(seen, np.ones(len(seen)) if budget is None else budget.caps, 0.0)
    if caps.sum() < 1 - 1e-9:
        lacking = [name for name, one in zip(fit.runs.domains, seen, strict=True) if not one]
        raise MixtureError(f"The domains that runs have allow {caps.sum():.3f} of the tokens; no run has {lacking}.")
    return caps


def _warnings(fit: Fit, taken: Candidate, coverage: Coverage, caps: Floats) -> tuple[str, ...]:
    said = []
    loss, run = float(fit.loss[fit.best_run]), fit.runs.index[fit.best_run]
    model, best = fit.surrogate, fit.runs.weights[fit.best_run]
    if taken.expected > loss:
        expected = float(model.predict(best[None])[0])
        allowed = "" if (best <= caps + 1e-9).all() else " (which repeats a domain more often than is allowed)"
        said.append(
            f"The expected loss {taken.expected:.4f} is above {loss:.4f} of run {run}{allowed}, already observed. "
            f"The fit expects {expected:.4f} of that run: it may have been lucky, or the fit cannot follow. "
            "Train both."
        )
    below = (loss - taken.expected) / max(fit.check.rmse, 1e-12)
    if below > FAR_BELOW:
        said.append(
            f"The expected loss {taken.expected:.4f} is {below:.0f} times the fit's error on unseen runs "
            f"({fit.check.rmse:.4f}) below {loss:.4f}, the best one observed (run {run}): the fit goes on where no "
            "run has been. Add runs around it, and the natural mixture, and fit again."
        )
    if not coverage.inside:
        said.append(
            f"No run is near: the nearest, {fit.runs.index[coverage.run]}, is {coverage.distance:.3f} away "
            f"(Hellinger); {coverage.bound:.3f} is what 95 % of the runs have to theirs. "
            "Add runs around it, and fit again."
        )
    if fit.check.spearman < WEAK:
        said.append(f"The fit ranks unseen mixtures with a correlation of {fit.check.spearman:.2f} only.")
    return tuple(said)
