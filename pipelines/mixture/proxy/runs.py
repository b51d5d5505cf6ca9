"""The runs of a design as a plan: a task a run, a file a run, so that what was stopped goes on."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from crawlsieve import __version__
from crawlsieve.pipelines.engines.engine import Engine
from crawlsieve.pipelines.fingerprint import fingerprint
from crawlsieve.pipelines.mixture.proxy.outcome import Outcome, read_outcome, write_outcome
from crawlsieve.pipelines.mixture.proxy.settings import Settings
from crawlsieve.pipelines.mixture.proxy.tokens import Tokens, load
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, Table
from crawlsieve.schemas.proxy import PROXY_DONE, PROXY_RUN
from crawlsieve.stages.plan import Batch, Map, Plan

VERSION = 1
"""Of what a run computes: another one, and runs that are done are repeated."""


@dataclass(frozen=True)
class TrainRuns:
    """Trains the runs that it is given, PROXY_RUN in and PROXY_DONE out; a run whose file stands is only read.

    `tokens` and `results` are folders that every worker sees under the same name; `key` is that of the tokens.
    """

    settings: Settings
    domains: tuple[str, ...]
    tokens: str
    key: str
    results: str

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """One row a run."""
        for batch in batches:
            for run in batch.to_pylist():
                path = result_path(self.results, run["key"])
                outcome = read_outcome(path)
                if outcome is None:
                    outcome = self._train(np.array(run["weights"]))
                    write_outcome(path, outcome)
                done = {
                    "number": run["number"],
                    "mean": None if outcome.diverged else outcome.mean,
                    "seconds": outcome.seconds,
                    "tokens": outcome.steps * self.settings.batch * self.settings.size.context,
                }
                yield pa.RecordBatch.from_pylist([done], schema=PROXY_DONE)

    def _train(self, weights: Floats) -> Outcome:
        from crawlsieve.pipelines.mixture.proxy.train import train  # noqa: PLC0415 - PyTorch is an extra

        return train(self.settings, loaded(self.tokens, self.key), self.domains, weights)


@dataclass(frozen=True)
class Design:
    """The runs of a table of mixtures, each with the key of what decides its losses."""

    table: Table
    settings: Settings
    tokens: Tokens

    def keys(self) -> list[str]:
        """Of each run: settings, texts, domains, weights."""
        common = [__version__, VERSION, self.settings.plain(), self.tokens.key, self.table.columns]
        return [fingerprint([*common, weights.tolist()]) for weights in self.table.values]

    def outcomes(self, results: Path) -> list[Outcome | None]:
        """What is done, in order of the design."""
        return [read_outcome(result_path(str(results), key)) for key in self.keys()]

    def train(self, results: Path, engine: Engine, say: Callable[[str], None]) -> list[Outcome]:
        """Train what is not done yet. Returns all, in order of the design.

        Raises:
            CrawlsieveError: a task failed again and again.
        """
        keys, done = self.keys(), self.outcomes(results)
        left = [number for number, outcome in enumerate(done) if outcome is None]
        if len(left) < len(keys):
            say(f"{len(keys) - len(left)} of {len(keys)} runs are done already")
        if left:
            engine.prepare(len(left))
            texts = (str(self.tokens.folder.absolute()), self.tokens.key)
            step = TrainRuns(self.settings, self.table.columns, *texts, str(results.absolute()))
            rows = [self._row(number, keys[number]) for number in left]
            source = pa.RecordBatch.from_pylist(rows, schema=PROXY_RUN)
            engine.run(Plan(source, (Map(step, PROXY_DONE),), "mix-train"), self._watch(say, len(left)))
        return [outcome for outcome in self.outcomes(results) if outcome is not None]

    def _row(self, number: int, key: str) -> dict[str, Any]:
        weights = self.table.values[number].tolist()
        return {"path": f"run {self.table.index[number]}", "number": number, "key": key, "weights": weights}

    def _watch(self, say: Callable[[str], None], total: int) -> Callable[[Batch], None]:
        begin, seen = time.monotonic(), 0

        def see(batch: Batch) -> None:
            nonlocal seen
            for row in batch.to_pylist():
                seen += 1
                left = (time.monotonic() - begin) * (total / seen - 1)
                said = (
                    "diverged: its loss is no finite number" if row["mean"] is None else f"{row['mean']:.4f} nats/byte"
                )
                speed = row["tokens"] / max(row["seconds"], 1e-9)
                say(
                    f"run {self.table.index[row['number']]} ({seen} of {total}): {said}, {row['seconds']:.1f} s, "
                    f"{speed:,.0f} tokens/s, {left:.0f} s left"
                )

        return see


def result_path(results: str, key: str) -> Path:
    """The file of a run."""
    return Path(results) / f"{key}.json"


@cache
def loaded(folder: str, key: str) -> Tokens:
    """What stands in a folder, read once per process and key."""
    found = load(Path(folder))
    if found.key != key:
        raise MixtureError(f"{folder} changed while runs were trained on it: are two commands writing there?")
    return found


def tokens_a_second(outcomes: Sequence[Outcome], settings: Settings) -> float:
    """Of training alone, without the looks at validation losses, in one run at a time."""
    seconds = sum(one.seconds - one.looking for one in outcomes)
    return sum(one.steps for one in outcomes) * settings.batch * settings.size.context / max(seconds, 1e-9)
