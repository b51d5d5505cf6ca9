"""Losses of mixtures, by a fit."""

from pathlib import Path

import numpy as np

from crawlsieve.pipelines.mixture.regression.fit import Fit
from crawlsieve.pipelines.mixture.regression.objective import OBJECTIVE
from crawlsieve.pipelines.mixture.regression.tables import aligned, read_mixtures, write_table


def predict_table(fit: Fit, mixtures: str, output: Path) -> tuple[int, tuple[str, ...]]:
    """Write `index`, a column for each metric, and `objective`; say of how many mixtures, and what was noted.

    Raises:
        MixtureError: the table is wrong, or has other domains than the fit. Their order does not matter.
    """
    table = read_mixtures(mixtures)
    weights = aligned(table, fit.runs.domains, "the fit")
    losses = np.column_stack([model.predict(weights) for model in fit.models])
    write_table(
        output, table.index, [*fit.runs.metrics, OBJECTIVE], np.column_stack([losses, fit.objective.of(losses)])
    )
    return len(table.index), table.notes
