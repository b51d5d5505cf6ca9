"""A surrogate whose spread is what held-out runs say of it.

A regressor's own takes its hyperparameters, or its law, for known, and so is too narrow.
"""

from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats, Surrogate


@dataclass(frozen=True)
class Calibrated:
    """The same expectation and draws; `extra` as of `calibration.extra_spread`."""

    model: Surrogate
    extra: float

    def predict(self, weights: Floats) -> Floats:
        """float64[m]."""
        return self.model.predict(weights)

    def spread(self, weights: Floats) -> Floats | None:
        """float64[m]: so that 95 % of new runs are within 1.96 of it; None if the model has none."""
        spread = self.model.spread(weights)
        return None if spread is None else np.hypot(spread, self.extra)

    def draws(self, weights: Floats, count: int, seed: int) -> Floats | None:
        """float64[count, m]: as the model's; what is added is of single runs, and says nothing of where the best is."""
        return self.model.draws(weights, count, seed)
