"""Near-duplicates of more documents than are walked at once: in rounds, each of them two exchanges.

1. `verify.LoadBuckets` and `OnlyShared` leave files of the buckets that several documents share.
2. `LoadRounds`, then per round an Exchange by bucket, `Meet`, an Exchange by document, `Settle`; files of STATE.
3. What is still undecided goes through `select.Select`. That is exact, since no kept document shares a bucket with
   it: the last `Settle` only removes.
4. `LoadRounds`, an Exchange by bucket, `NameTwins`, an Exchange by document, `FirstTwin`: the removals.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crawlsieve.dedup.rounds import KEPT, REMOVED, UNDECIDED, Buckets, settle
from crawlsieve.schemas.near import GONE, SHARED, STATE, in_round, twin_of
from crawlsieve.stages.gone import rows_of_shard
from crawlsieve.stages.near.staged import Staged, among, at_rows, made_batch, one_array, taken_batch
from crawlsieve.stages.plan import Batch


@dataclass(frozen=True)
class LoadRounds:
    """Shards in, their documents in each bucket that they share with others out, with what is known of them.

    Attributes:
        staged: the keys.
        shared: folder of the files of SHARED.
        states: folder of the files of STATE, once there are some.
        walked: folder of what `Select` removed of the undecided: then the others of them are kept.
    """

    staged: Staged
    shared: str
    states: str = ""
    walked: str = ""

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of `in_round`."""
        schema, partitions = in_round(self.staged.order_columns), self.staged.partitions
        for batch in shards:
            for shard in batch.to_pylist():
                marks = rows_of_shard(self.shared, shard["shard"], partitions, SHARED)
                states = self._states(shard["shard"], marks["row"].to_numpy())
                for keys in self.staged.keys(shard):
                    place, here = at_rows(keys, marks["row"].to_numpy())
                    part = marks.take(pa.array(here))
                    made = {name: one_array(part[name]) for name in ("shard", "band_key", "band")}
                    made["state"] = pa.array(states[here])
                    yield taken_batch(keys, place, schema, made)

    def _states(self, shard: int, rows: np.ndarray) -> np.ndarray:
        """int32[k]: what is known of these rows, int64[k]."""
        states = np.full(len(rows), UNDECIDED, np.int32)
        if self.states:
            known = rows_of_shard(self.states, shard, self.staged.partitions, STATE)
            place = np.searchsorted(known["row"].to_numpy(), rows)
            states = known["state"].to_numpy()[place].astype(np.int32)
        if self.walked:
            gone = rows_of_shard(self.walked, shard, self.staged.partitions, GONE)["row"].to_numpy()
            fallen = np.where(among(rows, gone), REMOVED, KEPT)
            states = np.where(states == UNDECIDED, fallen, states).astype(np.int32)
        return states


@dataclass(frozen=True)
class Meet:
    """Rows of buckets, each in total order, in; what each bucket says of its documents out."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The same rows."""
        buckets = Buckets()
        for batch in batches:
            said = buckets.meet(batch.column("band_key").to_numpy(), batch.column("state").to_numpy())
            yield _with_state(batch, said)


@dataclass(frozen=True)
class Settle:
    """Rows of documents, each with all its buckets side by side, in; what is known of them now out.

    Attributes:
        keeps: whether documents that are first in all buckets are kept; else only what is hit is removed.
    """

    keeps: bool = True

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The same rows."""
        for batch in whole_documents(batches):
            starts = _starts(batch)
            states = settle(starts, batch.column("state").to_numpy())
            if not self.keeps:
                before = np.isin(batch.column("state").to_numpy()[starts], (KEPT, REMOVED))
                states = np.where(~before & (states == KEPT), UNDECIDED, states).astype(np.int32)
            yield _with_state(batch, np.repeat(states, np.diff(np.append(starts, len(batch)))))


@dataclass(frozen=True)
class OnePerDocument:
    """Rows of documents, each with all its buckets side by side, in; one row of STATE for each document out."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of STATE."""
        for batch in whole_documents(batches):
            yield batch.select(STATE.names).take(pa.array(_starts(batch)))


@dataclass(frozen=True)
class NameTwins:
    """Rows of buckets, the kept document of each (there is one at most) first, in; who removed documents meet out."""

    order_columns: int

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of `twin_of`."""
        head: Batch | None = None  # the last kept document
        for batch in batches:
            rows = batch if head is None else pa.concat_batches([head, batch])
            state, keys = rows.column("state").to_numpy(), rows.column("band_key").to_numpy()
            latest = np.maximum.accumulate(np.where(state == KEPT, np.arange(len(rows)), -1))
            gone = np.flatnonzero((state == REMOVED) & (latest >= 0))
            gone = gone[keys[gone] == keys[latest[gone]]]
            twins = rows.take(pa.array(latest[gone]))
            made = {f"twin_{name}": twins.column(name) for name in twins.schema.names}
            yield made_batch(rows.take(pa.array(gone)), twin_of(self.order_columns), made)
            head = rows.slice(int(latest[-1]), 1) if len(rows) and latest[-1] >= 0 else None


@dataclass(frozen=True)
class FirstTwin:
    """Removed documents with all their twins side by side in; the first of each, in the order of the rows, out."""

    method: str

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of GONE."""
        for batch in whole_documents(batches):
            first = batch.take(pa.array(_starts(batch)))
            made = {
                "method": pa.repeat(pa.scalar(self.method), len(first)),
                "similarity": pa.nulls(len(first), pa.float64()),
            }
            yield made_batch(first, GONE, made)


def whole_documents(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same rows, sorted by document, in batches that cut none: the last document of one waits for the next."""
    waiting: Batch | None = None
    for batch in batches:
        if len(batch) == 0:
            continue
        rows = batch if waiting is None else pa.concat_batches([waiting, batch])
        last = int(_starts(rows)[-1])
        if last:
            yield rows.slice(0, last)
        waiting = rows.slice(last)
    if waiting is not None:
        yield waiting


def _starts(batch: Batch) -> np.ndarray:
    """int64[k]: the first row of each document."""
    shard, row = batch.column("shard").to_numpy(), batch.column("row").to_numpy()
    new = (shard[1:] != shard[:-1]) | (row[1:] != row[:-1])
    return np.concatenate([[0], np.flatnonzero(new) + 1]).astype(np.int64)


def _with_state(batch: Batch, states: np.ndarray) -> Batch:
    place = batch.schema.get_field_index("state")
    return batch.set_column(place, batch.schema.field(place), pa.array(states.astype(np.int32)))
