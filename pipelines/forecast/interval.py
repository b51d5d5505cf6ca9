"""Intervals of totals that a sample estimates, also of those of which it has seen little or nothing."""

import math
from statistics import NormalDist

LEVEL = 0.95
"""Of every interval: two-sided."""

_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


def interval(total: float, variance: float, unit: float, freedom: int) -> tuple[float, float]:
    """Bounds of a total of things that are counted or weighed, 0 or more.

    The gamma interval of Fay and Feuer (1997, Statistics in Medicine 16, 791): that of a Poisson variable where few
    things were seen, the normal one where many were, and with none an upper bound of 3.7 units (the rule of three,
    two-sided). Few degrees of freedom widen it as Student's t does (as Korn and Graubard 1998 widen Clopper and
    Pearson's).

    Args:
        total: the estimate.
        variance: of the estimate; 0 where nothing was left to chance.
        unit: what one thing more in the sample would add to the estimate; 0 where all was seen.
        freedom: degrees of freedom of the variance, 1 or more.
    """
    widened = (student(freedom) / _Z) ** 2
    spread = variance * widened
    low = _scaled(total, spread, -_Z) if total > 0 else 0.0
    return low, _scaled(total + unit, spread + unit * unit * widened, _Z)


def student(freedom: int) -> float:
    """The quantile of Student's t for a two-sided interval.

    Exact for 1 and 2; Cornish and Fisher's expansion to the fourth order beyond (within 0.002 of the table).
    """
    if freedom == 1:
        return math.tan(math.pi * LEVEL / 2)
    if freedom == 2:
        return math.sqrt(2) * LEVEL / math.sqrt(1 - LEVEL * LEVEL)
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / float(freedom) ** order for order, term in enumerate(terms, 1))


def _scaled(mean: float, variance: float, z: float) -> float:
    """The quantile of a gamma variable of this mean and variance (Wilson and Hilferty 1931).

    Within 1 % of upper quantiles; lower ones of few things come out lower than they are, and no upper one lower.
    """
    if variance == 0:
        return mean
    if z > 0 and variance > mean * mean:
        mean = math.sqrt(variance)  # an exponential variable, which has less weight near 0
    ninth = variance / (mean * mean) / 9
    return mean * max(0.0, 1 - ninth + z * math.sqrt(ninth)) ** 3
