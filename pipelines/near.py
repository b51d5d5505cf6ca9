"""The passes over near-duplicates, among what exact duplicates leave. Tables between them are files under `_work`."""

import math
from dataclasses import dataclass, replace

import pyarrow as pa

from crawlsieve.pipelines.engines.engine import Engine, nobody
from crawlsieve.pipelines.job import Job
from crawlsieve.schemas.keys import COUNTS
from crawlsieve.schemas.near import GONE, SHARED, STATE, bucketed, candidate_of, compared, in_round, pair_of, twin_of
from crawlsieve.stages.files import join
from crawlsieve.stages.gone import WriteRows
from crawlsieve.stages.near.bloom import RemoveByBlocks
from crawlsieve.stages.near.keys import NearDuplicates, Verify
from crawlsieve.stages.near.rounds import FirstTwin, LoadRounds, Meet, NameTwins, OnePerDocument, Settle
from crawlsieve.stages.near.select import LoadCandidates, Select
from crawlsieve.stages.near.staged import Staged
from crawlsieve.stages.near.verify import Compare, LoadBuckets, LoadEvidence, OnlyShared, RemoveByPairs
from crawlsieve.stages.plan import Exchange, Map, Plan

ROWS_PER_PARTITION = 1_000_000
SELECT_BYTES = 4 << 30
"""Memory that one walk over all documents may take; with more documents there are rounds before it."""

ROUNDS = 3


@dataclass(frozen=True)
class Sizes:
    """How many parts the passes over keys are cut into.

    Attributes:
        documents: that all rules keep.
        ranges: of ids, one output file of each table for each.
    """

    documents: int
    ranges: int

    @property
    def partitions(self) -> int:
        """Of an exchange of documents."""
        return max(1, math.ceil(self.documents / ROWS_PER_PARTITION))


@dataclass(frozen=True)
class Near:
    """What the passes over near-duplicates share: the run, and where the rows of what is removed already are."""

    job: Job
    engine: Engine
    sizes: Sizes
    gone: tuple[str, ...]

    @property
    def orders(self) -> tuple[str, ...]:
        """Columns of the total order."""
        return tuple(self.job.outcomes.duplicates.order.schema().names)

    @property
    def blocks(self) -> str:
        """Where LSHBloom keeps its finished blocks, with which a run that was killed goes on."""
        return join(self.job.work, "blocks", self.job.key)

    def staged(self, bands: int) -> Staged:
        """The staged keys of what is left."""
        work = join(self.job.work, "curated")
        return Staged(work, self.gone, self.sizes.partitions, len(self.orders), bands)

    def plan(self, name: str, steps: tuple[Map | Exchange, ...] | list[Map | Exchange]) -> pa.Table:
        """Run steps over the shards."""
        return self.engine.run(Plan(self.job.shards, tuple(steps), name), nobody)

    def to_shards(self, name: str, steps: tuple[Map | Exchange, ...], folder: str, schema: pa.Schema) -> None:
        """Run steps over the shards, and write their rows into files by shard."""
        then = ("row", "band") if schema == SHARED else ("row",)
        by_shard = Exchange(by=("shard",), partitions=self.sizes.partitions, then=then)
        self.plan(name, (*steps, by_shard, Map(WriteRows(folder, schema, self.sizes.partitions), writes=COUNTS)))

    def in_order(self, staged: Staged) -> tuple[Map | Exchange, ...]:
        """Documents with their band keys, all in one partition, in total order."""
        load = LoadCandidates(staged)
        meet = Exchange(by=("meet",), partitions=1, then=(*self.orders, "id", "shard", "row"))
        return (Map(load, writes=candidate_of(staged.order_columns, staged.bands)), meet)

    def by_bucket(self, bands: int) -> Exchange:
        """Documents of a bucket meet, in total order."""
        partitions = max(1, math.ceil(self.sizes.documents * bands / ROWS_PER_PARTITION))
        return Exchange(by=("band_key",), partitions=partitions, then=(*self.orders, "id", "shard", "row"))

    def shared_buckets(self, staged: Staged) -> tuple[Map | Exchange, ...]:
        """Documents in the buckets that they share with others."""
        load = Map(LoadBuckets(staged), writes=bucketed(staged.order_columns))
        return (load, self.by_bucket(staged.bands), Map(OnlyShared(), writes=SHARED))


def near(run: Near, asked: NearDuplicates, folder: str) -> pa.Table:
    """Rows of GONE of near-duplicates, in files under `folder`. Returns COUNTS."""
    if asked.verification is not None:
        return _verified(run, asked, asked.verification, folder)
    bands, documents = asked.banding.bands, max(1, run.sizes.documents)
    if asked.method == "lshbloom":
        blocks = RemoveByBlocks(run.blocks, documents, bands, asked.false_positive_rate, asked.block_documents)
        return run.plan("near-blocks", (*run.in_order(run.staged(bands)), Map(blocks, writes=COUNTS)))
    if Select.memory(documents, bands) > SELECT_BYTES:
        return _rounds(run, bands, folder)
    select, write = Map(Select(documents, bands), writes=GONE), Map(WriteRows(folder, GONE, 1), writes=COUNTS)
    return run.plan("near-walk", (*run.in_order(run.staged(bands)), select, write))


def _rounds(run: Near, bands: int, folder: str) -> pa.Table:
    """In rounds: what shares a bucket, what rounds decide of it, a walk over the rest, and who the twins are."""
    staged, orders = run.staged(bands), len(run.orders)
    shared, states, walked = (f"{folder}-{name}" for name in ("shared", "states", "walked"))
    run.to_shards("near-buckets", run.shared_buckets(staged), shared, SHARED)

    rows, meet = in_round(orders), run.by_bucket(bands)
    settle = Exchange(by=("shard", "row"), partitions=meet.partitions, then=("band",))
    steps: list[Map | Exchange] = [Map(LoadRounds(staged, shared), writes=rows)]
    for number in range(ROUNDS + 1):
        keeps = number < ROUNDS
        steps += [meet, Map(Meet(), writes=rows), settle, Map(Settle(keeps=keeps), writes=rows)]
    run.to_shards("near-rounds", (*steps, settle, Map(OnePerDocument(), writes=STATE)), states, STATE)

    left = replace(staged, undecided=states)
    select = Map(Select(max(1, run.sizes.documents), bands), writes=GONE)
    run.to_shards("near-walk", (*run.in_order(left), select), walked, GONE)

    kept_first = replace(meet, then=("state", "shard", "row"))
    twins = (*(f"twin_{name}" for name in run.orders), "twin_id", "band")
    steps = [
        Map(LoadRounds(staged, shared, states, walked), writes=rows),
        kept_first,
        Map(NameTwins(orders), writes=twin_of(orders)),
        replace(settle, then=twins),
        Map(FirstTwin("minhash_lsh"), writes=GONE),
    ]
    run.to_shards("near-twins", tuple(steps), folder, GONE)
    return COUNTS.empty_table()


def _verified(run: Near, asked: NearDuplicates, verify: Verify, folder: str) -> pa.Table:
    """With verification: which buckets several documents share, then the comparison of those."""
    bands, orders = asked.banding.bands, len(run.orders)
    staged, shared = run.staged(bands), f"{folder}-shared"
    run.to_shards("near-buckets", run.shared_buckets(staged), shared, SHARED)

    evidence = asked.evidence() or pa.null()
    twins = tuple(f"twin_{name}" for name in run.orders)
    in_order = Exchange(
        by=("meet",), partitions=1, then=(*run.orders, "id", "shard", "row", *twins, "twin_id", "band", "skipped")
    )
    compare = Compare(verify.measure, verify.at_least, asked.max_comparisons, orders)
    steps = (
        Map(LoadEvidence(staged, shared, evidence), writes=compared(orders, evidence)),
        run.by_bucket(bands),
        Map(compare, writes=pair_of(orders)),
        in_order,
        Map(RemoveByPairs(asked.method, WriteRows(folder, GONE, 1)), writes=COUNTS),
    )
    return run.plan("near-compare", steps)
