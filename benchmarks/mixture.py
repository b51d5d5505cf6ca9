"""How well each regressor ranks mixtures it has not seen: the 512 published RegMix runs; and the data-constrained law.

Folds of the 512 runs are held out in turn; so many of the others are fitted, and the held-out ones ranked.
No figure is of the machine. `--quick` does three losses once.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from crawlsieve.pipelines.mixture.recommendation.repetition import PUBLISHED
from crawlsieve.pipelines.mixture.recommendation.repetition_fit import (
    ALL,
    DATA,
    LEVEL,
    Agreement,
    Trained,
    agreement,
    before_overfitting,
    refit,
)
from crawlsieve.pipelines.mixture.regression.crossval import BASELINE, fold_numbers, learner_of, spearman
from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.runs import Runs, read_runs

SHARED = Path(__file__).parents[2] / "shared" / "data"
REGMIX = SHARED / "regmix"
SIZES = (32, 64, 128, 256, 512)
MEAN, OWN = "**mean of the 13 losses**", "the same, fitted as one"


def short(metric: str) -> str:
    """The Pile's name of a metric."""
    return metric.removeprefix("metric/the_pile_").removesuffix("_val_loss")


def held_out(runs: Runs, name: str, size: int, folds: np.ndarray) -> dict[str, list[float]]:
    """Target -> rank correlation in each fold of each repeat. 512 stands for all of the other folds, 409 or 410."""
    learner = learner_of(name)
    mean = runs.losses.mean(axis=1)
    found: dict[str, list[float]] = {}
    for repeat, numbers in enumerate(folds):
        for fold in range(numbers.max() + 1):
            out = np.flatnonzero(numbers == fold)
            rest = np.random.default_rng([repeat, fold]).permutation(np.flatnonzero(numbers != fold))[:size]
            predicted = [learner(runs.weights[rest], one[rest], runs.weights[out]) for one in runs.losses.T]
            for metric, losses, guess in zip(runs.metrics, runs.losses.T, predicted, strict=True):
                found.setdefault(short(metric), []).append(spearman(guess, losses[out]))
            alone = learner(runs.weights[rest], mean[rest], runs.weights[out])
            together = alone if name == BASELINE else np.mean(predicted, axis=0)
            found.setdefault(MEAN, []).append(spearman(together, mean[out]))
            found.setdefault(OWN, []).append(spearman(alone, mean[out]))
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three losses, one repeat")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    runs = read_runs(str(REGMIX / "train_mixture_1m.csv"), str(REGMIX / "train_pile_loss_1m.csv"))
    if asked.quick:
        runs = Runs(runs.index, runs.domains, runs.weights, runs.metrics[:3], runs.losses[:, :3])
    folds = fold_numbers(len(runs.index), 0, 1 if asked.quick else asked.repeats)
    names = [*REGRESSORS, BASELINE]
    found = {(name, size): held_out(runs, name, size, folds) for size in SIZES for name in names}
    print(f"## Rank correlation on held-out folds, {len(folds)} x 5 folds\n")
    for size in SIZES:
        many = "all runs of the other four folds (409 or 410)" if size == 512 else f"{size} runs"
        print(f"### Fitted to {many}\n\n| loss | " + " | ".join(names) + " |\n| --- |" + " ---: |" * len(names))
        for target in found[names[0], size]:
            cells = [
                f"{np.mean(v):.3f} ± {np.std(v, ddof=1):.3f}" for v in (found[name, size][target] for name in names)
            ]
            print(f"| {target} | " + " | ".join(cells) + " |")
        print()
    print("### Mean over the 13 losses, by number of runs\n")
    print("| runs | " + " | ".join(names) + " |\n| ---: |" + " ---: |" * len(names))
    for size in SIZES:
        means = [
            np.mean([np.mean(v) for target, v in found[name, size].items() if target not in (MEAN, OWN)])
            for name in names
        ]
        print(f"| {size if size < 512 else '409 or 410'} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    print()
    repetition()


def read_trained() -> Trained:
    """The Datablations runs."""
    with (SHARED / "mixture_tables" / "datablations_runs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = [
        np.array([float(row[name]) for row in rows]) for name in ("params", "tokens_B", "unique_tokens_B", "val_loss")
    ]
    return Trained(columns[0], columns[1] * 1e9, columns[2] * 1e9, columns[3])


def repetition() -> None:
    """How well the data-constrained law tells the Datablations runs."""
    trained = read_trained()
    sound = before_overfitting(trained)
    large = trained.parameters >= 1e8
    print("## The data-constrained law and the Datablations runs\n")
    print("| runs | number | constants | R_D* | R_N* | R² | rms error | mean error |\n|" + " --- |" * 3 + " ---: |" * 5)
    sets = (
        ("all", np.ones(len(sound), bool)),
        ("not past their lowest loss", sound),
        ("the same, 100M parameters or more, 1B unique tokens or more", sound & large & (trained.unique >= 1e9)),
    )
    for said, rows in sets:
        some = trained.only(rows)
        laws = {"published": PUBLISHED} | {
            name: refit(some, constants)
            for name, constants in (("E refitted", LEVEL), ("E, R* refitted", (*LEVEL, *DATA)), ("all refitted", ALL))
        }
        for name, law in laws.items():
            print_row(said, int(rows.sum()), name, agreement(law, some), (law.data_decay, law.parameters_decay))
    print()


def print_row(said: str, count: int, name: str, fits: Agreement, decays: tuple[float, float]) -> None:
    """One row."""
    numbers = f"{fits.r_squared:.3f} | {fits.rmse:.3f} | {fits.bias:+.3f}"
    print(f"| {said} | {count} | {name} | {decays[0]:.2f} | {decays[1]:.2f} | {numbers} |")


if __name__ == "__main__":
    main()
