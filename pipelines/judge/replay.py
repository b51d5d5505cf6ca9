"""A finished run staged once more as if it had just been curated, under other rules, for the passes that follow."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from crawlsieve.pipelines.index.pin import history_as_begun
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.judge.finished import Finished
from crawlsieve.pipelines.judge.judged import Judged, Retrial
from crawlsieve.pipelines.judge.places import binary_ids
from crawlsieve.pipelines.judge.texts import TextTables
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.schemas.keys import COUNTS
from crawlsieve.stages.chain import Tally
from crawlsieve.stages.counts import NO_SHARD, counts
from crawlsieve.stages.curate_shard import SHARDS
from crawlsieve.stages.files import join, read_json, write_json, writing
from crawlsieve.stages.keys import DuplicateKeys
from crawlsieve.stages.outcomes import STAGED, OutcomePlan, Outcomes, staged_path
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.publish import KEYS
from crawlsieve.stages.read import Input
from crawlsieve.stages.staging import buckets_for, staging

COUNTED_ANEW = ("sink", "text_bytes", "decide")
"""Steps of a manifest's counts that depend on rules; what the chain itself counted does not."""


@dataclass(frozen=True)
class Replay(Job):
    """A run that is made from a finished one. Its shards are that one's ranges of ids; its key is that of a full run.

    Versions of packages and models are those with which the texts were made, not those that are installed now.
    """

    origin: Finished | None = None
    changes: tuple[str, ...] = ()

    @property
    def source(self) -> Finished:
        """The finished run."""
        if self.origin is None:
            raise ValueError("a replay has an origin")
        return self.origin

    @cached_property
    def files(self) -> dict[str, str]:
        """As the finished run had them."""
        return dict(self.source.manifest["files_read"])

    @cached_property
    def common(self) -> dict[str, Any]:
        """As of `Job`, with the versions of the finished run."""
        return {**super().common, **{name: self.source.manifest[name] for name in ("crawlsieve", "packages")}}

    @property
    def staged(self) -> tuple[str, ...]:
        """One a range, which no run under other rules shares."""
        made_of = f"{self.key[:16]}-{self.source.manifest['key'][:16]}"
        return tuple(f"{made_of}-{number:05d}" for number in range(self.source.ranges))

    @property
    def shards(self) -> pa.RecordBatch:
        """One row a range."""
        place = {"format": "parquet", "size": None, "version": ""}
        rows = [
            {"shard": number, "path": f"{self.source.run} range {number}", "key": key, **place}
            for number, key in enumerate(self.staged)
        ]
        return pa.RecordBatch.from_pylist(rows, schema=SHARDS)

    @property
    def told(self) -> dict[str, Any]:
        """The inputs as the finished run read them, and what this one was made from."""
        made_from = {"run": self.source.run, "key": self.source.manifest["key"], "changes": [*self.changes]}
        return {"inputs": self.source.manifest["inputs"], "made_from": made_from}

    @property
    def carried(self) -> pa.Table:
        """COUNTS of what the finished run read and measured."""
        rows = [
            (step, name, value)
            for step, names in self.source.manifest["counts"].items()
            if step not in COUNTED_ANEW
            for name, value in names.items()
        ]
        return pa.Table.from_batches([counts(NO_SHARD, rows)], COUNTS)


def replay(finished: Finished, recipe: Recipe, changes: tuple[str, ...] = ()) -> Replay:
    """The run of a recipe over what a finished run has measured.

    Raises:
        HistoryError: the generation against which that was checked is gone.
    """
    names = ("path", "format", "size", "version")
    inputs = tuple(Input(**{name: item[name] for name in names}) for item in finished.manifest["inputs"])
    pin, near = finished.manifest.get("history"), recipe.near
    history = history_as_begun(near.history, pin) if pin and near and near.history else None
    return Replay(recipe, inputs, history, finished, changes)


@dataclass(frozen=True)
class Restage:
    """One call per range: its documents under other rules, into staged tables, as `CurateShard` leaves a shard.

    Attributes:
        retrial: the finished run, and the judges.
        work: the folder of all ranges.
        outcomes: of the new run.
        texts: whether all tables are staged; else keys alone, and beside them what became of each document.
    """

    retrial: Retrial
    work: str
    outcomes: OutcomePlan
    texts: bool
    signals: tuple[str, ...] = field(default=())

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """COUNTS of each range."""
        for batch in shards:
            for shard in batch.to_pylist():
                folder = join(self.work, shard["key"])
                done = read_json(join(folder, "done.json"))
                if done is None:
                    done = self._run(shard["shard"], folder)
                    write_json(join(folder, "done.json"), done)
                yield counts(shard["shard"], [(step, name, value) for step, name, value in done["counts"]])

    def _run(self, number: int, folder: str) -> dict[str, Any]:
        attempt, tally = f"{os.getpid()}-{os.urandom(4).hex()}", Tally()
        judged = self.retrial.judged(number, self.signals if self.texts else ())
        plan = self.outcomes.without_keys()
        schemas = self.outcomes.duplicates.schemas() | (plan.schemas() if self.texts else {})
        buckets = buckets_for(self.retrial.finished.ranges)
        with ExitStack() as stack:
            tables = {
                name: stack.enter_context(
                    staging(staged_path(folder, attempt, name), schema, buckets if name in STAGED else 1)
                )
                for name, schema in schemas.items()
            }
            for batch in self._keys(number, judged):
                for name, rows in batch.items():
                    tables[name].add(rows)
            if self.texts:
                outcomes = Outcomes(tables, plan)
                TextTables(self.retrial, judged, outcomes).add(number)
                outcomes.count(tally)
        if not self.texts:
            tally["sink", "documents"] = int(judged.passes.sum())
            with writing(join(folder, "judged.arrow")) as file:
                write_judged(judged, file)
        told = [[step, name, value] for (step, name), value in sorted(tally.items())]
        return {"attempt": attempt, "sha256": None, "counts": told}

    def _keys(self, number: int, judged: Judged) -> Iterator[Mapping[str, Batch]]:
        """Rows of the staged tables of keys, for what the rules keep."""
        keys: DuplicateKeys = self.outcomes.duplicates
        begin = 0
        for batch in self.retrial.finished.batches(KEYS, number, ("id", *keys.schema().names)):
            rows = judged.of_key[begin : begin + len(batch)]
            begin += len(batch)
            kept = pa.array(judged.passes[rows])
            ids = binary_ids(batch.column("id"))
            place = pa.RecordBatch.from_arrays([pa.array(judged.number[rows]), ids], ["row", "id"]).filter(kept)
            yield keys.rows(place, batch.select(keys.schema().names).filter(kept).columns)


def write_judged(judged: Judged, file: Any) -> None:  # noqa: ANN401 - a binary file
    """Note what the rules say of each document, for who finds duplicates among those that they keep."""
    head = judged.kept_keys
    texts = np.full(len(judged.outcome), -1)
    if head is not None:
        texts[judged.of_key] = head["text_bytes"].fill_null(-1).to_numpy()
    made = {
        "id": judged.rows["id"],
        "url": judged.rows["url"],
        "outcome": pa.array(judged.outcome),
        "number": pa.array(judged.number),
        "text_bytes": pa.array(texts),
        "settled": pa.array(judged.settled),
        "before": packed(judged.before),
        "after": packed(judged.after),
    }
    table = pa.table(made)
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def packed(broken: np.ndarray) -> pa.FixedSizeBinaryArray:
    """binary(ceil(r / 8))[n] of bool[n, r]; a byte at least."""
    bits = np.packbits(broken, axis=1) if broken.shape[1] else np.zeros((len(broken), 1), np.uint8)
    width = bits.shape[1]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(bits), [None, pa.py_buffer(bits.tobytes())])


def unpacked(column: pa.ChunkedArray, rules: int) -> np.ndarray:
    """bool[n, rules] of what `packed` made."""
    array = pa.concat_arrays([*column.chunks, pa.array([], column.type)])
    width = column.type.byte_width
    bits = np.frombuffer(array.buffers()[1] or b"", np.uint8)[: width * len(array)].reshape(len(array), width)
    return np.unpackbits(bits, axis=1, count=rules).astype(np.bool_) if rules else np.zeros((len(array), 0), np.bool_)
