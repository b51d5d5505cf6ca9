"""The texts of a finished run, sorted into the staged tables of a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from crawlsieve.pipelines.judge.judged import OUTCOMES, Judged, Retrial, suffixes
from crawlsieve.pipelines.judge.places import IDENTITY, Places, binary_ids, identities_of
from crawlsieve.pipelines.judge.verdicts import bounds_of, joined, reasons_of
from crawlsieve.schemas import tables
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.outcomes import Outcomes
from crawlsieve.stages.plan import Batch

_CARRIED = ("source_id", "url", "date", "text", "source_path", "source_offset", "metadata")


@dataclass
class TextTables:
    """Rows of `documents/`, `duplicates/`, `rejected/` and `failed/`, as they would leave the chain."""

    retrial: Retrial
    judged: Judged
    outcomes: Outcomes

    next_row: int = 0
    tables: ClassVar[tuple[str, ...]] = ("documents", "duplicates", "rejected", "failed")

    def add(self, number: int) -> None:
        """All rows of a range.

        Raises:
            CrawlsieveError: a file is gone, or tables are not about the same documents.
        """
        self.next_row = len(self.judged.outcome)  # rows that nobody measured come behind the others
        finished = self.retrial.finished
        for outcome, table in enumerate(OUTCOMES):
            mine = np.flatnonzero(self.judged.outcome == outcome)
            places = Places(identities_of(self.judged.rows.select([*IDENTITY]).take(pa.array(mine))))
            found = 0
            for batch in finished.batches(table, number):
                taken = places.take(identities_of(batch))
                found += int((taken >= 0).sum())
                rows = mine[taken[taken >= 0]]
                self._add_measured(batch.filter(pa.array(taken >= 0)), rows, table)
                self._add_unmeasured(batch.filter(pa.array(taken < 0)), table)
            if found != len(mine):
                raise CrawlsieveError(f"{finished.run}: {table}/ and signals/ are not about the same documents.")
        for batch in finished.batches("failed", number):
            self._add_unmeasured(batch, "failed")

    def _add_measured(self, batch: Batch, rows: np.ndarray, table: str) -> None:
        """Rows of a table whose measurements stand at int64[n] `rows` of the judged."""
        if len(batch) == 0:
            return
        judged = self.judged
        names = [bound.rule.name for bound in bounds_of(self.retrial.judges)]
        reasons = reasons_of(judged.after[rows], names)
        if table == "rejected":
            reasons = joined(reasons, suffixes(batch.column("reasons"), judged.before[rows]))
        signals = judged.rows.take(pa.array(rows)).combine_chunks()
        known = {*IDENTITY, "source_id", "url", "outcome"}
        measured = {name: signals[name].combine_chunks() for name in signals.column_names if name not in known}
        self._add(batch, pa.array(judged.number[rows]), reasons, pa.array(judged.settled[rows]), measured)

    def _add_unmeasured(self, batch: Batch, table: str) -> None:
        """Rows that no rule has seen: as they were."""
        if len(batch) == 0:
            return
        if table in {"documents", "duplicates"}:
            raise CrawlsieveError(f"{self.retrial.finished.run}: signals/ lacks rows of {table}/.")
        row = np.arange(self.next_row, self.next_row + len(batch))
        self.next_row += len(batch)
        empty = pa.ListArray.from_arrays(pa.array(np.zeros(len(batch) + 1, np.int32)), pa.array([], pa.string()))
        reasons = batch.column("reasons") if table == "rejected" else empty
        settled = pa.array(np.ones(len(batch), np.bool_))
        self._add(batch, pa.array(row), reasons, settled, {})

    def _add(
        self, batch: Batch, row: pa.Array, reasons: pa.ListArray, settled: pa.Array, measured: dict[str, pa.Array]
    ) -> None:
        there = batch.schema.names
        made = {
            "row": row,
            "id": binary_ids(batch.column("id")),
            **{name: batch.column(name) if name in there else _nulls(name, len(batch)) for name in _CARRIED},
            "reasons": reasons,
            "error": batch.column("error") if "error" in there else pa.nulls(len(batch), pa.string()),
            "settled": settled,
            **measured,
        }
        self.outcomes.add(pa.RecordBatch.from_arrays([*made.values()], names=[*made]), 0)


def signal_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Columns of `signals/` behind its head."""
    return tuple(name for name in names if name not in tables.SIGNALS_HEAD.names)


def _nulls(name: str, rows: int) -> pa.Array:
    return pa.nulls(rows, tables.REJECTED.field(name).type)
