"""Loss over tokens and epochs of a mixture, by the data-constrained law (Muennighoff et al. 2023, arXiv:2305.16264).

The paper has one domain. Here each domain is repeated as often as the mixture has it, and what its tokens are worth is
summed up: with one domain, or with equal epochs of all, it is the paper's loss.
"""

from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.mixture.recommendation.budget import Budget
from crawlsieve.pipelines.mixture.recommendation.repetition import PUBLISHED, Law, effective_tokens
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats

POINTS, SPAN = 129, 16.0
"""Points of a curve, the one in the middle being the budget; from a 16th of it to 16 times as much."""


@dataclass(frozen=True)
class LossCurve:
    """Losses in nats a token, over the tokens that are trained on, float64[n] each.

    Attributes:
        parameters: of the model.
        tokens: trained on.
        epochs: of the domain that is seen most often.
        most_seen: the number of that domain.
        loss: each domain repeated as often as its weight says.
        new: as if no token came twice.
    """

    parameters: float
    tokens: Floats
    epochs: Floats
    most_seen: int
    loss: Floats
    new: Floats

    @property
    def at_budget(self) -> tuple[float, float]:
        """The losses for the tokens of the budget: repeated, and as if all were new."""
        return float(self.loss[POINTS // 2]), float(self.new[POINTS // 2])


def loss_curve(budget: Budget, weights: Floats, law: Law = PUBLISHED) -> LossCurve:
    """The curve of a mixture, float64[d], around its budget.

    Without a number of parameters in the budget, it is the one that the law has for as many new tokens.
    """
    tokens = budget.tokens * np.geomspace(1 / SPAN, SPAN, POINTS)
    tokens[POINTS // 2] = budget.tokens
    parameters = budget.parameters or float(law.fitting_parameters(np.array(budget.tokens)))
    epochs = budget.epochs(weights)
    most = int(np.argmax(epochs))
    return LossCurve(
        parameters,
        tokens,
        epochs[most] * tokens / budget.tokens,
        most,
        mixture_loss(law, parameters, tokens, weights, budget.unique),
        law.loss(parameters, tokens, tokens),
    )


def mixture_loss(law: Law, parameters: float, tokens: Floats, weights: Floats, unique: Floats) -> Floats:
    """float64[n]: loss after float64[n] tokens of a mixture.

    Args:
        law: its constants.
        parameters: of the model.
        tokens: float64[n], above 0.
        weights: float64[d], with a sum of 1; 0 where `unique` is 0.
        unique: float64[d], tokens that there are of each domain.
    """
    seen = tokens[:, None] * weights
    different = np.minimum(seen, unique).sum(axis=1)
    return law.loss_of(parameters, different, effective_tokens(unique, seen, law.data_decay).sum(axis=1))
