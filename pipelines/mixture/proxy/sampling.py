"""What a run is trained on: sequences whose domains are drawn by the weights, each domain read in shuffled epochs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crawlsieve.pipelines.mixture.proxy.texts import TRAIN
from crawlsieve.pipelines.mixture.proxy.tokens import Tokens
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats

Windows = npt.NDArray[np.int64]
_DRAWS, _ORDER = 0, 1
"""What a generator is for: its seed says it, after the user's."""


@dataclass
class Stream:
    """Windows of one domain, without overlap, in a new order each epoch, which begins at another byte."""

    tokens: npt.NDArray[np.unsignedinteger]
    length: int
    seed: tuple[int, ...]
    taken: int = 0

    @property
    def windows(self) -> int:
        """Of an epoch. One token is left for where an epoch begins, if there is one."""
        return max(1, (len(self.tokens) - 1) // self.length)

    @property
    def epochs(self) -> float:
        """How often the domain has been read."""
        return self.taken / self.windows

    def next(self) -> npt.NDArray[np.unsignedinteger]:
        """The next window."""
        epoch, place = divmod(self.taken, self.windows)
        if place == 0:
            chance = np.random.default_rng((*self.seed, epoch))
            room = len(self.tokens) - self.windows * self.length
            self._starts = chance.integers(room + 1) + self.length * chance.permutation(self.windows)
        self.taken += 1
        start = self._starts[place]
        return self.tokens[start : start + self.length]


@dataclass(frozen=True)
class Sample:
    """Batches of a mixture. Equal seeds give equal draws, so that runs differ by their mixtures only.

    The draws of a batch are stratified: one in each of `batch` equal parts of [0, 1), which gives each domain its
    share of the batch, rounded up or down. The k-th window of a domain is the same in every mixture.
    """

    streams: tuple[Stream, ...]
    weights: Floats
    batch: int
    seed: int

    def batches(self, steps: int) -> Iterator[Windows]:
        """int64[batch, length], `steps` times."""
        chance = np.random.default_rng((self.seed, _DRAWS))
        edges = np.cumsum(self.weights)
        last = int(np.flatnonzero(self.weights)[-1])
        for _ in range(steps):
            draws = (np.arange(self.batch) + chance.random(self.batch)) / self.batch
            domains = np.minimum(np.searchsorted(edges, draws * edges[-1], side="right"), last)
            yield np.stack([self.streams[domain].next() for domain in domains]).astype(np.int64)

    @property
    def epochs(self) -> list[float]:
        """How often each domain has been read so far."""
        return [stream.epochs for stream in self.streams]


def sample(tokens: Tokens, domains: Sequence[str], weights: Floats, shape: tuple[int, int], seed: int) -> Sample:
    """The batches of a mixture.

    Args:
        tokens: of all domains.
        domains: those of the design.
        weights: float64[d], which sum to 1.
        shape: sequences of a batch, tokens of a sequence.
        seed: of the draws and the order of windows.
    """
    batch, length = shape
    streams = tuple(
        Stream(tokens.of(name, TRAIN), length, (seed, _ORDER, tokens.domains.index(name))) for name in domains
    )
    return Sample(streams, weights, batch, seed)
