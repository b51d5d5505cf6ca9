"""Which mixture to train on, by a fit; how sure each weight is; and what speaks against it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from crawlsieve.pipelines.mixture.recommendation.budget import Budget
from crawlsieve.pipelines.mixture.recommendation.certainty import (
    Coverage,
    bootstrapped,
    covered,
    drawn_best,
    interval,
    near,
)
from crawlsieve.pipelines.mixture.recommendation.optimum import cautious, mean_of, ranked, search, simulate
from crawlsieve.pipelines.mixture.recommendation.simplex import project
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

SENSELESS = 1.25
"""Standard deviations of the losses: a fit that errs by more is worse than their mean, which errs by 1."""

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

    A law, which is as sure far from all runs as near them, is only asked near them, and not searched.

    Raises:
        MixtureError: the fit is worse than none; more tokens are asked than repetition allows; or what it allows is
            near no run, and the regressor a law.
    """
    _check_sound(fit)
    caps, prior = _caps(fit, asked.budget), _prior(fit, asked)
    tell(f"predicting {asked.samples:,} mixtures")
    drawn = _simulated(fit, prior, caps, asked)
    averaged = _candidate(
        f"mean of the best {min(asked.best, len(drawn))} of {len(drawn):,} simulated",
        mean_of(drawn[: asked.best]),
        fit.surrogate,
    )
    tell("searching the surrogate")
    other = _searched(fit, averaged, drawn, prior, caps, asked.seed)
    taken = _taken(fit, averaged, other)
    tell(f"refitting {asked.resamples} times")
    again = partial(_again, fit, None if taken is averaged else taken, drawn, caps, asked)
    resampled = bootstrapped(fit.resampled, len(fit.loss), again, asked.resamples, asked.seed)
    few = np.vstack([taken.weights[None], other.weights[None], drawn[:CANDIDATES], resampled])
    functions = drawn_best(fit.surrogate, few, DRAWS, asked.seed)
    coverage = covered(taken.weights, fit.runs.weights)
    return Recommendation(
        taken,
        tuple(one for one in (averaged, other) if one is not taken),
        interval(resampled),
        None if functions is None else interval(functions),
        coverage,
        prior,
        asked.budget,
        _warnings(fit, taken, coverage, caps),
    )


def _check_sound(fit: Fit) -> None:
    varies = float(fit.loss.std())
    if fit.check.rmse > SENSELESS * varies:
        raise MixtureError(
            f"{fit.regressor} errs by {fit.check.rmse:.4g} (rms) on unseen runs, whose losses vary by {varies:.4g} "
            "only (standard deviation): weights by it would mean nothing. Fit with another --regressor, or more than "
            f"these {len(fit.loss)} runs."
        )


def _simulated(fit: Fit, prior: Floats, caps: Floats, asked: Asked) -> Floats:
    """float64[m, d], best first. For a law, of them and of the runs, what is as near to a run as runs are."""
    drawn = simulate(prior, caps, asked.samples, asked.seed)
    if REGRESSORS[fit.regressor].extrapolates:
        drawn = np.vstack([project(fit.runs.weights, caps), drawn])
        drawn = np.compress(near(drawn, fit.runs.weights), drawn, axis=0)
    if not len(drawn):
        raise MixtureError(
            f"{fit.regressor} is a law, which says nothing where no run is near, and no mixture that repetition "
            "allows is near a run. Fit with --regressor gp, or train runs with the weights that are allowed."
        )
    return ranked(fit.surrogate, drawn)


def _searched(fit: Fit, averaged: Candidate, drawn: Floats, prior: Floats, caps: Floats, seed: int) -> Candidate:
    model, regressor = fit.surrogate, REGRESSORS[fit.regressor]
    if regressor.extrapolates:
        return _candidate("best of those simulated near runs", drawn[0], model)
    starts = [averaged.weights, fit.runs.weights[fit.best_run], prior, *drawn[:4]]
    found = search(model, starts, caps, smooth=regressor.smooth, seed=seed)
    return _candidate("search of the surrogate", found, model)


def _taken(fit: Fit, averaged: Candidate, other: Candidate) -> Candidate:
    """For trees the mean: a search finds their noise. For a law, the mean only if it is near a run, as the other is."""
    regressor = REGRESSORS[fit.regressor]
    if not regressor.smooth:
        return averaged
    if regressor.extrapolates and not near(averaged.weights[None], fit.runs.weights)[0]:
        return other
    return min(averaged, other, key=lambda one: one.cautious)


def _again(fit: Fit, searched: Candidate | None, drawn: Floats, caps: Floats, asked: Asked, refit: Surrogate) -> Floats:
    """The best mixture by a refit, found as the recommended one was: by averaging, if that was not searched."""
    regressor = REGRESSORS[fit.regressor]
    best = ranked(refit, np.vstack([drawn[:POOL], drawn[POOL :: max(1, len(drawn) // POOL)]]))
    if searched is None:
        return mean_of(best[: asked.best])
    first: Floats = best[0]
    if regressor.extrapolates:
        return first
    start = min(searched.weights, first, key=lambda one: float(cautious(refit, one[None])[0]))
    return search(refit, [start], caps, smooth=regressor.smooth, seed=asked.seed)


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
