"""The cheap proxy: an n-gram model, whose counts for a mixture are the weighted sum of the domains' counts.

Each domain is counted once, by itself; a mixture then costs a product of matrices, so that a thousand cost seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from crawlsieve.pipelines.mixture.proxy.grams import Keys, Slots, ask, count, table_for
from crawlsieve.pipelines.mixture.proxy.texts import TRAIN
from crawlsieve.pipelines.mixture.proxy.tokens import Tokens
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats

ORDERS = 6
"""n of the longest n-gram."""
STRENGTH = 4.0
"""Tokens that the next shorter context is worth, see `losses`. """
BLOCK = 1 << 22
"""Numbers that a product of matrices makes at a time."""

_CONTEXT, _GRAM = 0, 1


@dataclass(frozen=True)
class Counted:
    """How often each domain has the n-grams of the validation windows.

    Attributes:
        sizes: float64[d]: tokens of each domain of the design.
        counts: for each domain that is evaluated, float32[m, orders, 2, d]: for each of its tokens and each length of
            context, how often domains have the context, and the context with this token after it.
        vocabulary: how many tokens there are.
        bytes_a_token: float64[v], of each domain that is evaluated.
    """

    sizes: Floats
    counts: tuple[npt.NDArray[np.float32], ...]
    vocabulary: int
    bytes_a_token: Floats


@dataclass(frozen=True)
class Asked:
    """The n-grams of the validation windows of all domains, one domain after the other.

    Attributes:
        table: of their keys.
        slots: int64[m, orders, 2]: for each token of the windows with a whole context, and each length of context,
            where context and n-gram stand in the table.
        orders: n of the longest n-gram.
    """

    table: Keys
    slots: Slots
    orders: int


def asked_of(tokens: Tokens, count: int, length: int, orders: int = ORDERS) -> Asked:
    """What has to be counted.

    Args:
        tokens: of all domains.
        count: validation windows of a domain, at most.
        length: tokens of a window; the first `orders` - 1 are context only.
        orders: n of the longest n-gram.
    """
    windows = np.concatenate([tokens.windows(name, count, length) for name in tokens.domains])
    slots = np.empty((len(windows), length - orders + 1, orders, 2), np.int64)
    table = table_for(2 * orders * len(windows) * (length - orders + 1))
    for window, place in zip(windows, slots, strict=True):
        ask(window, orders, table, place)
    return Asked(table, slots.reshape(-1, orders, 2), orders)


def count_domain(tokens: Tokens, domain: str, asked: Asked) -> npt.NDArray[np.float32]:
    """float32[m, orders, 2]: how often a domain has what is asked for. Its training texts are read once."""
    found = np.zeros(len(asked.table), np.int64)
    count(tokens.of(domain, TRAIN), asked.orders, asked.table, found)
    return found[asked.slots].astype(np.float32)


def gathered(
    tokens: Tokens, domains: Sequence[str], count: int, length: int, counts: Sequence[npt.NDArray[np.float32]]
) -> Counted:
    """The counts of all domains of a design.

    Args:
        tokens: of all domains.
        domains: those of the design.
        count: validation windows of a domain, at most, as of `asked_of`.
        length: tokens of a window.
        counts: of each domain of the design, as `count_domain` makes them.
    """
    orders = counts[0].shape[1]
    held = [len(tokens.windows(name, count, length)) * (length - orders + 1) for name in tokens.domains]
    bounds = np.cumsum([0, *held])
    parts = tuple(np.stack([one[low:high] for one in counts], axis=-1) for low, high in pairwise(bounds))
    sizes = np.array([len(tokens.of(name, TRAIN)) for name in domains], np.float64)
    worth = np.array([tokens.bytes_a_token(name) for name in tokens.domains])
    return Counted(sizes, parts, tokens.vocabulary, worth)


def losses(counted: Counted, weights: Floats, trained: int, strength: float = STRENGTH) -> Floats:
    """float64[n, v]: validation loss of each mixture, in nats a byte, for each domain that is evaluated.

    A mixture of `trained` tokens has, as expected counts, sum over domains of weight * trained / size * count; a
    domain that is read twice counts twice. The probability of a token after k tokens is
    (count of both + strength * probability after k - 1 tokens) / (count of the context + strength), down to 1 /
    vocabulary: a hierarchy of Dirichlet priors (MacKay and Peto 1995).

    Args:
        counted: of the domains.
        weights: float64[n, d], rows sum to 1.
        trained: tokens of a run.
        strength: weight of the shorter context.
    """
    scales = (weights * (trained / counted.sizes)).astype(np.float32).T
    found = np.empty((len(weights), len(counted.counts)))
    for number, counts in enumerate(counted.counts):
        sums = np.zeros(len(weights))
        rows = max(1, BLOCK // len(weights))
        for begin in range(0, len(counts), rows):
            sums += _nats(counts[begin : begin + rows], scales, counted.vocabulary, np.float32(strength))
        found[:, number] = sums / len(counts) / counted.bytes_a_token[number]
    return found


def _nats(
    counts: npt.NDArray[np.float32], scales: npt.NDArray[np.float32], vocabulary: int, strength: np.float32
) -> Floats:
    """float64[n]: summed over the tokens of a block."""
    chance = np.full((len(counts), scales.shape[1]), 1 / vocabulary, np.float32)
    for k in range(counts.shape[1]):
        chance *= strength
        chance += counts[:, k, _GRAM] @ scales
        chance /= counts[:, k, _CONTEXT] @ scales + strength
    nats: Floats = -np.log(chance).sum(axis=0, dtype=np.float64)
    return nats
