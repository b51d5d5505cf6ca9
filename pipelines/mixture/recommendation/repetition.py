"""What repeated tokens are worth: the data-constrained scaling law (Muennighoff et al. 2023, arXiv:2305.16264)."""

from dataclasses import dataclass

import numpy as np

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats


@dataclass(frozen=True)
class Law:
    """Constants of the law; those given are the paper's fit, as its repository has them (section 6, appendix A)."""

    a: float = 6.255414
    b: float = 7.3049974
    e: float = 0.6254804
    alpha: float = 0.3526596
    beta: float = 0.3526596
    data_decay: float = 15.387756
    """R_D*: repetitions after which 63 % of what repetition can give is had."""
    parameters_decay: float = 5.309743
    """R_N*: the same for parameters beyond what the unique data can fill."""

    def fitting_parameters(self, unique: Floats) -> Floats:
        """Parameters that so many unique tokens fill: the best number for one epoch of them."""
        large_a, large_b = np.exp(self.a), np.exp(self.b)
        g = (self.alpha * large_a / (self.beta * large_b)) ** (1 / (self.alpha + self.beta))
        filled: Floats = g * (g * unique) ** (self.beta / self.alpha)
        return filled

    def loss(self, parameters: Floats | float, tokens: Floats | float, unique: Floats | float) -> Floats:
        """Validation loss in nats a token.

        Args:
            parameters: of the model.
            tokens: seen in training.
            unique: how many of them are different, at most; fewer tokens than that are all unique.
        """
        tokens = np.asarray(tokens, np.float64)
        unique = np.minimum(np.asarray(unique, np.float64), tokens)
        return self.loss_of(parameters, unique, worth(unique, tokens, self.data_decay))

    def loss_of(self, parameters: Floats | float, unique: Floats, data: Floats) -> Floats:
        """Validation loss in nats a token.

        Args:
            parameters: of the model.
            unique: different tokens that were seen.
            data: what all that were seen are worth in different ones, as of `worth`.
        """
        parameters = np.asarray(parameters, np.float64)
        filled = np.minimum(self.fitting_parameters(unique), parameters)
        size = worth(filled, parameters, self.parameters_decay)
        loss: Floats = np.exp(self.e) + np.exp(self.a) / size**self.alpha + np.exp(self.b) / data**self.beta
        return loss


PUBLISHED = Law()


def worth(unique: Floats, total: Floats, decay: float) -> Floats:
    """What `total` of which `unique` are different are worth in unique ones: the law's equation 5."""
    repeats = np.maximum(total / unique - 1, 0)
    value: Floats = unique * (1 - decay * np.expm1(-repeats / decay))
    return value


def effective_tokens(unique: Floats, tokens: Floats, decay: float = PUBLISHED.data_decay) -> Floats:
    """Unique tokens that would teach as much as `tokens` drawn from `unique` ones, domain by domain.

    Never more than `tokens`, and never more than unique * (1 + decay): 16.4 times what there is.
    """
    unique, tokens = np.asarray(unique, np.float64), np.asarray(tokens, np.float64)
    there = np.minimum(unique, tokens)
    some = there > 0
    return np.where(some, worth(np.where(some, there, 1), np.where(some, tokens, 1), decay), 0.0)
