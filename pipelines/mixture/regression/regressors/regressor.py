"""What every regressor is: runs in, a surrogate of the loss out."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plain:
    """A fit as plain data, which JSON, npz and a text file can hold."""

    numbers: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Floats] = field(default_factory=dict)
    text: str = ""


class Surrogate(Protocol):
    """Loss as a function of the weights. Weights are float64[m, d]: domains in the order of the runs, rows sum to 1."""

    def predict(self, weights: Floats) -> Floats:
        """float64[m]: expected loss."""
        ...

    def spread(self, weights: Floats) -> Floats | None:
        """float64[m]: standard deviation of the loss that a run of these weights would have; None if not known."""
        ...

    def draws(self, weights: Floats, count: int, seed: int) -> Floats | None:
        """float64[count, m]: losses, without noise, by functions drawn from the posterior; None if there is none."""
        ...


class Fitted(Surrogate, Protocol):
    """The surrogate of one metric."""

    def refit(self, weights: Floats, loss: Floats) -> "Fitted":
        """The same with other runs: hyperparameters that cost a search stay what they are."""
        ...

    def plain(self) -> Plain:
        """What the regressor's `of_plain` makes this again from, with equal predictions."""
        ...


class Regressor(Protocol):
    """A way to fit. Deterministic: equal runs give equal fits."""

    @property
    def name(self) -> str:
        """As `--regressor` has it."""
        ...

    @property
    def smooth(self) -> bool:
        """Whether the surrogate has a gradient to walk along."""
        ...

    @property
    def extrapolates(self) -> bool:
        """Whether it is as sure where no run is near: a law goes on for ever, a process goes back to the mean."""
        ...

    def runs_needed(self, domains: int) -> int:
        """With fewer runs than this a fit means nothing, and is refused."""
        ...

    def fit(self, weights: Floats, loss: Floats) -> Fitted:
        """Fit to float64[n, d] weights and float64[n] losses."""
        ...

    def of_plain(self, plain: Plain) -> Fitted:
        """What was fitted before."""
        ...
