"""What is to be low: one metric, the mean of all, or a weighted mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed, nearest

MEAN = "mean"
OBJECTIVE = "objective"
"""Its column among the predictions."""


@dataclass(frozen=True)
class Objective:
    """Shares of the metrics, float64[t], which sum to 1."""

    said: str
    shares: Floats

    def of(self, losses: Floats) -> Floats:
        """float64[n]: of losses float64[n, t]."""
        values: Floats = losses @ self.shares
        return values

    @property
    def parts(self) -> list[int]:
        """The numbers of the metrics that count."""
        return [int(one) for one in np.flatnonzero(self.shares)]


def objective_of(said: str, metrics: Sequence[str]) -> Objective:
    """Read 'mean', a metric, or 'metric=weight,metric=weight'; a part of a name will do that only one has.

    Raises:
        MixtureError: there is no such metric, or a weight is no positive number.
    """
    if OBJECTIVE in metrics:
        raise MixtureError(f"A metric is called '{OBJECTIVE}', which is the name of what is fitted to all of them.")
    if said == MEAN and MEAN in metrics:
        raise MixtureError(
            f"'{MEAN}' is a metric here, and also the mean of all {len(metrics)}. "
            f"`--objective {MEAN}=1` is the metric; for the other, leave that column out."
        )
    if said == MEAN:
        return Objective(said, np.full(len(metrics), 1 / len(metrics)))
    shares = np.zeros(len(metrics))
    for part in [said] if said in metrics else said.split(","):
        name, _, weight = part.rpartition("=") if "=" in part else (part, "", "1")
        shares[metrics.index(_metric(name.strip(), metrics))] += _weight(part, weight)
    return Objective(said, shares / shares.sum())


def _metric(name: str, metrics: Sequence[str]) -> str:
    if name in metrics:
        return name
    found = [metric for metric in metrics if name and name in metric]
    if len(found) == 1:
        return found[0]
    if found:
        raise MixtureError(f"objective '{name}' is a part of {len(found)} metrics: {listed(found)}.")
    raise MixtureError(
        f"objective '{name}': there is no such metric.{nearest(name, metrics)} Metrics: {MEAN}, {', '.join(metrics)}."
    )


def _weight(part: str, weight: str) -> float:
    try:
        value = float(weight)
    except ValueError:
        value = -1
    if not 0 < value < float("inf"):
        raise MixtureError(f"objective '{part}': the weight must be a number above 0. Write metric=0.5,other=0.5.")
    return value
