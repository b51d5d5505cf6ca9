"""The whole job, in passes: survey, curate, decide, publish, mix, close."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from crawlsieve.pipelines.cards.write import refresh_cards
from crawlsieve.pipelines.close import close, finished
from crawlsieve.pipelines.decide import decide
from crawlsieve.pipelines.engines.engine import Engine, Retried, Watch
from crawlsieve.pipelines.engines.options import EngineOptions, LocalOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.pipelines.index.pin import pinned
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.lock import sole_writer
from crawlsieve.pipelines.mixture.weighted.step import mix
from crawlsieve.pipelines.near import Sizes
from crawlsieve.pipelines.progress import Progress
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.pipelines.recipe.output import refuse_other_run
from crawlsieve.pipelines.resume import begin, verify_inputs
from crawlsieve.schemas.keys import COUNTS
from crawlsieve.schemas.tables import FILES
from crawlsieve.stages.counts import PROGRESS
from crawlsieve.stages.curate_shard import CurateShard
from crawlsieve.stages.files import join
from crawlsieve.stages.plan import Map, Plan
from crawlsieve.stages.publish import RANGES, Publish
from crawlsieve.stages.read import Input
from crawlsieve.stages.staging import buckets_for

TEXT_BYTES_PER_FILE = 768 << 20
"""Text of this size is a Parquet file of about 256 MB."""
TEXT_PER_STORED_BYTE = 2
"""For a guess of the ranges of ids, before anybody knows: gzipped JSON lines give 3 bytes of text for each of theirs,
WARC files half a byte."""

IN_PROCESS = LocalOptions(workers=1)


def run(
    recipe: Recipe,
    inputs: Sequence[Input],
    *,
    engine: EngineOptions = IN_PROCESS,
    progress: Progress | None = None,
    verify: bool = False,
    against: str | None = None,
) -> dict[str, Any]:
    """Run a checked recipe and return the manifest.

    A run that was stopped goes on from its finished shards; one that is complete is not repeated.

    Args:
        recipe: as `load` makes it.
        inputs: what `check` or `survey` found.
        engine: who does it, and how.
        progress: who is told; nobody, if not given.
        verify: hash the inputs of finished shards again, and read those anew whose bytes changed.
        against: generation of the history that documents are checked against; if not given, the one with which the
            run began, or the present one.

    Raises:
        CrawlsieveError: an input cannot be read, the totals do not balance, another run is writing, ...
    """
    shown = progress or Progress.silent()
    job = Job(recipe, tuple(inputs))
    with sole_writer(job.work), started(engine, job.work, recipe.name) as crew:
        refuse_other_run(recipe)
        job = replace(job, history=pinned(recipe, inputs, against))
        for line in verify_inputs(job) if verify else ():
            shown.say(line)
        manifest = finished(job)
        if manifest is not None:
            cards = refresh_cards(recipe.output, manifest, recipe.options["card"])
            shown.say(f"{recipe.output} is complete: {'its cards are written anew' if cards else 'nothing to do'}")
            shown.funnel(manifest)
            return manifest
        crew.prepare(len(job.inputs))
        shown.say(begin(job))
        counted = curate(job, crew, shown)
        sizes = _sizes(counted)
        decided = decide(job, Telling(crew, shown), sizes)
        files = publish(job, crew, sizes.ranges, shown)
        mixed, told = mix(job, files, crew, shown.say)
        counted, files = pa.concat_tables([counted, decided]), pa.concat_tables([files, *mixed])
        return close(job, counted, files, crew.retried, shown, told)


@dataclass(frozen=True)
class Telling:
    """An engine whose every plan is a line of progress."""

    engine: Engine
    shown: Progress

    @property
    def retried(self) -> list[Retried]:
        """As the engine's."""
        return self.engine.retried

    def prepare(self, tasks: int) -> None:
        """As the engine's."""
        self.engine.prepare(tasks)

    def run(self, plan: Plan, watch: Watch) -> pa.Table:
        """As the engine's."""
        self.shown.say(f"deciding: {plan.name}")
        return self.engine.run(plan, watch)


def curate(job: Job, engine: Engine, shown: Progress) -> pa.Table:
    """Every shard read, extracted, measured, judged and staged. Returns COUNTS."""
    text = TEXT_PER_STORED_BYTE * sum(item.size or 0 for item in job.inputs)
    buckets = buckets_for(math.ceil(text / TEXT_BYTES_PER_FILE))
    fn = CurateShard(job.recipe.source, job.outcomes, join(job.work, "curated"), buckets)
    step = Map(fn, COUNTS, ", ".join(["read", *(named.name for named in job.recipe.chain)]))
    with shown.reading(job.inputs) as watch:
        told = engine.run(Plan(job.shards, (step,), "curate"), watch)
    return told.filter(pa.compute.not_equal(told["step"], PROGRESS))


def publish(job: Job, engine: Engine, ranges: int, shown: Progress) -> pa.Table:
    """The final tables, one task per range of ids. Returns FILES."""
    source = pa.RecordBatch.from_arrays([pa.array(np.arange(ranges, dtype=np.int32))], schema=RANGES)
    step = Publish(job.recipe.output, job.work, job.task_keys, join(job.work, "decided"), job.outcomes, ranges, job.key)
    with shown.publishing(ranges) as watch:
        return engine.run(Plan(source, (Map(step, writes=FILES),), "publish"), watch)


def _sizes(counted: pa.Table) -> Sizes:
    totals: Counter[str] = Counter()
    for row in counted.filter(pa.compute.equal(counted["step"], "sink")).to_pylist():
        totals[row["name"]] += row["value"]
    return Sizes(
        documents=totals["documents"],
        ranges=max(1, math.ceil(totals["text_bytes"] / TEXT_BYTES_PER_FILE)),
    )
