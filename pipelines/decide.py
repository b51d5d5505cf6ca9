"""The passes over keys: exact duplicates, then near-duplicates among what is left, then chains to the kept documents.

One plan where a recipe asks for exact duplicates only. With near-duplicates, tables between plans are files under
`_work/decided`: what one pass removes, the next one leaves out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from crawlsieve.pipelines.job import Job
from crawlsieve.schemas.keys import COUNTS
from crawlsieve.schemas.near import GONE, SHARED, bucketed, candidate_of, compared, pair_of
from crawlsieve.stages.decide import exact_steps, follow_steps
from crawlsieve.stages.files import join, remove, sizes
from crawlsieve.stages.gone import PATHS, ReadGone, WriteRows
from crawlsieve.stages.near_bloom import RemoveByBlocks
from crawlsieve.stages.near_keys import NearDuplicates, Verify
from crawlsieve.stages.near_select import LoadCandidates, Select
from crawlsieve.stages.near_staged import Staged
from crawlsieve.stages.near_verify import Compare, LoadBuckets, LoadEvidence, OnlyShared, RemoveByPairs
from crawlsieve.stages.plan import Batch, Exchange, Map, Plan

Engine = Callable[[Plan, Callable[[Batch], None]], pa.Table]
"""Runs a plan, giving each batch of its last table to a watcher as it arrives."""

ROWS_PER_PARTITION = 1_000_000


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


def decide(job: Job, engine: Engine, sizes: Sizes) -> pa.Table:
    """Which documents are duplicates, of what, by keys alone. Returns COUNTS."""
    keys, work, folder = job.outcomes.duplicates, join(job.work, "curated"), join(job.work, "decided")
    remove(folder)
    exact = exact_steps(keys, work, sizes.partitions)
    chain = len(keys.exact.by) + (keys.near is not None)
    follow = follow_steps(chain, folder, (sizes.partitions, sizes.ranges))
    if keys.near is None:
        return engine(Plan(job.shards, (*exact, *follow)), _nobody)

    gone = join(folder, "exact")
    run = Near(job, engine, sizes, gone)
    _to_shards(run, exact, gone, GONE)
    told = near(run, keys.near, join(folder, "near"))
    parts = (gone, join(run.blocks, "gone") if keys.near.method == "lshbloom" else join(folder, "near"))
    paths = [path for part in parts for path in _files(part)]
    source = pa.RecordBatch.from_arrays([pa.array(paths, pa.string())], schema=PATHS)
    followed = engine(Plan(source, (Map(ReadGone(), writes=GONE), *follow)), _nobody)
    return pa.concat_tables([told, followed])


@dataclass(frozen=True)
class Near:
    """What the passes over near-duplicates share: the run, and where the rows of exact duplicates are."""

    job: Job
    engine: Engine
    sizes: Sizes
    gone: str

    @property
    def orders(self) -> tuple[str, ...]:
        """Columns of the total order."""
        return tuple(self.job.outcomes.duplicates.order.schema().names)

    @property
    def blocks(self) -> str:
        """Where LSHBloom keeps its finished blocks, with which a run that was killed goes on."""
        return join(self.job.work, "blocks", self.job.key)

    def staged(self, bands: int) -> Staged:
        """The staged keys of what exact duplicates left."""
        work = join(self.job.work, "curated")
        return Staged(work, (self.gone,), self.sizes.partitions, len(self.orders), bands)


def near(run: Near, asked: NearDuplicates, folder: str) -> pa.Table:
    """Rows of GONE of near-duplicates, in files under `folder`. Returns COUNTS."""
    if asked.verification is not None:
        return _verified(run, asked, asked.verification, folder)
    bands, write = asked.layout.bands, WriteRows(folder, GONE, 1)
    in_order = Exchange(by=("meet",), partitions=1, then=(*run.orders, "id", "shard", "row"))
    load = Map(LoadCandidates(run.staged(bands)), writes=candidate_of(len(run.orders), bands))
    documents = max(1, run.sizes.documents)
    if asked.method == "lshbloom":
        blocks = RemoveByBlocks(run.blocks, documents, bands, asked.false_positive_rate, asked.block_documents)
        return run.engine(Plan(run.job.shards, (load, in_order, Map(blocks, writes=COUNTS))), _nobody)
    select = Map(Select(documents, bands), writes=GONE)
    return run.engine(Plan(run.job.shards, (load, in_order, select, Map(write, writes=COUNTS))), _nobody)


def _verified(run: Near, asked: NearDuplicates, verify: Verify, folder: str) -> pa.Table:
    """With verification: which buckets have several documents, then the comparison of those."""
    orders, bands = run.orders, asked.layout.bands
    staged, shared = run.staged(bands), f"{folder}-shared"
    partitions = max(1, math.ceil(run.sizes.documents * bands / ROWS_PER_PARTITION))
    by_bucket = Exchange(by=("band_key",), partitions=partitions, then=(*orders, "id", "shard", "row"))
    load = Map(LoadBuckets(staged), writes=bucketed(len(orders)))
    _to_shards(run, (load, by_bucket, Map(OnlyShared(), writes=SHARED)), shared, SHARED)

    evidence = asked.evidence() or pa.null()
    twins = tuple(f"twin_{name}" for name in orders)
    in_order = Exchange(
        by=("meet",), partitions=1, then=(*orders, "id", "shard", "row", *twins, "twin_id", "band", "skipped")
    )
    compare = Compare(verify.measure, verify.at_least, asked.max_comparisons, len(orders))
    steps = (
        Map(LoadEvidence(staged, shared, evidence), writes=compared(len(orders), evidence)),
        by_bucket,
        Map(compare, writes=pair_of(len(orders))),
        in_order,
        Map(RemoveByPairs(asked.method, WriteRows(folder, GONE, 1)), writes=COUNTS),
    )
    return run.engine(Plan(run.job.shards, steps), _nobody)


def _to_shards(run: Near, steps: tuple[Map | Exchange, ...], folder: str, schema: pa.Schema) -> None:
    """Run the steps and write their rows into files by shard."""
    then = ("row", "band") if schema == SHARED else ("row",)
    by_shard = Exchange(by=("shard",), partitions=run.sizes.partitions, then=then)
    write = Map(WriteRows(folder, schema, run.sizes.partitions), writes=COUNTS)
    run.engine(Plan(run.job.shards, (*steps, by_shard, write)), _nobody)


def _files(folder: str) -> list[str]:
    """Every file of a folder, in order of name."""
    return [join(folder, name) for name in sorted(sizes(folder))]


def _nobody(_: Batch) -> None:
    """Watches nothing."""
