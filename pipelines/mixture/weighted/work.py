"""What the making of a mixture is made of: its inputs, its tasks' keys, and where everything stands."""

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from crawlsieve import __version__
from crawlsieve.pipelines.fingerprint import fingerprint, sha256_of
from crawlsieve.pipelines.mixture.weighted.options import Mix
from crawlsieve.schemas.mix import MIX_INPUTS
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.files import join
from crawlsieve.stages.mix.size import SizeOf
from crawlsieve.stages.mix.tokenizer import TokensBy, tokenizers_version
from crawlsieve.stages.read.places import local


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
            **self._counting,
        }

    @cached_property
    def size(self) -> SizeOf:
        """How large a document is; with the sha256 of the tokenizer, which may not change on the way.

        Raises:
            RecipeError: the file of the tokenizer cannot be read.
        """
        path = self.mix.tokenizer
        if path is None:
            return SizeOf(self.mix.unit)
        place = local(path)
        try:
            return SizeOf(self.mix.unit, TokensBy(path if place is None else str(place.absolute()), sha256_of(path)))
        except OSError as error:
            raise RecipeError(f"tokenizer: '{path}' cannot be read: {error.strerror or error}") from None

    @property
    def files_read(self) -> dict[str, str]:
        """Path -> sha256 of the file of the tokenizer, if there is one."""
        tokenizer = self.size.tokenizer
        return {} if tokenizer is None else {str(self.mix.tokenizer): str(tokenizer.sha256)}

    @property
    def _counting(self) -> dict[str, str]:
        """What decides the counts of a tokenizer, if there is one; where its file is does not."""
        tokenizer = self.size.tokenizer
        if tokenizer is None:
            return {}
        return {"tokenizer": str(tokenizer.sha256), "tokenizers": tokenizers_version()}

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
