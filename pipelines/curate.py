"""The whole job, in passes: survey, curate, decide, publish, close."""

import math
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.close import close, finished
from crawlsieve.pipelines.decide import decide
from crawlsieve.pipelines.engines import local
from crawlsieve.pipelines.engines.workers import hire
from crawlsieve.pipelines.index.pin import pinned
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.lock import sole_writer
from crawlsieve.pipelines.near import Engine, Sizes
from crawlsieve.pipelines.progress import Progress
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.pipelines.recipe.output import refuse_other_run
from crawlsieve.pipelines.resume import begin, verify_inputs
from crawlsieve.schemas.keys import COUNTS
from crawlsieve.schemas.tables import FILES
from crawlsieve.stages.counts import PROGRESS
from crawlsieve.stages.curate_shard import CurateShard
from crawlsieve.stages.files import join, remove
from crawlsieve.stages.plan import Batch, Map, Plan
from crawlsieve.stages.publish import RANGES, Publish
from crawlsieve.stages.read import Input
from crawlsieve.stages.staging import buckets_for

TEXT_BYTES_PER_FILE = 768 << 20
"""Text of this size is a Parquet file of about 256 MB."""
TEXT_PER_STORED_BYTE = 2
"""For a guess of the ranges of ids, before anybody knows: gzipped JSON lines give 3 bytes of text for each of theirs,
WARC files half a byte."""

_EXCHANGE = "exchange-"


def run(
    recipe: Recipe,
    inputs: Sequence[Input],
    *,
    workers: int = 1,
    progress: Progress | None = None,
    verify: bool = False,
    against: str | None = None,
) -> dict[str, Any]:
    """Run a checked recipe on the local engine and return the manifest.

    A run that was stopped goes on from its finished shards; one that is complete is not repeated.

    Args:
        recipe: as `load` makes it.
        inputs: what `check` or `survey` found.
        workers: processes.
        progress: who is told; nobody, if not given.
        verify: hash the inputs of finished shards again, and read those anew whose bytes changed.
        against: generation of the history that documents are checked against; if not given, the one with which the
            run began, or the present one.

    Raises:
        CrawlsieveError: an input cannot be read, the totals do not balance, another run is writing, ...
    """
    shown = progress or Progress.silent()
    job = Job(recipe, tuple(inputs))
    with sole_writer(job.work), _scratch(job) as folder, hire(workers) as crew:
        refuse_other_run(recipe)
        job = replace(job, history=pinned(recipe, inputs, against))
        for line in verify_inputs(job) if verify else ():
            shown.say(line)
        manifest = finished(job)
        if manifest is not None:
            shown.say(f"{recipe.output} is complete: nothing to do")
            shown.funnel(manifest)
            return manifest
        crew.prepare(len(job.inputs))
        shown.say(begin(job))

        def engine(plan: Plan, watch: Callable[[Batch], None]) -> pa.Table:
            remove(str(Path(folder)))
            return local.run(plan, folder, crew=crew, watch=watch)

        counted = curate(job, engine, shown)
        sizes = _sizes(counted)
        decided = decide(job, engine, sizes)
        files = publish(job, engine, sizes.ranges, shown)
        return close(job, pa.concat_tables([counted, decided]), files, shown)


def curate(job: Job, engine: Engine, shown: Progress) -> pa.Table:
    """Every shard read, extracted, measured, judged and staged. Returns COUNTS."""
    text = TEXT_PER_STORED_BYTE * sum(item.size or 0 for item in job.inputs)
    buckets = buckets_for(math.ceil(text / TEXT_BYTES_PER_FILE))
    step = Map(CurateShard(job.recipe.source, job.outcomes, join(job.work, "curated"), buckets), writes=COUNTS)
    with shown.reading(job.inputs) as watch:
        told = engine(Plan(job.shards, (step,)), watch)
    return told.filter(pa.compute.not_equal(told["step"], PROGRESS))


def publish(job: Job, engine: Engine, ranges: int, shown: Progress) -> pa.Table:
    """The final tables, one task per range of ids. Returns FILES."""
    source = pa.RecordBatch.from_arrays([pa.array(np.arange(ranges, dtype=np.int32))], schema=RANGES)
    step = Publish(job.recipe.output, job.work, job.task_keys, join(job.work, "decided"), job.outcomes, ranges, job.key)
    with shown.publishing(ranges) as watch:
        return engine(Plan(source, (Map(step, writes=FILES),)), watch)


def _sizes(counted: pa.Table) -> Sizes:
    totals: Counter[str] = Counter()
    for row in counted.filter(pa.compute.equal(counted["step"], "sink")).to_pylist():
        totals[row["name"]] += row["value"]
    return Sizes(
        documents=totals["documents"],
        ranges=max(1, math.ceil(totals["text_bytes"] / TEXT_BYTES_PER_FILE)),
    )


@contextmanager
def _scratch(job: Job) -> Iterator[str]:
    """A folder for the exchanges: beside the output where that is local, else on this machine's own disk."""
    system, work = fsspec.core.url_to_fs(job.work)
    beside = Path(work) if isinstance(system, LocalFileSystem) else None
    for left_over in beside.glob(f"{_EXCHANGE}*") if beside else ():  # of a run that was killed
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(prefix=_EXCHANGE, dir=beside) as folder:
        yield folder
