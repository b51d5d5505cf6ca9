"""The last pass: one task a range of ids gathers its rows from every shard, applies decisions, writes the tables."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crawlsieve.dedup.decisions import Decisions, hexadecimal
from crawlsieve.schemas import tables
from crawlsieve.schemas.keys import DECISION
from crawlsieve.stages.chain import text_bytes
from crawlsieve.stages.curate_shard import staged_done
from crawlsieve.stages.decide import decisions_path
from crawlsieve.stages.files import join, read_json, reading, write_json, writing
from crawlsieve.stages.outcomes import MEASURED, OutcomePlan, keys_schema, signals_schema, staged_path
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.staging import read_partition

TABLES = ("documents", "rejected", "duplicates", "failed", "signals")
"""What every run has, and what its digest is of."""

KEYS = "keys"
"""The table of keys, where texts of rejected documents are kept: what a run can be judged again by."""

ROW_GROUP_ROWS = 50_000
ROW_GROUP_BYTES = 128 << 20

RANGES = pa.schema([pa.field("partition", pa.int32(), nullable=False)])
"""The source of the plan: one row per range of ids, which is one file of each table."""


@dataclass(frozen=True)
class Publish:
    """One call per range of ids. Names come from the key, so that a second attempt overwrites with the same bytes."""

    output: str
    work: str
    shards: tuple[str, ...]
    decisions: str
    outcomes: OutcomePlan
    ranges: int
    key: str

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """FILES: what was written."""
        for batch in batches:
            for partition in batch.column("partition").to_pylist():
                yield self._publish(partition)

    @property
    def tables(self) -> tuple[str, ...]:
        """What is published."""
        return (*TABLES, KEYS) if self.outcomes.publishes_keys else TABLES

    @property
    def _staged(self) -> tuple[str, ...]:
        """What that is made of."""
        staged = ("documents", "rejected", "failed", "signals")
        return (*staged, MEASURED) if self.outcomes.publishes_keys else staged

    def _publish(self, partition: int) -> Batch:
        place = join(self.work, "published", self.key, f"{partition:05d}.json")
        done = read_json(place)
        if done is None or not all(stands(self.output, file) for file in done["files"]):
            done = {"files": self._write(partition)}
            write_json(place, done)
        return pa.RecordBatch.from_pylist(done["files"], schema=tables.FILES)

    def _write(self, partition: int) -> list[dict[str, object]]:
        decisions = self._decisions(partition)
        with ExitStack() as stack:
            files = {name: TableFile(self, name, partition, stack) for name in self.tables}
            for number, key in enumerate(self.shards):
                folder = join(self.work, "curated", key)
                attempt = staged_done(join(self.work, "curated"), key)["attempt"]
                for name in self._staged:
                    for batch in read_partition(staged_path(folder, attempt, name), partition, self.ranges):
                        for table, rows in self._sorted(name, number, batch, decisions):
                            files[table].add(rows)
            for file in files.values():
                file.flush()
        return [file.told() for file in files.values() if file.opened]

    def _decisions(self, partition: int) -> Decisions:
        path = decisions_path(self.decisions, partition)
        system, place = fsspec.core.url_to_fs(path)
        if not system.exists(place):
            return Decisions(DECISION.empty_table())
        with reading(path) as file:
            return Decisions(pq.read_table(file))

    def _sorted(
        self, name: str, shard: int, batch: Batch, decisions: Decisions
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """The rows of a staged batch with the table that each belongs to, in the shape of that table."""
        if name in {"rejected", "failed"}:
            yield name, shaped(batch, self.schema(name), {})
            return
        if name == MEASURED:
            made = {"shard": pa.array(np.full(len(batch), shard, np.int32))}
            yield KEYS, shaped(batch, self.schema(KEYS), made)
            return
        places = decisions.removed(shard, batch.column("row").to_numpy())
        gone = places >= 0
        if name == "signals":
            yield name, self._signals(batch, gone)
            return
        kept, lost = batch.filter(pa.array(~gone)), batch.filter(pa.array(gone))
        yield "documents", shaped(kept, self.schema(name), {"duplicates": decisions.duplicates(kept.column("id"))})
        made = decisions.columns(places[gone], ("method", "band", "similarity", "twin_id", "kept_id"))
        if self.outcomes.keep_rejected != "text":
            made["text"] = pa.nulls(len(lost), pa.large_string())
        yield "duplicates", shaped(lost, self.schema("duplicates"), made)

    def _signals(self, batch: Batch, gone: np.ndarray) -> Batch:
        outcome = pc.if_else(pa.array(gone), "duplicates", batch.column("outcome"))
        rows = shaped(batch, self.schema("signals"), {"outcome": outcome})
        if self.outcomes.keep_rejected == "none":
            rows = rows.filter(pc.equal(outcome, "documents"))
        return rows

    def schema(self, table: str) -> pa.Schema:
        """The explicit schema of a table, the same in each of its files."""
        if table == "signals":
            return signals_schema(self.outcomes.steps)
        if table == KEYS:
            return keys_schema(self.outcomes.duplicates)
        return {
            "documents": tables.DOCUMENTS,
            "rejected": tables.REJECTED,
            "duplicates": tables.DUPLICATES,
            "failed": tables.FAILED,
        }[table]


class TableFile:
    """One file of one table, opened by its first row; range 0 always has one, so that a glob finds a schema."""

    def __init__(self, publish: Publish, table: str, partition: int, stack: ExitStack) -> None:
        self.table = table
        self.path = f"{table}/{table}-{partition:05d}-of-{publish.ranges:05d}-{publish.key[:8]}.parquet"
        self.opened = False
        self._address = join(publish.output, self.path)
        self._schema = publish.schema(table)
        self._stack = stack
        self._held: list[Batch] = []
        self._held_rows = self._held_bytes = 0
        self._rows = self._text_bytes = 0
        if partition == 0:
            self._open()

    def add(self, batch: Batch) -> None:
        """Hold the rows until they fill a row group."""
        if len(batch) == 0:
            return
        self._held.append(batch)
        self._held_rows += len(batch)
        self._held_bytes += batch.nbytes
        if self._held_rows >= ROW_GROUP_ROWS or self._held_bytes >= ROW_GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is held as one row group."""
        if self._held:
            if not self.opened:
                self._open()
            table = pa.Table.from_batches(self._held, self._schema)
            self._writer.write_table(table, row_group_size=max(1, len(table)))
            self._rows += len(table)
            self._text_bytes += sum(map(text_bytes, self._held)) if "text" in self._schema.names else 0
            self._held, self._held_rows, self._held_bytes = [], 0, 0

    def told(self) -> dict[str, object]:
        """The row of FILES, once the file is complete."""
        system, place = fsspec.core.url_to_fs(self._address)
        return {
            "table": self.table,
            "path": self.path,
            "rows": self._rows,
            "bytes": int(system.size(place)),
            "text_bytes": self._text_bytes,
        }

    def _open(self) -> None:
        file = self._stack.enter_context(writing(self._address))
        writer = pq.ParquetWriter(file, self._schema, compression="zstd", write_page_index=True)
        self._writer = self._stack.enter_context(writer)
        self.opened = True


def stands(output: str, file: dict[str, object]) -> bool:
    """Whether a file of an earlier attempt, a row of FILES, is still there, at its size."""
    system, place = fsspec.core.url_to_fs(join(output, str(file["path"])))
    return bool(system.exists(place)) and system.size(place) == file["bytes"]


def shaped(batch: Batch, schema: pa.Schema, made: dict[str, pa.Array]) -> Batch:
    """The batch as rows of a table at rest: ids in hex, columns of `made` in place of its own."""
    columns = []
    for field in schema:
        column = made[field.name] if field.name in made else batch.column(field.name)
        is_id = pa.types.is_fixed_size_binary(column.type) and pa.types.is_string(field.type)
        columns.append(hexadecimal(column) if is_id else column)
    return pa.RecordBatch.from_arrays(columns, schema=schema)
