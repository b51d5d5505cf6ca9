"""What a proxy run is made by: everything that decides its losses, in one place."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

ProxyName: TypeAlias = Literal["transformer", "ngram"]
Device: TypeAlias = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class Size:
    """A shape of transformer, and how it is trained unless something else is asked for.

    Attributes:
        layers: blocks.
        width: of the residual stream.
        heads: of attention.
        hidden: units of the gated MLP.
        context: tokens of a sequence.
        batch: sequences of a step.
        steps: of the optimiser.
        rate: highest learning rate.
    """

    layers: int
    width: int
    heads: int
    hidden: int
    context: int
    batch: int
    steps: int
    rate: float


SIZES: dict[str, Size] = {
    "tiny": Size(layers=2, width=64, heads=4, hidden=176, context=64, batch=8, steps=1200, rate=5e-3),
    "1m": Size(layers=2, width=256, heads=8, hidden=512, context=512, batch=32, steps=1000, rate=2e-3),
}
"""`tiny` is for CPUs. `1m` has the blocks of RegMix's tinyllama_1M (lit_gpt/config.py of sail-sg/regmix: 2 layers, 256
wide, 8 heads, 512 hidden units: 1.3 M parameters without embeddings)."""


@dataclass(frozen=True)
class Settings:
    """One set of them for all runs of a design.

    Attributes:
        size: shape of the model.
        steps: of the optimiser.
        batch: sequences of a step.
        rate: highest learning rate.
        seed: of the first weights and of what is sampled; the same for all runs, so that they differ by mixture only.
        device: where it is trained.
        threads: of a run on a CPU; sums of another number of threads differ in their last digits.
        windows: validation windows a domain, of `context` tokens each.
        looks: how often the validation loss is taken, the last time at the end.
    """

    size: Size = SIZES["tiny"]
    steps: int = SIZES["tiny"].steps
    batch: int = SIZES["tiny"].batch
    rate: float = SIZES["tiny"].rate
    seed: int = 0
    device: Device = "auto"
    threads: int = 1
    windows: int = 128
    looks: int = 2

    @property
    def tokens(self) -> int:
        """Tokens that a run is trained on."""
        return self.steps * self.batch * self.size.context

    def plain(self) -> dict[str, Any]:
        """For a key: equal settings, equal dictionaries."""
        return asdict(self)


WARM_UP = 0.05
"""Share of the steps in which the learning rate rises."""
LAST_RATE = 0.1
"""Of the highest learning rate, what is left at the end of the cosine."""
DECAY, BETAS, CLIP = 0.1, (0.9, 0.95), 1.0
"""AdamW's weight decay and betas, and the largest norm of a gradient: those of GPT-3 (arXiv:2005.14165, appendix B)."""
