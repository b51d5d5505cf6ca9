"""What `mix fit` knows of itself: intervals that hold 95 %, and how `auto` chooses. The 512 published RegMix runs.

So many of them are fitted, all others are held out. Prints Markdown; no figure is of the machine.
"""

import argparse
import math

import numpy as np
from mixture import REGMIX
from near_tables import table

from crawlsieve.pipelines.mixture.regression.calibration import NORMAL, extra_spread
from crawlsieve.pipelines.mixture.regression.crossval import fold_numbers, ranked_by, spearman, unseen
from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.regressors.combined import correlation_of, summed_spread
from crawlsieve.pipelines.mixture.regression.runs import Runs, read_runs

HELD = 0.95
FEW = 64
"""Runs up to which cross-validation is done twice."""


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--draws", type=int, default=4)
    asked = parser.parse_args()
    runs = read_runs(str(REGMIX / "train_mixture_1m.csv"), str(REGMIX / "train_pile_loss_1m.csv"))
    intervals(runs, asked.sizes, asked.draws)
    choices(runs, asked.sizes, asked.draws)


def intervals(runs: Runs, sizes: list[int], draws: int) -> None:
    """How many held-out runs are within the interval, and its width over the error."""
    rows = []
    for size in sizes:
        single, mean = [], []
        for draw in range(draws):
            *parts, both = held(runs, size, np.random.default_rng([size, draw]).permutation(len(runs.index)))
            single += parts
            mean.append(both)
        for name, found in (("each of 13", single), ("their mean", mean)):
            rows.append([size, name, *(f"{value:.3f}" for value in np.mean(found, axis=0))])
    table(["runs", "loss", "own", "times", "plus", "width: own", "times", "plus"], rows, 2)


def held(runs: Runs, size: int, order: np.ndarray) -> list[list[float]]:
    """For each loss and their mean: what own, multiplied and added-to intervals hold; their widths over the error."""
    few, rest = order[:size], order[size:]
    folds = fold_numbers(size, 0, 2 if size <= FEW else 1)
    checks = [unseen("gp", runs.weights[few], loss[few], folds) for loss in runs.losses.T]
    off = np.stack([predicted - loss[few] for (predicted, _), loss in zip(checks, runs.losses.T, strict=True)])
    sure = np.stack([np.zeros(folds.shape) if spread is None else spread for _, spread in checks])
    fits = [REGRESSORS["gp"].fit(runs.weights[few], loss[few]) for loss in runs.losses.T]
    errors = np.stack([fit.predict(runs.weights[rest]) for fit in fits]) - runs.losses[rest].T
    spreads = np.stack([np.asarray(fit.spread(runs.weights[rest])) for fit in fits])
    shares, together = np.full(len(fits), 1 / len(fits)), correlation_of(off.mean(axis=1))
    mean = (off.mean(axis=0), summed_spread(shares, sure, together))
    return [
        compared(*one)
        for one in (
            *zip(off, sure, errors, spreads, strict=True),
            (*mean, errors.mean(axis=0), summed_spread(shares, spreads, together)),
        )
    ]


def compared(off: np.ndarray, sure: np.ndarray, errors: np.ndarray, spreads: np.ndarray) -> list[float]:
    """Shares held by the three intervals, then their widths."""
    level = min(1.0, math.ceil(HELD * (off.shape[1] + 1)) / off.shape[1])
    factor = float(np.quantile(np.abs(off / sure), level, method="inverted_cdf")) / NORMAL
    kinds = [spreads, factor * spreads, np.hypot(spreads, extra_spread(off, sure))]
    size = np.sqrt((errors**2).mean())
    return [float((np.abs(errors) < NORMAL * one).mean()) for one in kinds] + [
        float(one.mean() / size) for one in kinds
    ]


def choices(runs: Runs, sizes: list[int], draws: int) -> None:
    """Rank correlations on held-out runs by three ways to choose."""
    rows = []
    for size in sizes:
        found = [chosen(runs, size, np.random.default_rng([size, draw, 7]).permutation(512)) for draw in range(draws)]
        for place, name in enumerate(("ranks of the mean", "each loss's own, for itself", "mean of the losses' own")):
            rows.append([size, name, *(f"{value:.4f}" for value in np.mean(found, axis=0)[place])])
    table(["runs", "chosen by", "mean of the losses", "the 13 losses"], rows, 2)


def chosen(runs: Runs, size: int, order: np.ndarray) -> list[list[float]]:
    """For each way: Spearman of the mean of the losses, and the mean of the losses' own."""
    few, rest = order[:size], order[size:]
    weights, losses, names = runs.weights[few], runs.losses[few].T, [*REGRESSORS]
    folds = fold_numbers(size, 0, 2 if size <= FEW else 1)
    checks = {name: np.stack([unseen(name, weights, loss, folds)[0] for loss in losses]) for name in names}
    own = np.array([
        [ranked_by(name, one, loss, folds).spearman for one, loss in zip(checks[name], losses, strict=True)]
        for name in names
    ])  # fmt: skip
    mean = [ranked_by(name, checks[name].mean(axis=0), losses.mean(axis=0), folds).spearman for name in names]
    others = np.stack([
        [REGRESSORS[name].fit(weights, loss).predict(runs.weights[rest]) for loss in losses] for name in names
    ])  # fmt: skip
    ways = [
        np.full(len(losses), int(np.argmax(mean))),
        own.argmax(axis=0),
        np.full(len(losses), own.mean(axis=1).argmax()),
    ]
    taken = [others[way, np.arange(len(losses))] for way in ways]
    unseen_losses = runs.losses[rest]
    return [
        [
            spearman(one.mean(axis=0), unseen_losses.mean(axis=1)),
            float(np.mean([spearman(a, b) for a, b in zip(one, unseen_losses.T, strict=True)])),
        ]
        for one in taken
    ]


if __name__ == "__main__":
    main()
