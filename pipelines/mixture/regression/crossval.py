"""How well a way to fit ranks mixtures that it has not seen: repeated k-fold cross-validation, inside the runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from crawlsieve.dedup.intervals import CONFIDENCE
from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats

FOLDS = 5
MOST_REPEATS, WORK = 5, 2000
"""Repeats at most, and so many runs times metrics (4 at most) are worth one more."""
RESAMPLES = 500
"""Of the bootstrap; the interval's ends are then its 12th value from below and from above."""
BASELINE = "best domain"

Learner = Callable[[Floats, Floats, Floats], Floats]
"""(weights, loss, other weights) -> losses of those others."""


@dataclass(frozen=True)
class Ranked:
    """Means over the folds of all repeats; `predicted` is float64[repeats, n], each value by a fit without that run."""

    name: str
    spearman: float
    pearson: float
    rmse: float
    predicted: Floats


def repeats_of(runs: int, metrics: int) -> int:
    """How often to repeat: 5 times for few runs, whose folds are small; once where a fit takes seconds."""
    return max(1, min(MOST_REPEATS, WORK // (runs * min(metrics, 4))))


def fold_numbers(runs: int, seed: int, repeats: int) -> np.ndarray:
    """int[repeats, n]: the fold of each run. Folds differ by one run at most, and have five or more."""
    folds = max(2, min(FOLDS, runs // 5))
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(np.arange(runs) % folds) for _ in range(repeats)])


def unseen(name: str, weights: Floats, loss: Floats, folds: np.ndarray) -> tuple[Floats, Floats | None]:
    """float64[repeats, n] twice: fit without each fold, predict it, and say how sure the fit is; None if it cannot.

    Args:
        name: a regressor, or BASELINE.
        weights: float64[n, d].
        loss: float64[n].
        folds: as of `fold_numbers`.
    """
    predicted, spread = np.empty(folds.shape), np.full(folds.shape, np.nan)
    for repeat, numbers in enumerate(folds):
        for fold in range(numbers.max() + 1):
            out = numbers == fold
            if name == BASELINE:
                predicted[repeat, out] = by_best_domain(weights[~out], loss[~out], weights[out])
                continue
            fitted = REGRESSORS[name].fit(weights[~out], loss[~out])
            predicted[repeat, out], sure = fitted.predict(weights[out]), fitted.spread(weights[out])
            spread[repeat, out] = np.nan if sure is None else sure
    return predicted, None if np.isnan(spread).any() else spread


def ranked_by(name: str, predicted: Floats, loss: Floats, folds: np.ndarray) -> Ranked:
    """Compare what was predicted with what was observed."""
    return Ranked(
        name,
        _mean_of(spearman, predicted, loss, folds),
        _mean_of(pearson, predicted, loss, folds),
        float(np.sqrt(np.mean((predicted - loss) ** 2))),
        predicted,
    )


def learner_of(name: str) -> Learner:
    """A regressor, or the baseline, as a function that learns and predicts."""
    if name == BASELINE:
        return by_best_domain
    regressor = REGRESSORS[name]
    return lambda weights, loss, others: regressor.fit(weights, loss).predict(others)


def by_best_domain(weights: Floats, loss: Floats, others: Floats) -> Floats:
    """The trivial way: rank by the weight of the one domain that ranks these runs best, up or down.

    Its values are made losses by a straight line, whose error is comparable; the ranks are the weight's.
    """
    domain = best_domain(weights, loss)
    slope, level = np.polyfit(weights[:, domain], loss, 1)
    sign = np.sign(spearman(weights[:, domain], loss)) or 1.0
    predicted: Floats = level + sign * max(abs(slope), 1e-12) * others[:, domain]
    return predicted


def best_domain(weights: Floats, loss: Floats) -> int:
    """Its number: the highest rank correlation, of either sign."""
    return int(np.argmax([abs(spearman(column, loss)) for column in weights.T]))


def bootstrap_interval(ranked: Ranked, loss: Floats, folds: np.ndarray, seed: int) -> tuple[float, float]:
    """Lower and upper end of the rank correlation, were other runs drawn: percentiles over resampled runs.

    The fits stay: it is how well we know the figure, not how it varies with the runs that are learnt from.
    """
    runs = len(loss)
    counts = np.random.default_rng(seed).multinomial(runs, np.full(runs, 1 / runs), RESAMPLES).astype(np.float64)
    values = [
        _resampled_spearman(row[numbers == fold], loss[numbers == fold], counts[:, numbers == fold])
        for row, numbers in zip(ranked.predicted, folds, strict=True)
        for fold in np.unique(numbers)
    ]
    low, high = np.quantile(np.mean(values, axis=0), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _resampled_spearman(a: Floats, b: Floats, counts: Floats) -> Floats:
    """float64[r]: rank correlation where value i stands counts[r, i] times, for all r at once."""
    ranks = [counts @ ((one < one[:, None]) + 0.5 * (one == one[:, None])).T for one in (a, b)]
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    left, right = (one - (counts * one).sum(axis=1, keepdims=True) / total for one in ranks)
    both = (counts * left * right).sum(axis=1)
    norm = np.sqrt((counts * left * left).sum(axis=1) * (counts * right * right).sum(axis=1))
    correlation: Floats = np.divide(both, norm, out=np.zeros_like(both), where=norm > 0)
    return correlation


def spearman(a: Floats, b: Floats) -> float:
    """Rank correlation; 0 where one of them is constant, as it ranks nothing."""
    return pearson(rankdata(a), rankdata(b))


def pearson(a: Floats, b: Floats) -> float:
    """Correlation; 0 where one of them is constant."""
    left, right = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((left @ left) * (right @ right)))
    return float(left @ right) / norm if norm > 0 else 0.0


def _mean_of(measure: Callable[[Floats, Floats], float], predicted: Floats, loss: Floats, folds: np.ndarray) -> float:
    """Mean within folds: across them, predictions are of different fits, and their means betray what was left out."""
    values: Sequence[float] = [
        measure(row[numbers == fold], loss[numbers == fold])
        for row, numbers in zip(predicted, folds, strict=True)
        for fold in np.unique(numbers)
    ]
    return float(np.mean(values))
