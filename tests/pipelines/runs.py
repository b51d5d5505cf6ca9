"""Small runs over JSONL, for tests of the job itself."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import yaml

from crawlsieve.pipelines import curate
from crawlsieve.pipelines.engines.options import EngineOptions, LocalOptions
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.read import survey


def write_shards(folder: Path, *shards: list[dict[str, object]]) -> None:
    """One JSONL file a shard."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, rows in enumerate(shards):
        (folder / f"shard-{number:03d}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def recipe(folder: Path, **changes: object) -> Path:
    """A recipe over the shards of a folder, deduplicated by URL, then by text."""
    given = {
        "name": "test",
        "source": {"paths": [str(folder / "*.jsonl")]},
        "output": str(folder / "run"),
        "steps": [{"exact_duplicates": {"by": ["url", "text"]}}],
        **changes,
    }
    place = folder / "recipe.yaml"
    place.write_text(yaml.safe_dump(given))
    return place


def ran(place: Path, workers: int = 1, engine: EngineOptions | None = None, **options: object) -> dict[str, object]:
    """Run a recipe and return its manifest."""
    recipe = load(str(place))
    return curate.run(recipe, survey(recipe.source), engine=engine or LocalOptions(workers=workers), **options)


@dataclass(frozen=True, kw_only=True)
class Loses:
    """A step that forgets its last row."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ()
    files: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[pa.Schema] = pa.schema([])

    def check(self) -> None:
        """Nothing to check."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """All rows but one."""
        return batch.slice(0, len(batch) - 1)


@dataclass(frozen=True, kw_only=True)
class Waits:
    """A step that stops at one shard until a file is there."""

    shard: int
    file: str

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ()
    files: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[pa.Schema] = pa.schema([])

    def check(self) -> None:
        """Nothing to check."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch, later."""
        while self.shard in batch.column("shard").to_pylist() and not Path(self.file).exists():
            time.sleep(0.05)
        return batch


@dataclass(frozen=True, kw_only=True)
class FailsOnce:
    """A step that raises the first time that it sees a shard, as a network or a machine may."""

    shard: int
    file: str

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ()
    files: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[pa.Schema] = pa.schema([])

    def check(self) -> None:
        """Nothing to check."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch, the second time."""
        if self.shard in batch.column("shard").to_pylist() and not Path(self.file).exists():
            Path(self.file).touch()
            raise OSError(5, "Input/output error")
        return batch
