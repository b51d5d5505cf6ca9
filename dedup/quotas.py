"""How much of each domain a mixture takes: quotas, whole epochs, and the document at which the last epoch is cut."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True)
class Portion:
    """What a mixture takes of one domain.

    Attributes:
        quota: size that the weight asks for.
        whole: how often every document is taken.
        rest: size that is then taken of one more epoch: 0 or more, less than the domain.
    """

    quota: int
    whole: int
    rest: int


def quota_of(weight: float, total: int) -> int:
    """`weight` of `total`, rounded to the nearest whole number, a half to the even one. No float in between."""
    return round(Fraction(weight) * total)


def portion(quota: int, unique: int) -> Portion:
    """Whole epochs first, then the rest.

    Raises:
        ValueError: something is wanted of a domain that has nothing.
    """
    if quota == 0:
        return Portion(0, 0, 0)
    if unique <= 0:
        raise ValueError(f"{quota} wanted of a domain of size {unique}")
    return Portion(quota, quota // unique, quota % unique)


def cut_bin(sizes: np.ndarray, rest: int) -> int:
    """The first bin in which int64[bins] `sizes`, summed from the first, reach `rest`.

    Raises:
        ValueError: they do not.
    """
    found = int(np.searchsorted(np.cumsum(sizes), rest))
    if found == len(sizes):
        raise ValueError(f"{rest} wanted of {int(sizes.sum())}")
    return found


class Cut:
    """Walks over documents in order and finds how many of them come nearest to a size.

    The document that first reaches the size is the last one that is looked at. It is taken if that brings the sum
    nearer to the size than leaving it out does; at a tie it is left out. All before it are taken.
    """

    def __init__(self, rest: int) -> None:
        self.reached = False
        self.taken = 0
        self.size = 0
        self._rest = rest

    def walk(self, sizes: np.ndarray) -> int:
        """How many of the next documents, with int64[n] `sizes`, are taken; none after the size was reached."""
        if self.reached or len(sizes) == 0:
            return 0
        sums = self.size + np.cumsum(sizes)
        at = int(np.searchsorted(sums, self._rest))
        count = at
        if at < len(sums):
            self.reached = True
            before = int(sums[at - 1]) if at else self.size
            count += int(sums[at]) - self._rest < self._rest - before
        if count:
            self.size = int(sums[count - 1])
        self.taken += count
        return count
