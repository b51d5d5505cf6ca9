"""Tables of runs, made up or published."""

from pathlib import Path

import numpy as np

from crawlsieve.pipelines.mixture.regression.runs import Runs

REGMIX = Path(__file__).parents[4] / "shared" / "data" / "regmix"
MIXTURES, LOSSES = REGMIX / "train_mixture_1m.csv", REGMIX / "train_pile_loss_1m.csv"


def weights_of(runs, domains, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(domains), runs)


def curved(weights):
    """A mixing law: each domain lowers the loss, the first one most."""
    pull = -np.linspace(2.0, 0.2, weights.shape[1])
    return 1.5 + np.exp(0.3 + weights @ pull)


def runs_of(count=60, domains=4, seed=0, noise=0.0):
    """Two metrics, each a mixing law; the second prefers the last domain."""
    weights = weights_of(count, domains, seed)
    off = noise * np.random.default_rng(seed + 1).standard_normal((count, 2))
    losses = np.column_stack([curved(weights), curved(weights[:, ::-1])]) + off
    names = tuple(f"web_{name}" for name in "abcdefghij"[:domains])
    return Runs(tuple(range(1, count + 1)), names, weights, ("loss/one", "loss/two"), losses)


def csv_of(path, head, rows):
    path.write_text("\n".join([",".join(head), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


def files_of(folder, runs):
    """The runs as two CSV files."""
    mixtures = csv_of(
        folder / "M.csv",
        ["index", *runs.domains],
        [[i, *w] for i, w in zip(runs.index, runs.weights.tolist(), strict=True)],
    )
    losses = csv_of(
        folder / "L.csv",
        ["index", *runs.metrics],
        [[i, *w] for i, w in zip(runs.index, runs.losses.tolist(), strict=True)],
    )
    return mixtures, losses
