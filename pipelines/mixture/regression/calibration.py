"""How much a regressor is too sure of itself, from runs that it has not seen."""

import math

import numpy as np

from crawlsieve.dedup.intervals import CONFIDENCE
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats

NORMAL = 1.959963984540054
"""Standard deviations within which CONFIDENCE of a normal distribution lies."""


def extra_spread(errors: Floats, spreads: Floats) -> float:
    """The standard deviation to add, so that CONFIDENCE of the held-out runs are within NORMAL of what was predicted.

    It is the conformal quantile (Lei et al. 2018, J. Am. Stat. Assoc. 113: 1094), over folds, of the variance that each
    error asks for beyond its own: of n runs, the one of rank ceil(0.95 (n + 1)); the largest, of fewer than 19 runs.
    Added, not multiplied: fits of few runs are at times sure of nonsense, and a factor that mends those is many times
    too much for all others (docs/benchmarks_mixture.md).

    Args:
        errors: float64[repeats, n], predicted minus observed, each by a fit without that run.
        spreads: float64[repeats, n], as those fits have them.

    Returns:
        0 for one that is sure as it should be, or less.
    """
    lacking = (errors / NORMAL) ** 2 - spreads**2
    runs = errors.shape[1]
    level = min(1.0, math.ceil(CONFIDENCE * (runs + 1)) / runs)
    return math.sqrt(max(0.0, float(np.quantile(lacking, level, method="inverted_cdf"))))
