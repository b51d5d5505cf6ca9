"""Near-duplicates with verification, in two plans, so that evidence travels only for documents that share a bucket.

First plan: `LoadBuckets`, an Exchange by band key, `OnlyShared`, an Exchange by shard, files of SHARED. Second plan:
`LoadEvidence`, an Exchange by band key, `Compare`, an Exchange into total order, `RemoveByPairs`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.dedup.partition import words_of
from crawlsieve.dedup.verified import PairWalk, bucket_starts, pairs, shingle_similarity, signature_similarity
from crawlsieve.schemas.near import GONE, SHARED, bucketed, compared, pair_of
from crawlsieve.stages.counts import NO_SHARD, counts
from crawlsieve.stages.gone import WriteRows, rows_of_shard
from crawlsieve.stages.near.keys import Measure
from crawlsieve.stages.near.staged import Staged, at_rows, band_matrix, made_batch, one_array, taken_batch, unpacked
from crawlsieve.stages.plan import Batch

_ROWS_AT_ONCE = 2048  # compared at a time, with 100 others each at most


@dataclass(frozen=True)
class LoadBuckets:
    """Shards in, a row for each band key of each remaining document out."""

    staged: Staged

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of `bucketed`."""
        schema = bucketed(self.staged.order_columns)
        for batch in shards:
            for shard in batch.to_pylist():
                for keys in self.staged.keys(shard):
                    matrix, present = band_matrix(keys.column("band_keys"))
                    rows = np.repeat(np.flatnonzero(present), matrix.shape[1])
                    made = {
                        "shard": pa.array(np.full(len(rows), shard["shard"], np.int32)),
                        "band_key": pa.array(matrix[present].ravel()),
                        "band": pa.array(np.tile(np.arange(matrix.shape[1], dtype=np.int32), int(present.sum()))),
                    }
                    yield taken_batch(keys, rows, schema, made)


@dataclass(frozen=True)
class OnlyShared:
    """Rows sorted by band key in, those whose key another row has out, cut to SHARED."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of SHARED; the last row of a batch waits for the next one to be judged."""
        waiting: Batch | None = None
        before: int | None = None  # the key in front of `waiting`
        for batch in batches:
            rows = batch.select(SHARED.names)
            if len(rows) == 0:
                continue
            if waiting is not None:
                rows = pa.concat_batches([waiting, rows])
            keys = rows.column("band_key").to_numpy()
            same = np.concatenate([[keys[0] == before if before is not None else False], keys[1:] == keys[:-1]])
            shared = same[:-1] | same[1:]
            yield rows.slice(0, len(rows) - 1).filter(pa.array(shared))
            waiting = rows.slice(len(rows) - 1)
            before = int(keys[-2]) if len(rows) > 1 else before
        if waiting is not None and waiting.column("band_key")[0].as_py() == before:
            yield waiting


@dataclass(frozen=True)
class LoadEvidence:
    """Shards in, the evidence of their documents out, once for each bucket that they share with others."""

    staged: Staged
    shared: str
    evidence: pa.DataType

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of `compared`."""
        schema = compared(self.staged.order_columns, self.evidence)
        for batch in shards:
            for shard in batch.to_pylist():
                marks = rows_of_shard(self.shared, shard["shard"], self.staged.partitions, SHARED)
                for keys in self.staged.keys(shard):
                    place, here = at_rows(keys, marks["row"].to_numpy())
                    part = marks.take(pa.array(here))
                    made = {name: one_array(part[name]) for name in ("shard", "band_key", "band")}
                    yield taken_batch(keys, place, schema, made)


@dataclass(frozen=True)
class Compare:
    """Documents of buckets, each in total order, in; pairs that are alike out."""

    measure: Measure
    at_least: float
    most: int
    order_columns: int

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of `pair_of`, and for each batch one that tells how many comparisons were not made, if any."""
        first: Batch | None = None  # the first documents of the bucket that the rows so far end with
        size = 0  # of that bucket, so far
        for batch in batches:
            if len(batch) == 0:
                continue
            known = 0 if first is None else len(first)
            rows = batch if first is None else pa.concat_batches([first, batch])
            starts = bucket_starts(rows.column("band_key").to_numpy())
            for begin in range(known, len(rows), _ROWS_AT_ONCE):
                yield self._alike(rows, starts, range(begin, min(begin + _ROWS_AT_ONCE, len(rows))))
            yield from self._skipped(rows, starts, known, size)
            start = int(starts[-1])
            size = len(rows) - start + (size - known if known and start == 0 else 0)
            first = rows.take(pa.array(np.arange(start, min(len(rows), start + self.most))))

    def _alike(self, rows: Batch, starts: np.ndarray, part: range) -> Batch:
        later, earlier = pairs(starts, part, self.most)
        evidence = rows.column("evidence")
        if self.measure == "estimated":
            similarity = signature_similarity(unpacked(evidence, np.uint32), later, earlier)
        else:
            contained = self.measure == "containment"
            similarity = shingle_similarity(_shingles(evidence), later, earlier, containment=contained)
        alike = np.flatnonzero(similarity >= self.at_least)
        return self._pairs((rows, later[alike], earlier[alike]), similarity[alike], 0)

    def _pairs(self, who: tuple[Batch, np.ndarray, np.ndarray], similarity: np.ndarray, skipped: int) -> Batch:
        rows, later, earlier = who
        twins = rows.take(pa.array(earlier))
        made = {f"twin_{name}": twins.column(name) for name in twins.schema.names}
        made["meet"] = pa.array(np.zeros(len(later), np.int32))
        made["similarity"] = pa.array(similarity)
        made["skipped"] = pa.array(np.full(len(later), skipped))
        return made_batch(rows.take(pa.array(later)), pair_of(self.order_columns), made)

    def _skipped(self, rows: Batch, starts: np.ndarray, known: int, size: int) -> Iterator[Batch]:
        """One row that tells how many comparisons were not made, if there are any."""
        new = np.arange(known, len(rows))
        place = new - starts[known:] + np.where(starts[known:] == 0, size - known, 0)
        skipped = int(np.maximum(place - self.most, 0).sum())
        if skipped:
            yield self._pairs((rows, new[:1], new[:1]), np.zeros(1), skipped)


@dataclass(frozen=True)
class RemoveByPairs:
    """Pairs in total order in; the documents that they remove go into a file."""

    method: str
    write: WriteRows

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """COUNTS: removals, and comparisons that were not made."""
        skipped = 0

        def gone() -> Iterator[Batch]:
            nonlocal skipped
            walk = PairWalk()
            for batch in batches:
                skipped += pc.sum(batch.column("skipped")).as_py() or 0
                alike = batch.filter(pc.equal(batch.column("skipped"), 0))
                by = walk.walk(words_of(alike.column("id")), words_of(alike.column("twin_id")))
                yield made_batch(alike.take(pa.array(by)), GONE, {"method": pa.repeat(pa.scalar(self.method), len(by))})

        yield from self.write(gone())
        yield counts(NO_SHARD, [("decide", "skipped_comparisons", skipped)])


def _shingles(evidence: pa.LargeBinaryArray) -> tuple[np.ndarray, np.ndarray]:
    """(uint64[k], int64[n + 1]): the hashes, and where those of each document begin."""
    _, offsets, data = evidence.buffers()
    bounds = np.frombuffer(offsets, np.int64)[evidence.offset : evidence.offset + len(evidence) + 1]
    hashes = np.frombuffer(data or b"", np.uint8)[bounds[0] : bounds[-1]].view(np.uint64)
    return hashes, (bounds - bounds[0]) // 8
