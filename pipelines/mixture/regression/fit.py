"""Fit the losses of proxy runs to their mixtures, and say how well that ranks mixtures which were not seen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

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
from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.regressors.combined import Combined
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

    `predicted` is float64[k, n]: the metrics of the objective, each run by fits without it.
    """

    runs: Runs
    objective: Objective
    regressor: str
    seed: int
    models: tuple[Fitted, ...]
    checks: tuple[Check, ...]
    predicted: Floats = field(repr=False)
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
            return models[0]
        parts = self.objective.parts
        errors = self.predicted - self.runs.losses.T[parts]
        sizes = np.sqrt((errors**2).mean(axis=1)) + 1e-300
        correlation = errors @ errors.T / errors.shape[1] / np.outer(sizes, sizes)
        return Combined(models, self.objective.shares[parts], correlation)


def fit_runs(
    runs: Runs, objective: str, regressor: str = AUTO, seed: int = 0, tell: Callable[[str], None] = lambda _: None
) -> Fit:
    """Choose a regressor by cross-validation, if it is `auto`, then fit it to all metrics.

    Raises:
        MixtureError: there is no such metric or regressor, or there are too few runs for it.
    """
    wanted = objective_of(objective, runs.metrics)
    loss, parts = wanted.of(runs.losses), wanted.parts
    if np.ptp(loss) <= 1e-12 * abs(loss[0]):
        raise MixtureError(f"The objective '{objective}' is {loss[0]:g} in all {len(loss)} runs.")
    names, notes = _candidates(runs, regressor)
    folds = fold_numbers(len(runs.index), seed, repeats_of(len(runs.index), len(parts)))
    ranked, predicted = {}, {}
    for name in names:
        tell(f"checking {name}")
        each = np.stack([unseen(name, runs.weights, runs.losses[:, part], folds) for part in parts])
        ranked[name] = ranked_by(name, np.einsum("t,trn->rn", wanted.shares[parts], each), loss, folds)
        predicted[name] = each.mean(axis=1)
    trivial = ranked_by(BASELINE, unseen(BASELINE, runs.weights, loss, folds), loss, folds)
    taken = max(names, key=lambda name: ranked[name].spearman)
    tell(f"fitting {taken} to {len(runs.metrics)} metrics")
    models = tuple(REGRESSORS[taken].fit(runs.weights, one) for one in runs.losses.T)
    checks = tuple(_checked(one, loss, folds, seed) for one in (*ranked.values(), trivial))
    if ranked[taken].spearman <= trivial.spearman:
        notes.append(
            f"{taken} ranks no better than the weight of one domain, "
            f"{runs.domains[best_domain(runs.weights, loss)]}: {ranked[taken].spearman:.3f} against "
            f"{trivial.spearman:.3f}"
        )
    return Fit(runs, wanted, taken, seed, models, checks, predicted[taken], (*runs.notes, *notes))


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
