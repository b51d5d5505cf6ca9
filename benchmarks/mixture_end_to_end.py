"""Does a recommended mixture win? Ten domains: design, train, fit, recommend, train again with other seeds.

Prints Markdown. Results of runs stay below `benchmarks/work/mixture`: what was stopped goes on. Needs extra `proxy`.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from mixture_proxies import agreement, costs, ngram_optimum
from near_tables import table

from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.mixture.design.design import sample_mixtures
from crawlsieve.pipelines.mixture.proxy.command import (
    LOSSES,
    MIXTURES,
    RESULTS,
    TOKENS,
    Wanted,
    settings_of,
    train_design,
)
from crawlsieve.pipelines.mixture.proxy.runs import Design, tokens_a_second
from crawlsieve.pipelines.mixture.proxy.texts import TRAIN
from crawlsieve.pipelines.mixture.proxy.tokens import load
from crawlsieve.pipelines.mixture.recommendation.recommend import Asked, recommend
from crawlsieve.pipelines.mixture.regression.fit import Fit, fit_runs
from crawlsieve.pipelines.mixture.regression.runs import read_runs
from crawlsieve.pipelines.mixture.regression.tables import read_mixtures, read_table, write_table

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data" / "domains"
DESIGN_SEED, FIRST_SEED = 1, 100
MANY = 1000
"""Mixtures by which the cheap proxy's speed is measured."""


def say(line: str) -> None:
    """Progress."""
    print(line, flush=True)


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=48)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--work", type=Path, default=HERE / "work" / "mixture")
    given = parser.parse_args()
    work, workers = given.work, LocalOptions(workers=given.workers)
    work.mkdir(parents=True, exist_ok=True)

    names = tuple(sorted(path.name for path in DATA.iterdir() if path.is_dir()))
    wanted = Wanted("", (str(DATA),), str(work / "transformer"), steps=given.steps)
    write_table(work / "first.csv", [0], names, np.full((1, len(names)), 1 / len(names)))
    cheap = replace(wanted, design=str(work / "first.csv"), output=str(work / "ngram"), proxy="ngram")
    train_design(cheap, workers, say)
    tokens = load(work / "ngram" / TOKENS)
    sizes = np.array([tokens.sizes[name][TRAIN][2] for name in names], np.float64)
    natural = sizes / sizes.sum()
    design = work / "design.csv"
    write_table(design, range(1, given.runs + 1), names, sample_mixtures(natural, given.runs, DESIGN_SEED))

    begin = time.perf_counter()
    train_design(replace(wanted, design=str(design)), workers, say)
    seconds = time.perf_counter() - begin
    train_design(replace(cheap, design=str(design)), workers, say)
    fits = {name: fitted(work / name) for name in ("transformer", "ngram")}
    table(
        ["proxy", "regressor", "Spearman", "low", "high", "best domain alone"],
        [checked(name, fit) for name, fit in fits.items()],
        2,
    )

    mixtures = {
        "natural": natural,
        "uniform": np.full(len(names), 1 / len(names)),
        "best run": fits["transformer"].runs.weights[fits["transformer"].best_run],
        "recommended": recommended(fits["transformer"], natural),
        "recommended by n-gram": recommended(fits["ngram"], natural),
    }
    with (work / "weights.json").open("w", encoding="utf-8") as file:
        json.dump({name: dict(zip(names, one.tolist(), strict=True)) for name, one in mixtures.items()}, file, indent=1)
    weights_table(names, mixtures)
    finals(given.seeds, replace(wanted, output=str(work / "finals")), workers, mixtures)
    agreement(work)
    settings = settings_of(wanted)
    ngram_optimum(tokens, settings, mixtures | {"n-gram's best run": best(fits["ngram"])}, MANY)
    done = [
        one
        for one in Design(read_mixtures(str(design)), settings, load(work / "transformer" / TOKENS)).outcomes(
            work / "transformer" / RESULTS
        )
        if one
    ]
    costs(settings, done, tokens_a_second(done, settings), seconds)


def fitted(folder: Path) -> Fit:
    """To the mean of the domains' losses."""
    return fit_runs(read_runs(str(folder / MIXTURES), str(folder / LOSSES)), "mean")


def checked(name: str, fit: Fit) -> list[object]:
    """A row: how well unseen runs are ranked, and how well one domain's weight alone does that."""
    one, baseline = fit.check, fit.checks[-1]
    return [name, one.name, *(f"{value:.3f}" for value in (one.spearman, one.low, one.high, baseline.spearman))]


def best(fit: Fit) -> np.ndarray:
    """Weights of the best run."""
    return fit.runs.weights[fit.best_run]


def recommended(fit: Fit, natural: np.ndarray) -> np.ndarray:
    """What `mix recommend` takes, with its warnings."""
    found = recommend(fit, Asked(prior=natural))
    say(f"{found.taken.how}: expected {found.taken.expected:.4f}, {'; '.join(found.warnings) or 'no warning'}")
    return found.taken.weights


def weights_table(names: tuple[str, ...], mixtures: dict[str, np.ndarray]) -> None:
    """Domains down, mixtures across."""
    rows = [[name, *(f"{one[place]:.3f}" for one in mixtures.values())] for place, name in enumerate(names)]
    table(["domain", *mixtures], rows)


def finals(seeds: int, wanted: Wanted, workers: LocalOptions, mixtures: dict[str, np.ndarray]) -> None:
    """Train on each mixture with several seeds, none of which the design had."""
    names = tuple(sorted(path.name for path in DATA.iterdir() if path.is_dir()))
    path = Path(wanted.output).with_name("finals.csv")
    write_table(path, list(mixtures), names, np.array(list(mixtures.values())))
    found = []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        train_design(replace(wanted, design=str(path), seed=seed), workers, say)
        found.append(read_table(str(Path(wanted.output) / LOSSES)).values)
    losses = np.array(found)  # [seeds, mixtures, domains]
    np.save(path.with_suffix(".npy"), losses)
    means = losses.mean(axis=2)
    ours = means[:, list(mixtures).index("recommended")]
    rows = []
    for place, name in enumerate(mixtures):
        gap = means[:, place] - ours
        rows.append([name, *with_error(means[:, place]), *with_error(gap), f"{(gap > 0).sum()} of {seeds}"])
    table(["mixture", "mean", "s.e.", "above recommended", "s.e. of pairs", "seeds won by recommended"], rows)
    each = losses.mean(axis=0)
    weights_table(names, dict(zip(mixtures, each, strict=True)))


def with_error(values: np.ndarray) -> list[str]:
    """Mean, and its standard error."""
    return [f"{values.mean():.4f}", f"{values.std(ddof=1) / len(values) ** 0.5:.4f}"]


if __name__ == "__main__":
    main()
