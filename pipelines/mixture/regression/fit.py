"""Fit the losses of proxy runs to their mixtures, and say how well that ranks mixtures which were not seen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from crawlsieve.pipelines.mixture.regression.calibration import extra_spread
from crawlsieve.pipelines.mixture.regression.crossval import (
    BASELINE,
    Ranked,
    best_domain,
    bootstrap_interval,
    fold_numbers,
    ranked_by,
    repeats_of,
    unseen,
)
from crawlsieve.pipelines.mixture.regression.objective import Objective, objective_of
from crawlsieve.pipelines.mixture.regression.regressors.calibrated import Calibrated
from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.regressors.combined import Combined, correlation_of, summed_spread
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Fitted, Floats, Surrogate
from crawlsieve.pipelines.mixture.regression.runs import Runs
from crawlsieve.pipelines.mixture.regression.tables import MixtureError

AUTO = "auto"


@dataclass(frozen=True)
class Check:
    """Rank correlation and its interval, correlation and error, by cross-validation."""

    name: str
    spearman: float
    low: float
    high: float
    pearson: float
    rmse: float


@dataclass(frozen=True)
class Fit:
    """A surrogate of each metric, all by one regressor, and how well they rank the objective.

    `predicted` is float64[k, n]: the metrics of the objective, each run by fits without it. `extra_spread` is
    what the surrogate's has beside the regressor's, as of `calibration.extra_spread`.
    """

    runs: Runs
    objective: Objective
    regressor: str
    seed: int
    models: tuple[Fitted, ...]
    checks: tuple[Check, ...]
    predicted: Floats = field(repr=False)
    extra_spread: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def loss(self) -> Floats:
        """float64[n]: the objective of each run, as observed."""
        return self.objective.of(self.runs.losses)

    @property
    def predicted_loss(self) -> Floats:
        """float64[n]: the objective of each run, by fits without it."""
        expected: Floats = self.objective.shares[self.objective.parts] @ self.predicted
        return expected

    @property
    def check(self) -> Check:
        """Of the regressor that was taken."""
        return next(check for check in self.checks if check.name == self.regressor)

    @property
    def best_run(self) -> int:
        """The row of the run whose objective is lowest."""
        return int(np.argmin(self.loss))

    @cached_property
    def surrogate(self) -> Surrogate:
        """Of the objective."""
        return self._combined([self.models[part] for part in self.objective.parts])

    def resampled(self, rows: np.ndarray) -> Surrogate:
        """The surrogate of the objective, had other runs been drawn; hyperparameters are kept."""
        weights, losses = self.runs.weights[rows], self.runs.losses[rows]
        return self._combined([self.models[part].refit(weights, losses[:, part]) for part in self.objective.parts])

    def _combined(self, models: list[Fitted]) -> Surrogate:
        if len(models) == 1:
            return Calibrated(models[0], self.extra_spread)
        parts = self.objective.parts
        correlation = correlation_of(self.predicted - self.runs.losses.T[parts])
        return Calibrated(Combined(models, self.objective.shares[parts], correlation), self.extra_spread)


def fit_runs(
    runs: Runs, objective: str, regressor: str = AUTO, seed: int = 0, tell: Callable[[str], None] = lambda _: None
) -> Fit:
    """Choose a regressor by cross-validation, if it is `auto`, then fit it to all metrics.

    The one is chosen that ranks the metrics best by themselves, in the mean by their shares of the objective: these are
    several rank correlations, and vary less than that of the objective alone (docs/benchmarks_mixture.md).

    Raises:
        MixtureError: there is no such metric or regressor, or there are too few runs for it.
    """
    wanted = objective_of(objective, runs.metrics)
    loss = wanted.of(runs.losses)
    if np.ptp(loss) <= 1e-12 * abs(loss[0]):
        raise MixtureError(f"The objective '{objective}' is {loss[0]:g} in all {len(loss)} runs.")
    names, notes = _candidates(runs, regressor)
    folds = fold_numbers(len(runs.index), seed, repeats_of(len(runs.index), len(wanted.parts)))
    tried = {}
    for name in names:
        tell(f"checking {name}")
        tried[name] = _tried(name, runs, wanted, folds)
    trivial = ranked_by(BASELINE, unseen(BASELINE, runs.weights, loss, folds)[0], loss, folds)
    taken = max(names, key=lambda name: tried[name].by_metric)
    best = tried[taken]
    tell(f"fitting {taken} to {len(runs.metrics)} metrics")
    models = tuple(REGRESSORS[taken].fit(runs.weights, one) for one in runs.losses.T)
    checks = tuple(_checked(one, loss, folds, seed) for one in (*(one.ranked for one in tried.values()), trivial))
    if best.ranked.spearman <= trivial.spearman:
        notes.append(
            f"{taken} ranks no better than the weight of one domain, "
            f"{runs.domains[best_domain(runs.weights, loss)]}: {best.ranked.spearman:.3f} against "
            f"{trivial.spearman:.3f}"
        )
    said = (*runs.notes, *notes)
    return Fit(runs, wanted, taken, seed, models, checks, best.predicted, best.extra_spread, said)


@dataclass(frozen=True)
class _Tried:
    """A regressor's cross-validation: of the objective, in the mean of its metrics, and float64[k, n] of each."""

    ranked: Ranked
    by_metric: float
    predicted: Floats
    extra_spread: float


def _tried(name: str, runs: Runs, wanted: Objective, folds: np.ndarray) -> _Tried:
    loss, shares = wanted.of(runs.losses), wanted.shares[wanted.parts]
    observed = runs.losses.T[wanted.parts]
    each = [unseen(name, runs.weights, one, folds) for one in observed]
    predicted = np.stack([one for one, _ in each])
    known = [one for _, one in each if one is not None]
    ranked = ranked_by(name, np.einsum("t,trn->rn", shares, predicted), loss, folds)
    correlations = [ranked_by(name, some, one, folds).spearman for some, one in zip(predicted, observed, strict=True)]
    means, extra = predicted.mean(axis=1), 0.0
    if len(known) == len(each):
        correlation = correlation_of(means - observed) if len(each) > 1 else np.ones((1, 1))
        spreads = summed_spread(shares, np.stack(known), correlation)
        extra = extra_spread(ranked.predicted - loss, spreads)
    return _Tried(ranked, float(shares @ correlations), means, extra)


def _checked(ranked: Ranked, loss: Floats, folds: np.ndarray, seed: int) -> Check:
    low, high = bootstrap_interval(ranked, loss, folds, seed)
    return Check(ranked.name, ranked.spearman, low, high, ranked.pearson, ranked.rmse)


def _candidates(runs: Runs, asked: str) -> tuple[list[str], list[str]]:
    """Regressors that these runs suffice for, and what there is to say about the others."""
    count, domains = runs.weights.shape
    notes = [
        f"{name} has weight {column[0]:g} in all runs: nothing can be learnt of it"
        for name, column in zip(runs.domains, runs.weights.T, strict=True)
        if np.ptp(column) == 0
    ]
    if asked not in (AUTO, *REGRESSORS):
        raise MixtureError(f"There is no regressor '{asked}'. Regressors: {AUTO}, {', '.join(REGRESSORS)}.")
    if asked != AUTO and count < REGRESSORS[asked].runs_needed(domains):
        needed = REGRESSORS[asked].runs_needed(domains)
        raise MixtureError(
            f"{asked} needs {needed} runs for {domains} domains, there are {count}. gp and lightgbm fit fewer runs."
        )
    names = [name for name, one in REGRESSORS.items() if count >= one.runs_needed(domains)]
    left_out = [name for name in REGRESSORS if name not in names]
    if count <= domains:
        notes.append(f"{count} runs are fewer than needed to tell {domains} domains apart: expect wide intervals")
    if asked == AUTO and left_out:
        notes.append(f"too few runs for {' and '.join(left_out)}: not tried")
    return ([asked] if asked != AUTO else names), notes
