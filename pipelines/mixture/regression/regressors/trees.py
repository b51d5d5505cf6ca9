"""RegMix's regressor: gradient-boosted trees (arXiv:2407.01492, section 3; LightGBM)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats, Plain

TREES = 1000
"""RegMix's number, all of them: its notebook stops early on the test set, which a test set is not for."""
OPTIONS = {"objective": "regression", "learning_rate": 1e-2, "seed": 42, "verbosity": -1}
"""RegMix's; the squared error is what is minimised, its other metric only printed."""
REPEATABLE = {"num_threads": 1, "deterministic": True, "force_row_wise": True}
"""One thread is also the fastest for some hundred runs."""


@dataclass(frozen=True)
class TreesFit:
    """LightGBM's own text of the model."""

    text: str

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401 - lightgbm has no types
        return lightgbm.Booster(model_str=self.text)

    def predict(self, weights: Floats) -> Floats:
        """float64[m]: never outside of the losses that were seen."""
        return np.asarray(self._model.predict(weights, num_threads=1), np.float64)

    def spread(self, weights: Floats) -> None:
        """None: trees do not know how sure they are."""

    def draws(self, weights: Floats, count: int, seed: int) -> None:
        """None."""

    def refit(self, weights: Floats, loss: Floats) -> "TreesFit":
        """There is nothing to keep."""
        return Trees().fit(weights, loss)

    def plain(self) -> Plain:
        """The text."""
        return Plain(text=self.text)


@dataclass(frozen=True)
class Trees:
    """1,000 trees at a rate of 0.01, and no early stopping."""

    name: str = "lightgbm"
    smooth: bool = False
    extrapolates: bool = False

    def runs_needed(self, domains: int) -> int:  # noqa: ARG002 - trees split one domain at a time
        """A split of the fewest runs that a leaf may have."""
        return 8

    def fit(self, weights: Floats, loss: Floats) -> TreesFit:
        """By LightGBM."""
        options = OPTIONS | REPEATABLE | {"min_data_in_leaf": leaf_runs(len(loss))}
        model = lightgbm.train(options, lightgbm.Dataset(weights, loss), TREES)
        return TreesFit(model.model_to_string())

    def of_plain(self, plain: Plain) -> TreesFit:
        """What was fitted before."""
        return TreesFit(plain.text)


def leaf_runs(runs: int) -> int:
    """Fewest runs of a leaf: LightGBM's and so RegMix's 20 from 320 runs on, in proportion below, but 4.

    With 20 of 32 runs, no split is possible, and all predictions are the mean.
    """
    return min(20, max(4, runs // 16))
