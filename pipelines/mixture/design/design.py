"""Candidate mixtures for proxy runs: RegMix's sampling, or one that fills the space; both exact and seeded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from crawlsieve.pipelines.mixture.design.grid import RESOLUTION, Bounds, Units, bounded, decimal
from crawlsieve.pipelines.mixture.design.spread import spread, within
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, nearest

Method = Literal["regmix", "space-filling"]

REFERENCES = ("natural", "uniform")
"""Mixtures that a recommendation is compared with."""

DRAWS = 100
"""Mixtures that are drawn for each one wanted, before some are taken at random (SAMPLE_MULTIPLIER there)."""
ROUNDS = 20
"""So often are as many drawn again, while bounds leave too few."""
POOL, SMALLEST_POOL = 40, 4_000
"""Mixtures that a space-filling design chooses from, for each one wanted, and at least."""
FLAT = (0.5, 9)
"""Strengths of those: from corners (0.5 in all), to twice the number of domains, in so many steps."""


@dataclass(frozen=True)
class Sampling:
    """How mixtures are drawn. The numbers are those of RegMix, `mixture_config/synthesize_mixture.py` at 0928f16.

    Attributes:
        method: `regmix`, or `space-filling`.
        temperature: power of the prior around which is drawn; 1 leaves it, 0.5 lifts small domains.
        strengths: least and most strength of the Dirichlet, and how many, evenly on a log scale.
        most: a domain is at most so many times its natural share; infinity for no such bound.
        least: every domain is at least so much.
        resolution: weights are whole multiples of 1 / resolution; what is smaller is 0.
    """

    method: Method = "regmix"
    temperature: float = 0.5
    strengths: tuple[float, float, int] = (0.1, 5.0, 15)
    most: float = 15.0
    least: float = 0.0
    resolution: int = RESOLUTION

    def __post_init__(self) -> None:
        low, high, steps = self.strengths
        if not (0 < low <= high < np.inf and steps >= 1):
            raise MixtureError(f"strengths {low:g},{high:g},{steps}: wanted are least, most and number, all above 0.")
        for name, value, fits in (
            ("temperature", self.temperature, 0 <= self.temperature < np.inf),
            ("most", self.most, self.most > 0),
            ("least", self.least, 0 <= self.least < 1),
        ):
            if not fits:
                raise MixtureError(f"{name} {value:g}: wanted is temperature >= 0, most > 0, 0 <= least < 1.")

    def bounds(self, shares: Floats, caps: Floats | None = None) -> Bounds:
        """Of domains with these natural shares, which sum to 1; `caps` as of `sample_mixtures`.

        Raises:
            MixtureError: no mixture is within them.
        """
        limit = np.full(len(shares), 1.0) if np.isinf(self.most) else self.most * shares
        return bounded(limit if caps is None else np.minimum(limit, caps), self.least, shares > 0, self.resolution)


def sample_mixtures(
    prior: Floats, count: int, seed: int, sampling: Sampling | None = None, caps: Floats | None = None
) -> Floats:
    """Different mixtures within bounds, each of which sums to exactly 1 in decimal.

    Args:
        prior: float64[d], 0 or more: natural sizes or shares. A domain of 0 stays 0.
        count: how many.
        seed: of numpy's PCG64; the same one gives the same mixtures.
        sampling: how; RegMix's way if not given.
        caps: float64[d], further upper bounds, as `Budget.caps` of repetition.

    Returns:
        float64[count, d], multiples of 1 / resolution. They come in no order, but those of `space-filling` come in the
        order in which they fill: the first n of them are a design too.

    Raises:
        MixtureError: no mixture is within the bounds, or fewer than `count` different ones were found.
    """
    sampling = sampling or Sampling()
    if count < 1 or not np.isfinite(prior).all() or (prior < 0).any() or not prior.sum() > 0:
        raise MixtureError(f"{count} mixtures of {len(prior)} domains of {prior.sum():g} in all cannot be drawn.")
    shares = prior / prior.sum()
    bounds = sampling.bounds(shares, caps)
    rng = np.random.default_rng(seed)
    if sampling.method == "regmix":
        units = _regmix(shares, count, rng, sampling, bounds)
    else:
        some = np.where(shares > 0, 1.0, 0.0)
        least, steps = FLAT
        drawn = _drawn(some, max(SMALLEST_POOL, POOL * count), rng, (least, 2 * float(some.sum()), steps))
        units = spread(shares, count, drawn, bounds)
    return decimal(units, sampling.resolution)


def with_references(weights: Floats, prior: Floats, include: Sequence[str], bounds: Bounds) -> Floats:
    """The mixtures, some known ones in place of the last of them: a fit should have seen what it is compared with.

    Args:
        weights: float64[count, d], as `sample_mixtures` returns them.
        prior: as there.
        include: of REFERENCES.
        bounds: of a reference beyond them, the nearest mixture within is taken.

    Returns:
        float64[count, d], the references first, in the order asked.

    Raises:
        MixtureError: one is unknown, or there are more than mixtures.
    """
    for name in include:
        if name not in REFERENCES:
            raise MixtureError(
                f"--include {name}: there is no such mixture.{nearest(name, REFERENCES)} "
                f"Mixtures: {', '.join(REFERENCES)}, or none."
            )
    if len(include) > len(weights):
        raise MixtureError(
            f"{len(include)} known mixtures to include ({', '.join(include)}), and {len(weights)} in all. "
            "Ask for more runs, or `--include none`."
        )
    if not include:
        return weights
    some = {"natural": prior / prior.sum(), "uniform": (prior > 0) / np.count_nonzero(prior)}
    asked = np.stack([some[name] for name in dict.fromkeys(include)])
    every = np.vstack([decimal(within(asked, bounds), bounds.resolution), weights])
    first = np.sort(np.unique(every, axis=0, return_index=True)[1])
    found: Floats = every[first[: len(weights)]]
    return found


def _regmix(shares: Floats, count: int, rng: np.random.Generator, sampling: Sampling, bounds: Bounds) -> Units:
    """Draw, reject what breaks a bound, drop what is tiny, round, and take some at random.

    With a least weight, what is drawn is shared out above it.
    """
    floor = bounds.low / bounds.resolution
    found = np.zeros((0, len(shares)), np.int64)
    for _ in range(ROUNDS):
        drawn = _drawn(shares**sampling.temperature * (shares > 0), DRAWS * count, rng, sampling.strengths)
        weights = floor + bounds.free / bounds.resolution * drawn
        inside = (weights <= bounds.limit + 1e-12).all(axis=1)
        found = np.unique(np.vstack([found, bounds.exact(weights[inside])]), axis=0)
        if len(found) >= count:
            return found[rng.choice(len(found), count, replace=False)]
    raise MixtureError(
        f"Of {ROUNDS * DRAWS * count:,} mixtures drawn, {len(found):,} different ones are within the bounds; "
        f"{count:,} are asked. Ask for fewer, widen the bounds, or take the method space-filling, which needs no luck."
    )


def _drawn(around: Floats, draws: int, rng: np.random.Generator, strengths: tuple[float, float, int]) -> Floats:
    """float64[<= draws, d] from Dirichlets around a mixture, of strengths that are equally likely."""
    low, high, steps = strengths
    some = around > 0
    base = around[some] / around.sum()
    sizes = rng.multinomial(draws, np.full(steps, 1 / steps))
    drawn = np.zeros((draws, len(around)))
    ladder = zip(np.geomspace(low, high, steps), sizes, strict=True)
    drawn[:, some] = np.vstack([rng.dirichlet(base * strength, size) for strength, size in ladder])
    return drawn[np.isfinite(drawn).all(axis=1)]
