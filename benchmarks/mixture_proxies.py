"""Tables about proxies: whether the cheap one ranks as the transformer does, its optimum, what they cost."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from near_tables import table
from scipy.stats import spearmanr

from crawlsieve.pipelines.mixture.proxy import ngram
from crawlsieve.pipelines.mixture.proxy.command import LOSSES
from crawlsieve.pipelines.mixture.proxy.outcome import Outcome
from crawlsieve.pipelines.mixture.proxy.settings import Settings
from crawlsieve.pipelines.mixture.proxy.tokens import Tokens
from crawlsieve.pipelines.mixture.regression.tables import read_table

ROUNDS, PACE, SHIFT = 60, 4.0, 0.01
"""Of the search for the n-gram proxy's optimum: steps, their length, and the weight that a slope is measured by."""

LAYERS, WIDTH, HIDDEN, CONTEXT, WORDS = 2, 256, 512, 2048, 50_432
TRAINED = 1001 * 512 * CONTEXT
"""RegMix's tinyllama_1M and its training: `model_training/lit_gpt/config.py`, `mixture_config/config_1m`."""
PEAK = 312e12
"""Dense bf16 FLOP/s of an A100, from its data sheet."""


def agreement(work: Path) -> None:
    """Rank correlation of the two proxies over the mixtures of the design."""
    left, right = (read_table(str(work / name / LOSSES)) for name in ("transformer", "ngram"))
    here = [right.index.index(name) for name in left.index]
    pairs = [(name, left.values[:, c], right.values[here, c]) for c, name in enumerate(left.columns)]
    pairs.append(("mean", left.values.mean(axis=1), right.values[here].mean(axis=1)))
    rows = [
        [name.removeprefix("metric/"), f"{spearmanr(a, b).statistic:.3f}", f"{a.min():.3f}", f"{a.max():.3f}"]
        for name, a, b in pairs
    ]
    table(["loss", "Spearman", "transformer's least", "most"], rows)


def ngram_optimum(tokens: Tokens, settings: Settings, mixtures: dict[str, np.ndarray], many: int) -> None:
    """Losses of mixtures by the n-gram proxy, beside the lowest that there is."""
    begin = time.process_time()
    windows = [tokens.windows(name, settings.windows, settings.size.context + 1) for name in tokens.domains]
    counted = ngram.count_domains(tokens, tokens.domains, windows)
    counting, begin = time.process_time() - begin, time.process_time()
    ngram.losses(counted, np.random.default_rng(0).dirichlet(np.ones(len(tokens.domains)), many), settings.tokens)
    print(f"n-gram: {counting:.1f} s of CPU to count, {time.process_time() - begin:.1f} s for {many} mixtures\n")

    def mean(weights: np.ndarray) -> np.ndarray:
        return ngram.losses(counted, weights, settings.tokens).mean(axis=1)

    at = mixtures["uniform"]
    for number in range(ROUNDS):
        shifted = (1 - SHIFT) * at + SHIFT * np.eye(len(at))
        values = mean(np.vstack([at, shifted]))
        slope = (values[1:] - values[0]) / SHIFT
        at = at * np.exp(-PACE / (1 + number / 10) * (slope - slope.mean()))
        at = at / at.sum()
    known = {**mixtures, "its optimum": at}
    rows = [[name, f"{float(mean(one[None])[0]):.4f}"] for name, one in known.items()]
    table(["mixture", "n-gram loss"], rows)
    print("its optimum: " + ", ".join(f"{name} {one:.3f}" for name, one in zip(tokens.domains, at, strict=True)) + "\n")


def costs(settings: Settings, done: Sequence[Outcome], speed: float, seconds: float) -> None:
    """Of a run here; and of 512 runs of a million parameters on a GPU, on paper."""
    each = np.array([one.seconds for one in done])
    print(
        f"{settings.tokens:,} tokens a run: {np.median(each):.1f} s (least {each.min():.1f}), {speed:,.0f} tokens/s; "
    )
    print(f"all runs of the design: {seconds:.0f} s\n")
    blocks = LAYERS * (4 * WIDTH * WIDTH + 3 * WIDTH * HIDDEN)
    parts = {
        "blocks, 6ND": 6 * blocks * TRAINED,
        "attention, causal": 6 * CONTEXT * WIDTH * LAYERS * TRAINED,
        f"logits of {WORDS:,} tokens": 6 * WORDS * WIDTH * TRAINED,
    }
    rows = [[name, f"{value:.2e}", *hours(512 * value)] for name, value in parts.items()]
    rows.append(["sum", f"{sum(parts.values()):.2e}", *hours(512 * sum(parts.values()))])
    table(["part", "FLOP a run", "A100 hours of 512 at 5 %", "at 20 %", "at 40 %"], rows)


def hours(flop: float) -> list[str]:
    """At 5, 20 and 40 % of the peak."""
    return [f"{flop / PEAK / share / 3600:.0f}" for share in (0.05, 0.2, 0.4)]
