"""A range of ids of a finished run, judged by its own rules and by others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.pipelines.judge.finished import Finished
from crawlsieve.pipelines.judge.places import IDENTITY, Places, identities_of
from crawlsieve.pipelines.judge.verdicts import (
    Bench,
    begins_with,
    benches,
    bounds_of,
    columns_of,
    reasons_of,
    rest_after,
    verdicts,
)
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.publish import KEYS

OUTCOMES = ("documents", "duplicates", "rejected")
"""Where a measured document can be, by number."""
KEPT, DUPLICATE, REJECTED = range(3)

_UNKNOWN = -1


@dataclass(frozen=True)
class Judged:
    """The measured documents of a range, in the order of its file of `signals/`.

    Attributes:
        rows: of `signals/`: IDENTITY, `url`, and all columns that were asked for.
        outcome: int8[n], number in OUTCOMES.
        passed: int64[n], steps that left the document open; -1 where nobody knows.
        settled: bool[n], whether a step that is no judge has rejected it for good.
        before: bool[n, r], what the rules of the run say.
        after: bool[n, s], what the others say.
        kept_keys: the columns of `keys/` that are no keys, in the order of that file; None where the run has none.
        of_key: int64[n], row of `keys/` -> row of `signals/`.
    """

    rows: pa.Table
    outcome: np.ndarray
    passed: np.ndarray
    settled: np.ndarray
    before: np.ndarray
    after: np.ndarray
    kept_keys: pa.Table | None
    of_key: np.ndarray

    @cached_property
    def passes(self) -> np.ndarray:
        """bool[n]: whether the other rules, and all other steps, keep the document."""
        return ~self.settled & ~self.after.any(axis=1)

    @cached_property
    def number(self) -> np.ndarray:
        """int64[n]: place of the document in its range, in order of shard and row; what decides between equal ids."""
        numbers = np.empty(len(self.outcome), np.int64)
        if self.kept_keys is None:
            raise ValueError("the run has no keys")
        shard, row = (self.kept_keys[name].to_numpy() for name in ("shard", "row"))
        numbers[self.of_key[np.lexsort((row, shard))]] = np.arange(len(numbers))
        return numbers


@dataclass(frozen=True)
class Retrial:
    """A finished run and the judges that look at it once more."""

    finished: Finished
    judges: tuple[Bench, ...]

    @cached_property
    def own(self) -> tuple[Bench, ...]:
        """The judges of the run."""
        return benches(self.finished.recipe.chain)

    @property
    def steps(self) -> int:
        """Of the chain."""
        return len(self.finished.recipe.chain)

    def judged(self, number: int, columns: Sequence[str] = ()) -> Judged:
        """The measured documents of a range.

        Args:
            number: of the range.
            columns: of `signals/`, beyond those that the rules look at.

        Raises:
            CrawlsieveError: a file is gone or another one; or the rules of the run, asked again, say something else
                than the run did.
        """
        wanted = [*IDENTITY, "url", "outcome", *columns_of(self.own), *columns_of(self.judges), *columns]
        rows = self.finished.table("signals", number, tuple(dict.fromkeys(wanted)))
        outcome = pc.index_in(rows["outcome"], pa.array(OUTCOMES)).to_numpy().astype(np.int8)
        passed = np.full(len(rows), self.steps)
        kept_keys, of_key = None, np.empty(0, np.int64)
        if self.finished.keeps_keys:
            kept_keys, of_key = self._keys(number, rows)
            passed[of_key] = kept_keys["steps_passed"].to_numpy()
        stored, at = self._rejected(number, rows, outcome)
        settled = np.zeros(len(rows), np.bool_)
        settled[at] = ~_by_judges(stored, self.own) if kept_keys is None else passed[at] < self.steps
        if kept_keys is None:
            passed[settled] = _UNKNOWN
        batch = _batch(rows)
        before = verdicts(self.own, batch, passed)
        self._agree(number, before, (stored, at), (outcome, passed))
        after = verdicts(self.judges, batch, passed)
        return Judged(rows, outcome, passed, settled, before, after, kept_keys, of_key)

    def _keys(self, number: int, rows: pa.Table) -> tuple[pa.Table, np.ndarray]:
        """Head of `keys/`, and which row of `signals/` each of its rows is about."""
        head = self.finished.table(KEYS, number, (*IDENTITY, "shard", "row", "steps_passed", "text_bytes"))
        identities = identities_of(head)
        places = Places(identities_of(rows)).take(identities)
        if len(head) != len(rows) or (places < 0).any():
            raise self._differs(number, "keys/ and signals/ are not about the same documents")
        self._refuse_twins(head, identities)
        return head, places

    def _refuse_twins(self, head: pa.Table, identities: np.ndarray) -> None:
        """Refuse two records of one input that nothing tells apart. What is listed twice is the same, and may be."""
        ordered = np.sort(identities)
        if not (ordered[1:] == ordered[:-1]).any():
            return
        shard = head["shard"].to_numpy()
        order = np.lexsort((shard, identities))
        twice = (np.diff(identities[order]) == 0) & (np.diff(shard[order]) == 0)
        if twice.any():
            path = head["source_path"][int(order[1:][twice][0])].as_py()
            raise CrawlsieveError(
                f"{self.finished.run}: two records of {path} have one id and one offset, so that nobody can tell which"
                " measurements are whose. Run the changed recipe instead."
            )

    def _rejected(self, number: int, rows: pa.Table, outcome: np.ndarray) -> tuple[pa.ListArray, np.ndarray]:
        """(reasons of the measured rows of `rejected/`, int64[k]: their rows of `signals/`)."""
        mine = np.flatnonzero(outcome == REJECTED)
        if not self.finished.keeps_signals:
            return pa.array([], pa.list_(pa.string())), mine
        stored = self.finished.table("rejected", number, (*IDENTITY, "reasons"))
        places = Places(identities_of(rows.select([*IDENTITY]).take(pa.array(mine)))).take(identities_of(stored))
        there = places >= 0
        if there.sum() != len(mine):
            raise self._differs(number, "rejected/ and signals/ are not about the same documents")
        reasons = stored["reasons"].filter(pa.array(there)).combine_chunks()
        return _one(reasons), mine[places[there]]

    def _agree(
        self,
        number: int,
        before: np.ndarray,
        rejected: tuple[pa.ListArray, np.ndarray],
        known: tuple[np.ndarray, np.ndarray],
    ) -> None:
        """Whether the rules of the run say what stands in its tables."""
        (stored, at), (outcome, passed) = rejected, known
        names = [bound.rule.name for bound in bounds_of(self.own)]
        wrong = before.any(axis=1) & (outcome != REJECTED)
        said = reasons_of(before[at], names)
        more = np.diff(stored.offsets.to_numpy()) - np.diff(said.offsets.to_numpy())
        ended = passed[at] == self.steps
        wrong[at] = (passed[at] != _UNKNOWN) & (~begins_with(stored, said) | np.where(ended, more != 0, more <= 0))
        if wrong.any():
            raise self._differs(number, f"{int(wrong.sum())} of its documents would have other reasons")

    def _differs(self, number: int, what: str) -> CrawlsieveError:
        made = self.finished.manifest["crawlsieve"]
        return CrawlsieveError(
            f"{self.finished.run}: its own rules, asked again, do not say what the run said (range {number}: {what})."
            f" Signals were changed, or crawlsieve {made}, which made it, judged otherwise."
        )


def suffixes(stored: pa.ListArray, before: np.ndarray) -> pa.ListArray:
    """list<string>[n]: of reasons, those that no judge has given.

    Args:
        stored: reasons of n rows.
        before: bool[n, r], what the judges of the run say of them.
    """
    return rest_after(stored, before.sum(axis=1))


def _by_judges(stored: pa.ListArray, judges: Sequence[Bench]) -> np.ndarray:
    """bool[n]: whether all reasons of a document are rules of judges. Other steps have other names for theirs."""
    names = pa.array(sorted({bound.rule.name for bound in bounds_of(judges)}), pa.string())
    other = pc.invert(pc.is_in(stored.flatten(), names)).to_numpy(zero_copy_only=False)
    rows = pc.list_parent_indices(stored).to_numpy()
    none: np.ndarray = np.bincount(rows[other], minlength=len(stored)) == 0
    return none


def _batch(rows: pa.Table) -> pa.RecordBatch:
    batches = rows.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=rows.schema)


def _one(column: pa.ChunkedArray | pa.ListArray) -> pa.ListArray:
    """A list array that begins at its own first value."""
    array = column if isinstance(column, pa.Array) else pa.concat_arrays([*column.chunks, pa.array([], column.type)])
    return pa.ListArray.from_arrays(
        pa.array(
            np.concatenate([[0], np.cumsum(pc.list_value_length(array).to_numpy(zero_copy_only=False))]), pa.int32()
        ),
        array.flatten(),
    )
