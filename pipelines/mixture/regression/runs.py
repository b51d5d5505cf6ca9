"""Runs: which mixture had which losses."""

from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.pipelines.mixture.regression.tables import (
    SAME_DECIMALS,
    MixtureError,
    Table,
    listed,
    read_mixtures,
    read_table,
)

FEWEST = 10
"""Runs without which no correlation can be checked: two folds of five."""


@dataclass(frozen=True)
class Runs:
    """Weights float64[n, d], each row summing to 1, and losses float64[n, t] of the same runs."""

    index: tuple[int | str, ...]
    domains: tuple[str, ...]
    weights: Floats
    metrics: tuple[str, ...]
    losses: Floats
    notes: tuple[str, ...] = ()


def read_runs(mixtures: str, losses: str) -> Runs:
    """Read both tables.

    Raises:
        MixtureError: one of them is wrong, or they do not belong together.
    """
    return join_runs(read_mixtures(mixtures), read_table(losses))


def join_runs(mixtures: Table, losses: Table) -> Runs:
    """Bring the losses into the order of the mixtures, by index; runs of equal weights become one of their mean losses.

    Averaged, because the same mixture in two folds would tell the losses that it is to predict.

    Raises:
        MixtureError: an index is in one table only, there are too few runs, or a metric is the same in all.
    """
    at = {str(name): row for row, name in enumerate(losses.index)}
    here = [str(name) for name in mixtures.index]
    alone = [name for name in here if name not in at], sorted(at.keys() - {*here})
    if any(alone):
        said = (
            f"{len(some)} only in {table.where}" + (f" ({listed(some)})" if some else "")
            for some, table in zip(alone, (mixtures, losses), strict=True)
        )
        raise MixtureError(f"The tables are not of the same runs. Indexes: {', '.join(said)}.")
    runs = _averaged(
        Runs(
            mixtures.index,
            mixtures.columns,
            mixtures.values,
            losses.columns,
            losses.values[[at[name] for name in here]],
            (*mixtures.notes, *losses.notes),
        )
    )
    if len(runs.index) < FEWEST:
        raise MixtureError(f"{mixtures.where} has {len(runs.index)} different mixtures; a fit needs {FEWEST} or more.")
    spans = np.ptp(runs.losses, axis=0)
    for metric, span, value in zip(runs.metrics, spans, runs.losses[0], strict=True):
        if span <= 1e-12 * abs(value):
            raise MixtureError(
                f"{losses.where}: {metric} is {value:g} in all {len(runs.index)} runs: nothing can be learnt from it."
            )
    return runs


def _averaged(runs: Runs) -> Runs:
    _, first, group = np.unique(np.round(runs.weights, SAME_DECIMALS), axis=0, return_index=True, return_inverse=True)
    if len(first) == len(runs.index):
        return runs
    order = np.argsort(first)
    counts = np.bincount(group.ravel())[order]
    means = np.stack([np.bincount(group.ravel(), one)[order] / counts for one in runs.losses.T], axis=1)
    kept = first[order]
    names = tuple(runs.index[row] for row in kept)
    repeated = [name for name, count in zip(names, counts, strict=True) if count > 1]
    note = (
        f"{len(runs.index) - len(kept)} of {len(runs.index)} runs have the weights of another one; "
        f"their losses are averaged ({listed(repeated)})"
    )
    return Runs(names, runs.domains, runs.weights[kept], runs.metrics, means, (*runs.notes, note))
