"""How sure a share is that was counted in a sample."""

import math
from statistics import NormalDist

CONFIDENCE = 0.95
"""Of all intervals, two-sided, unless another is asked for."""


def wilson(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Lowest and highest share that is in keep with a count: the score interval of Wilson (1927, JASA 22:209).

    Unlike the textbook's p +- z * sqrt(p * (1 - p) / n) it stays within 0 and 1 and does not vanish at 0 or n of n.
    It is of independent trials from a population much larger than they: of a sample that is all there is, the share is
    exact, and the interval too wide.

    Args:
        successes: 0 to `trials`.
        trials: 0 or more; of none, nothing is known, and the interval is (0, 1).
        confidence: more than 0, less than 1.

    Raises:
        ValueError: an argument is out of its bounds.
    """
    if not 0 <= successes <= trials or not 0 < confidence < 1:
        raise ValueError(f"{successes} of {trials} at confidence {confidence}: there is no such share")
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = successes / trials, z * z / trials
    centre = share + weight / 2
    half = z * math.sqrt(share * (1 - share) / trials + weight / (4 * trials))
    low, high = (centre - half) / (1 + weight), (centre + half) / (1 + weight)
    return (0.0 if successes == 0 else low), (1.0 if successes == trials else high)
