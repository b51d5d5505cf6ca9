"""Weights as whole numbers of a resolution: they sum to exactly 1 in decimal, and stay within bounds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.pipelines.mixture.regression.tables import MixtureError

Units = npt.NDArray[np.int64]

RESOLUTION = 5_000
"""Weights are multiples of 1/5000 = 2e-4, as RegMix's are (`mixture_config/synthesize_mixture.py`, MINIMUM)."""
MOST_RESOLUTION = 10**9
_SLACK = 1e-9
"""Of a bound times the resolution, so that 0.1 * 5000 is 500 and not 499."""


@dataclass(frozen=True)
class Bounds:
    """What each of d domains may be.

    Attributes:
        resolution: units of a whole.
        limit: float64[d], the most.
        low: int64[d], the fewest units.
        high: int64[d], the most units: those within `limit`.
    """

    resolution: int
    limit: Floats
    low: Units
    high: Units

    @property
    def free(self) -> int:
        """Units that are not given away by `low`."""
        return self.resolution - int(self.low.sum())

    def exact(self, weights: Floats) -> Units:
        """int64[m, d]: what is below one unit is 0, the rest is scaled to 1 and rounded within the bounds.

        Args:
            weights: float64[m, d], `low` or more, rows with a sum of 1.
        """
        kept = np.where((weights * self.resolution >= 1 - _SLACK) | (self.low > 0), weights, 0.0)
        kept /= np.maximum(kept.sum(axis=1, keepdims=True), 1e-300)
        over = np.clip(kept - self.low / self.resolution, 0, None) * (self.resolution / max(1, self.free))
        return self.low + rounded(over, self.free, self.high - self.low)


def bounded(limit: Floats, least: float, some: npt.NDArray[np.bool_], resolution: int) -> Bounds:
    """Bounds of domains, of which those that are not in `some` are 0.

    Raises:
        MixtureError: no mixture is within them, with the numbers; or the resolution is none.
    """
    check_resolution(resolution)
    limit = np.where(some, np.minimum(limit, 1.0), 0.0)
    high = np.floor(limit * resolution + _SLACK).astype(np.int64)
    low = np.where(some, int(np.ceil(least * resolution - _SLACK)), 0).astype(np.int64)
    if high.sum() < resolution:
        raise MixtureError(
            f"No mixture is within the bounds: the most that {len(limit)} domains may be sums to {limit.sum():.6g} "
            f"({high.sum() / resolution:.6g} in steps of {1 / resolution:g}), less than 1."
        )
    short = np.flatnonzero(low > high)
    if len(short) or low.sum() > resolution:
        besides = f", and {len(short)} of them may be {limit[short].min():.4g} at most" if len(short) else ""
        raise MixtureError(
            f"No mixture is within the bounds: {np.count_nonzero(low)} domains of at least {least:g} each make "
            f"{low.sum() / resolution:.6g}{besides}."
        )
    return Bounds(resolution, limit, low, high)


def check_resolution(resolution: int) -> None:
    """Nothing, if 1 / resolution is a decimal that ends.

    Raises:
        MixtureError: it is none, so that weights could not be written exactly; or it is out of range.
    """
    rest = resolution
    for prime in (2, 5):
        while rest and rest % prime == 0:
            rest //= prime
    if rest != 1 or not 10 <= resolution <= MOST_RESOLUTION:
        raise MixtureError(
            f"A resolution of {resolution} gives weights that no decimal says exactly. "
            f"Take 10 to {MOST_RESOLUTION:,}, made of 2s and 5s only: 1000, 5000, 10000."
        )


def rounded(weights: Floats, total: int, caps: Units) -> Units:
    """Shares of `total` units by largest remainders (Hamilton 1792), none above its cap.

    Every weight gets its whole units; what is left goes, one unit at a time, to the largest remainder that has room, of
    equal ones to the first.

    Args:
        weights: float64[m, d], 0 or more, rows with a sum of 1.
        total: units that each row gets in all.
        caps: int64[d], which sum to `total` or more.

    Returns:
        int64[m, d]: rows that sum to `total`.

    Raises:
        MixtureError: the caps leave no room.
    """
    if caps.sum() < total:
        raise MixtureError(f"Bounds of {caps.sum():,} units in all leave no room for {total:,}.")
    wanted = weights * total
    units = np.minimum(np.floor(wanted + _SLACK).astype(np.int64), caps)
    for step in (1, -1):  # floors never sum to much above the total, but a sum above 1 by rounding makes them
        off = (total - units.sum(axis=1)) * step
        while (off > 0).any():
            may = units < caps if step > 0 else units > 0
            gain = np.where(may, np.round(wanted - units, 9) * step, -np.inf)
            rows = np.flatnonzero(off > 0)
            units[rows, gain[rows].argmax(axis=1)] += step
            off[rows] -= 1
    return units


def decimal(units: Units, resolution: int) -> Floats:
    """The floats nearest to units / resolution, whose shortest decimal is that very number."""
    weights: Floats = units / resolution
    return weights
