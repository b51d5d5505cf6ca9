"""One proxy run: a transformer trained on one mixture, and its validation losses by domain. Imports PyTorch."""

import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch

from crawlsieve.pipelines.mixture.proxy.model import Transformer
from crawlsieve.pipelines.mixture.proxy.outcome import Look, Outcome
from crawlsieve.pipelines.mixture.proxy.sampling import Windows, sample
from crawlsieve.pipelines.mixture.proxy.settings import BETAS, CLIP, DECAY, LAST_RATE, WARM_UP, Settings
from crawlsieve.pipelines.mixture.proxy.tokens import Tokens
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats


@dataclass(frozen=True)
class Trainer:
    """A model, its optimiser, and where they are."""

    settings: Settings
    model: Transformer
    optimizer: torch.optim.AdamW
    device: torch.device

    def step(self, number: int, windows: Windows) -> float:
        """One step of the optimiser; the loss before it, in nats a token."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * rate_share(number, self.settings.steps)
        with self._precision():
            loss = self.model.loss(self._there(windows))
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        return float(loss.item())

    def look(self, windows: Sequence[Windows]) -> list[float]:
        """Validation loss of each domain, in nats a token."""
        with torch.no_grad(), self._precision():
            return [self._mean(one) for one in windows]

    def _mean(self, windows: Windows) -> float:
        batch = self.settings.batch
        parts = [windows[begin : begin + batch] for begin in range(0, len(windows), batch)]
        return sum(float(self.model.loss(self._there(part)).item()) * len(part) for part in parts) / len(windows)

    def _there(self, windows: Windows) -> torch.Tensor:
        return torch.from_numpy(windows).to(self.device)

    def _precision(self) -> torch.autocast | nullcontext[None]:
        return torch.autocast("cuda", torch.bfloat16) if self.device.type == "cuda" else nullcontext()


def train(settings: Settings, tokens: Tokens, domains: Sequence[str], weights: Floats) -> Outcome:
    """Train one model.

    Args:
        settings: how.
        tokens: of all domains. There are losses for each of them.
        domains: those of the design.
        weights: float64[d], which sum to 1.

    Returns:
        What came of it; without losses, if they were not finite any more. On CPUs equal arguments give equal losses,
        with the same PyTorch on the same kind of machine.
    """
    length = settings.size.context + 1
    trainer = _trainer(settings, tokens.vocabulary)
    mixture = sample(tokens, domains, weights, (settings.batch, length), settings.seed)
    valid = [tokens.windows(name, settings.windows, length) for name in tokens.domains]
    looks_at = {math.ceil(settings.steps * (one + 1) / settings.looks) for one in range(settings.looks)}
    looks: list[Look] = []
    begin, looking = time.perf_counter(), 0.0
    for number, windows in enumerate(mixture.batches(settings.steps), 1):
        loss = trainer.step(number, windows)
        found = np.array([loss])
        if number in looks_at:
            since = time.perf_counter()
            found = np.array(trainer.look(valid)) / [tokens.bytes_a_token(name) for name in tokens.domains]
            looking += time.perf_counter() - since
        if not (math.isfinite(loss) and np.isfinite(found).all()):
            return Outcome([], looks, mixture.epochs, time.perf_counter() - begin, looking, number)
        if number in looks_at:
            looks.append(Look(number, loss, found.tolist()))
    return Outcome(looks[-1].losses, looks, mixture.epochs, time.perf_counter() - begin, looking, settings.steps)


def rate_share(step: int, steps: int) -> float:
    """Share of the highest learning rate at a step, from 1: a line up, then half a cosine down to LAST_RATE."""
    warm = max(1, round(WARM_UP * steps))
    if step <= warm:
        return step / warm
    way = (step - warm) / max(1, steps - warm)
    return LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * way)) / 2


def device_of(settings: Settings) -> torch.device:
    """Where it is trained: a GPU, if there is one and nobody asks for something else."""
    there = torch.cuda.is_available()
    return torch.device("cuda" if settings.device == "cuda" or (settings.device == "auto" and there) else "cpu")


def _trainer(settings: Settings, vocabulary: int) -> Trainer:
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    device = device_of(settings)
    model = Transformer(settings.size, vocabulary).to(device)
    if device.type == "cuda":
        model.compile(dynamic=False)
    grouped = [
        {"params": [one for one in model.parameters() if one.ndim >= 2], "weight_decay": DECAY},
        {"params": [one for one in model.parameters() if one.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(grouped, lr=settings.rate, betas=BETAS, fused=True)
    return Trainer(settings, model, optimizer, device)
