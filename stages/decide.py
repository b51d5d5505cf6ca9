"""The passes over keys: same records, exact duplicates in the listed order, chains to the kept document, counts.

Nothing here sees a text. Each class is the Map after (or before) one Exchange.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crawlsieve.dedup.exact import walk_runs
from crawlsieve.dedup.follow import follow, stand_for
from crawlsieve.dedup.partition import partition_of
from crawlsieve.schemas.candidate import ANSWER, LINK, NOBODY, QUESTION, STANDS_FOR, candidate
from crawlsieve.schemas.keys import COUNTS, DECISION, ID
from crawlsieve.schemas.near import GONE
from crawlsieve.stages.counts import NO_SHARD, counts
from crawlsieve.stages.curate_shard import staged_done
from crawlsieve.stages.files import join, writing
from crawlsieve.stages.keys import DuplicateKeys
from crawlsieve.stages.outcomes import staged_path
from crawlsieve.stages.plan import Batch, Exchange, Map
from crawlsieve.stages.staging import read_all
from crawlsieve.stages.step import aligned

SAME_RECORD = "same_record"
HISTORY = "history"


@dataclass(frozen=True)
class LoadCandidates:
    """Shards in, one candidate for each staged key out, keyed by its id."""

    work: str
    keys: DuplicateKeys

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """Candidates of each shard, in order of row."""
        schema = candidate_schema(self.keys)
        for batch in shards:
            for shard in batch.to_pylist():
                folder = join(self.work, shard["key"])
                attempt = staged_done(self.work, shard["key"])["attempt"]
                for keys in read_all(staged_path(folder, attempt, "keys")):
                    yield self._candidates(keys, shard["shard"], schema)

    def _candidates(self, keys: Batch, shard: int, schema: pa.Schema) -> Batch:
        made = {
            "shard": pa.array(np.full(len(keys), shard, np.int32)),
            "gone": pa.array(np.zeros(len(keys), np.int32)),
            "key": keys.column("id"),
        }
        return aligned(keys, schema, made)


@dataclass(frozen=True)
class Walk:
    """Candidates sorted by key and total order in; the first of each key wins, and all travel on to the next key."""

    method: str
    next_key: str | None

    def __call__(self, candidates: Iterator[Batch]) -> Iterator[Batch]:
        """The same rows, losers marked as gone, keyed for the next step."""
        for batch in walk_runs(candidates, self.method):
            if self.next_key is None:
                yield batch
            else:
                key = pc.coalesce(batch.column(self.next_key), batch.column("id"))
                yield batch.set_column(batch.schema.get_field_index("key"), batch.schema.field("key"), key)


@dataclass(frozen=True)
class TakeGone:
    """Candidates in, those that lost out."""

    def __call__(self, candidates: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of GONE."""
        for batch in candidates:
            gone = batch.filter(pc.equal(batch.column("gone"), 1))
            yield aligned(gone, GONE, {})


@dataclass(frozen=True)
class Ask:
    """Removed documents in; of each, an answer (where its id went) and a question (where its twin went)."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of LINK."""
        for gone in batches:
            # A document that was published before is in no table of this run: nobody knows where its id leads.
            here = pc.not_equal(gone.column("method"), HISTORY)
            known = pc.and_(pc.is_valid(gone.column("twin_id")), here)
            kinds = pc.if_else(known, pa.scalar(QUESTION, pa.int32()), pa.scalar(NOBODY, pa.int32()))
            twin = pc.if_else(here, gone.column("twin_id"), pa.scalar(None, ID))
            yield links(gone, pc.coalesce(twin, gone.column("id")), kinds, twin)
            others = pc.not_equal(gone.column("method"), SAME_RECORD)
            answers, leads = gone.filter(others), twin.filter(others)
            yield links(answers, answers.column("id"), same_kind(answers, ANSWER), leads)


@dataclass(frozen=True)
class Follow:
    """Links sorted by key and kind in; every question that meets an answer moves one link on."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The same links, questions keyed by the id they have reached."""
        for batch in follow(batches):
            asks, reached = pc.equal(batch.column("kind"), QUESTION), batch.column("kept_id")
            lost = pc.and_(asks, pc.is_null(reached))
            key = pc.if_else(asks, pc.coalesce(reached, batch.column("id")), batch.column("key"))
            kind = pc.if_else(lost, pa.scalar(NOBODY, pa.int32()), batch.column("kind"))
            yield batch.set_column(0, batch.schema.field(0), key).set_column(1, batch.schema.field(1), kind)


@dataclass(frozen=True)
class Resolve:
    """Links whose chains are followed in; one row per removed document and one per document it stands behind out."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Questions keyed by the removed document's own id, and a STANDS_FOR row keyed by the kept one's."""
        for batch in batches:
            gone = batch.filter(pc.not_equal(batch.column("kind"), ANSWER))
            yield links(gone, gone.column("id"), gone.column("kind"), gone.column("kept_id"))
            known = gone.filter(pc.is_valid(gone.column("kept_id")))
            yield links(known, known.column("kept_id"), same_kind(known, STANDS_FOR), known.column("kept_id"))


@dataclass(frozen=True)
class WriteDecisions:
    """Links of one range of ids in; their decisions into one file, and the counts of each method out."""

    folder: str
    partitions: int

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """COUNTS of the documents removed by each method."""
        methods: Counter[str] = Counter()
        decisions = stand_for(batches)
        first = next(decisions, None)
        if first is None:
            return
        partition = int(partition_of([first.column("id")], self.partitions)[0])
        with (
            writing(decisions_path(self.folder, partition)) as file,
            pq.ParquetWriter(file, DECISION, compression="zstd") as writer,
        ):
            for batch in chain([first], decisions):
                writer.write_batch(batch)
                for pair in pc.value_counts(batch.column("method").drop_null()).to_pylist():
                    methods[pair["values"]] += pair["counts"]
        yield counts(NO_SHARD, [("decide", f"method/{name}", count) for name, count in sorted(methods.items())])


def decisions_path(folder: str, partition: int) -> str:
    """The file of decisions for one range of ids; there is none where every document of the range is kept."""
    return join(folder, f"decisions-{partition:05d}.parquet")


def links(batch: Batch, key: pa.Array, kinds: pa.Array, kept_id: pa.Array) -> Batch:
    """Rows of LINK about the documents of `batch`."""
    columns = [key, kinds]
    columns += [batch.column(name) for name in ("shard", "row", "id", "method", "band", "similarity", "twin_id")]
    return pa.RecordBatch.from_arrays([*columns, kept_id], schema=LINK)


def same_kind(batch: Batch, kind: int) -> pa.Array:
    """int32[n]: one kind of link for all documents of `batch`."""
    return pa.array(np.full(len(batch), kind, np.int32))


def candidate_schema(keys: DuplicateKeys) -> pa.Schema:
    """Candidates as the keys of documents make them."""
    return candidate(len(keys.order.priority), tuple(keys.exact.schema().names))


def exact_steps(keys: DuplicateKeys, work: str, partitions: int) -> tuple[Map | Exchange, ...]:
    """From shards to the rows of GONE that same records and exact duplicates make.

    Args:
        keys: as they are staged.
        work: where the shards' staged tables are.
        partitions: of the exchanges.
    """
    schema = candidate_schema(keys)
    meet = Exchange(by=("key",), partitions=partitions, then=("gone", *keys.order.schema().names, "id", "shard", "row"))
    methods = (SAME_RECORD, *keys.exact.by)
    next_keys = (*keys.exact.schema().names, None)
    steps: list[Map | Exchange] = [Map(LoadCandidates(work, keys), writes=schema)]
    for method, next_key in zip(methods, next_keys, strict=True):
        steps += [meet, Map(Walk(method, next_key), writes=schema)]
    return (*steps, Map(TakeGone(), writes=GONE))


def follow_steps(links_long: int, folder: str, sizes: tuple[int, int]) -> tuple[Map | Exchange, ...]:
    """From rows of GONE to files of decisions.

    Args:
        links_long: how many links a chain has at most behind its first.
        folder: where the decisions go, one file per range of ids.
        sizes: partitions of the exchanges, and ranges of ids (output files).
    """
    partitions, ranges = sizes
    steps: list[Map | Exchange] = [Map(Ask(), writes=LINK)]
    for _ in range(links_long):
        steps += [
            Exchange(by=("key",), partitions=partitions, then=("kind", "shard", "row")),
            Map(Follow(), writes=LINK),
        ]
    steps += [
        Map(Resolve(), writes=LINK),
        Exchange(by=("key",), partitions=ranges, then=("kind", "shard", "row")),
        Map(WriteDecisions(folder, ranges), writes=COUNTS),
    ]
    return tuple(steps)
