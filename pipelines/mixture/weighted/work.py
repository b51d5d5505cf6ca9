"""What the making of a mixture is made of: its inputs, its tasks' keys, and where everything stands."""

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from crawlsieve import __version__
from crawlsieve.pipelines.fingerprint import fingerprint
from crawlsieve.pipelines.mixture.weighted.options import Mix
from crawlsieve.schemas.mix import MIX_INPUTS
from crawlsieve.stages.files import join


@dataclass(frozen=True)
class MixInput:
    """A file of documents.

    Attributes:
        path: where it is.
        identity: what tells it from another file; where the file is not part of it.
    """

    path: str
    identity: str


@dataclass(frozen=True)
class Mixture:
    """A mixture to be made.

    Attributes:
        output: the run directory.
        table: folder of its files there.
        work: folder of everything before the end.
        mix: the options.
        weights: domain -> weight, in order of name.
        inputs: files of documents.
        unique: whether it is known that no id is there twice.
    """

    output: str
    table: str
    work: str
    mix: Mix
    weights: dict[str, float]
    inputs: tuple[MixInput, ...]
    unique: bool

    @cached_property
    def common(self) -> dict[str, Any]:
        """What decides domains and sizes of documents."""
        return {
            "crawlsieve": __version__,
            "version": self.mix.version,
            "duckdb": version("duckdb"),
            "domain": self.mix.domain,
            "unit": self.mix.unit,
        }

    @cached_property
    def options(self) -> dict[str, Any]:
        """What else decides the rows."""
        return {
            "weights": self.weights,
            "tokens": self.mix.tokens,
            "seed": self.mix.seed,
            "max_epochs": self.mix.max_epochs,
        }

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """The key of each input's first task."""
        return tuple(fingerprint({"common": self.common, "input": item.identity}) for item in self.inputs)

    @cached_property
    def key(self) -> str:
        """The key of the mixture: the same key, the same files."""
        return fingerprint({"options": self.options, "measured": sorted(self.measured)})

    @cached_property
    def staged(self) -> tuple[str, ...]:
        """The key of each input's second task."""
        return tuple(
            fingerprint({"mixture": self.key, "measured": key, "path": item.path}) for key, item in self._keyed()
        )

    def source(self) -> pa.RecordBatch:
        """One row per input."""
        rows = [
            {"path": item.path, "measured": key, "staged": staged}
            for (key, item), staged in zip(self._keyed(), self.staged, strict=True)
        ]
        return pa.RecordBatch.from_pylist(rows, schema=MIX_INPUTS)

    def folder(self, name: str) -> str:
        """A folder below `work`."""
        return join(self.work, name)

    def _keyed(self) -> list[tuple[str, MixInput]]:
        return list(zip(self.measured, self.inputs, strict=True))
