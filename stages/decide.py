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
from crawlsieve.schemas.candidate import ANSWER, LINK, QUESTION, STANDS_FOR, candidate
from crawlsieve.schemas.keys import COUNTS, DECISION
from crawlsieve.stages.counts import NO_SHARD, counts
from crawlsieve.stages.curate_shard import staged_done
from crawlsieve.stages.files import join, writing
from crawlsieve.stages.keys import ExactDuplicates
from crawlsieve.stages.outcomes import staged_path
from crawlsieve.stages.plan import Batch, Exchange, Map
from crawlsieve.stages.staging import read_all

SAME_RECORD = "same_record"


@dataclass(frozen=True)
class LoadCandidates:
    """Shards in, one candidate for each staged key out, keyed by its id."""

    work: str
    exact: ExactDuplicates

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """Candidates of each shard, in order of row."""
        schema = candidate_schema(self.exact)
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
        columns = [
            made[field.name]
            if field.name in made
            else keys.column(field.name)
            if field.name in keys.schema.names
            else pa.nulls(len(keys), field.type)
            for field in schema
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)


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
class Ask:
    """Candidates in; of each one that is gone, an answer (where its id went) and a question (where its twin went)."""

    def __call__(self, candidates: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of LINK."""
        for batch in candidates:
            gone = batch.filter(pc.equal(batch.column("gone"), 1))
            answers = gone.filter(pc.not_equal(gone.column("method"), SAME_RECORD))
            yield links(answers, answers.column("id"), ANSWER, answers.column("twin_id"))
            yield links(gone, gone.column("twin_id"), QUESTION, gone.column("twin_id"))


@dataclass(frozen=True)
class Follow:
    """Links sorted by key and kind in; every question that meets an answer moves one link on."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The same links, questions keyed by the id they have reached."""
        for batch in follow(batches):
            asks = pc.equal(batch.column("kind"), QUESTION)
            key = pc.if_else(asks, batch.column("kept_id"), batch.column("key"))
            yield batch.set_column(0, batch.schema.field(0), key)


@dataclass(frozen=True)
class Resolve:
    """Links whose chains are followed in; one row per removed document and one per document it stands behind out."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Questions keyed by the removed document's own id, and a STANDS_FOR row keyed by the kept one's."""
        for batch in batches:
            gone = batch.filter(pc.equal(batch.column("kind"), QUESTION))
            yield links(gone, gone.column("id"), QUESTION, gone.column("kept_id"))
            yield links(gone, gone.column("kept_id"), STANDS_FOR, gone.column("kept_id"))


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


def links(batch: Batch, key: pa.Array, kind: int, kept_id: pa.Array) -> Batch:
    """Rows of LINK about the documents of `batch`."""
    columns = [key, pa.array(np.full(len(batch), kind, np.int32))]
    columns += [batch.column(name) for name in ("shard", "row", "id", "method", "twin_id")]
    return pa.RecordBatch.from_arrays([*columns, kept_id], schema=LINK)


def candidate_schema(exact: ExactDuplicates) -> pa.Schema:
    """Candidates as the keys of `exact` make them."""
    names = exact.schema().names
    orders = sum(name.startswith("order_") for name in names)
    return candidate(orders, tuple(name for name in names if name.endswith("_key")))


def decide_steps(exact: ExactDuplicates, work: str, folder: str, sizes: tuple[int, int]) -> tuple[Map | Exchange, ...]:
    """From shards to files of decisions.

    Args:
        exact: the keys in their order, and the total order of documents.
        work: where the shards' staged tables are.
        folder: where the decisions go, one file per range of ids.
        sizes: partitions of the exchanges, and ranges of ids (output files).
    """
    partitions, ranges = sizes
    schema = candidate_schema(exact)
    order = tuple(name for name in schema.names if name.startswith("order_"))
    meet = Exchange(by=("key",), partitions=partitions, then=("gone", *order, "id", "shard", "row"))
    methods = (SAME_RECORD, *exact.by)
    next_keys = (*(f"{name}_key" for name in exact.by), None)
    steps: list[Map | Exchange] = [Map(LoadCandidates(work, exact), writes=schema)]
    for method, next_key in zip(methods, next_keys, strict=True):
        steps += [meet, Map(Walk(method, next_key), writes=schema)]
    steps.append(Map(Ask(), writes=LINK))
    for _ in exact.by:
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
