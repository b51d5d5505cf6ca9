"""What came of a proxy run, in memory and as a file."""

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Look:
    """At the model on its way.

    Attributes:
        step: after which it was.
        train_loss: of that step's batch, in nats a token.
        losses: by domain, in order of name, in nats a byte.
    """

    step: int
    train_loss: float
    losses: list[float]


@dataclass(frozen=True)
class Outcome:
    """Of one run.

    Attributes:
        losses: validation loss of each domain, in order of name, in nats a byte of text; empty if it diverged.
        looks: losses on the way, the last one at the end.
        epochs: how often each domain of the design was read.
        seconds: of it all, without reading the texts.
        looking: seconds of these for validation.
        steps: that were made.
    """

    losses: list[float]
    looks: list[Look]
    epochs: list[float]
    seconds: float
    looking: float
    steps: int

    @property
    def diverged(self) -> bool:
        """Whether the loss became infinite or no number."""
        return not self.losses

    @property
    def mean(self) -> float:
        """Of the domains, each the same weight; NaN if it diverged."""
        return math.fsum(self.losses) / len(self.losses) if self.losses else math.nan


def write_outcome(path: Path, outcome: Outcome) -> None:
    """Write it whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.half")
    half.write_text(json.dumps(asdict(outcome)) + "\n", encoding="utf-8")
    half.replace(path)


def read_outcome(path: Path) -> Outcome | None:
    """What was written; None if nothing was."""
    if not path.is_file():
        return None
    read = json.loads(path.read_text(encoding="utf-8"))
    return Outcome(**{**read, "looks": [Look(**look) for look in read["looks"]]})
