"""How well the data-constrained law tells the losses of training runs, and its constants fitted to them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from crawlsieve.pipelines.mixture.recommendation.repetition import PUBLISHED, Law
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats

LEVEL = ("e",)
DATA = ("data_decay", "parameters_decay")
"""The constants of repetition alone; LEVEL is the loss that no model goes below."""
ALL = ("a", "b", "e", "alpha", "beta", *DATA)
ROBUST = 0.03
"""Errors of the logarithm beyond this count linearly: some runs diverged. (The paper: Huber, also of the logarithm.)"""


@dataclass(frozen=True)
class Trained:
    """Training runs: float64[n] each."""

    parameters: Floats
    tokens: Floats
    unique: Floats
    loss: Floats

    def only(self, rows: np.ndarray) -> "Trained":
        """Some of them."""
        return Trained(self.parameters[rows], self.tokens[rows], self.unique[rows], self.loss[rows])


@dataclass(frozen=True)
class Agreement:
    """Share of the losses' variance that the law tells, root mean square of its errors, and their mean."""

    r_squared: float
    rmse: float
    bias: float


def agreement(law: Law, trained: Trained) -> Agreement:
    """Compare; a positive bias is a loss higher than the law says."""
    errors = trained.loss - law.loss(trained.parameters, trained.tokens, trained.unique)
    r_squared = 1 - float(np.mean(errors**2)) / float(np.var(trained.loss))
    return Agreement(r_squared, float(np.sqrt(np.mean(errors**2))), float(errors.mean()))


def before_overfitting(trained: Trained) -> np.ndarray:
    """bool[n]: runs up to the lowest loss of their model size and unique tokens.

    Beyond it more epochs harm, which the law, whose loss never rises with the tokens, cannot say.
    """
    sound = np.ones(len(trained.loss), bool)
    for group in {*zip(trained.parameters.tolist(), trained.unique.tolist(), strict=True)}:
        rows = np.flatnonzero((trained.parameters == group[0]) & (trained.unique == group[1]))
        best = rows[np.argmin(trained.loss[rows])]
        sound[rows] = trained.tokens[rows] <= trained.tokens[best]
    return sound


def refit(trained: Trained, constants: Sequence[str], start: Law = PUBLISHED) -> Law:
    """The law with these constants fitted to the logarithms of the losses, the others kept.

    Constants are varied by factors, so none changes its sign.
    """
    begun = asdict(start)
    wanted = np.log(trained.loss)

    def law(logs: Floats) -> Law:
        return replace(
            start, **{name: begun[name] * float(np.exp(one)) for name, one in zip(constants, logs, strict=True)}
        )

    def errors(logs: Floats) -> Floats:
        return np.log(law(logs).loss(trained.parameters, trained.tokens, trained.unique)) - wanted

    bound = np.log([100.0 if name in DATA else 3.0 for name in constants])
    found = least_squares(
        errors, np.zeros(len(constants)), bounds=(-bound, bound), loss="huber", f_scale=ROBUST, x_scale="jac"
    )
    return law(found.x)
