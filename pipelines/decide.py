"""The passes over keys: exact duplicates, what was published before, near-duplicates, chains to the kept documents.

One plan where a recipe asks for exact duplicates only. With near-duplicates, tables between plans are files under
`_work/decided`: what one pass removes, the next one leaves out.
"""

from dataclasses import replace

import pyarrow as pa

from crawlsieve.pipelines.engines.engine import Engine, nobody
from crawlsieve.pipelines.index.ask import known_before
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.near import Near, Sizes, near
from crawlsieve.schemas.near import GONE
from crawlsieve.stages.decide import exact_steps, follow_steps
from crawlsieve.stages.files import join, remove, sizes
from crawlsieve.stages.gone import PATHS, ReadGone
from crawlsieve.stages.plan import Map, Plan


def decide(job: Job, engine: Engine, sizes: Sizes) -> pa.Table:
    """Which documents are duplicates, of what, by keys alone. Returns COUNTS."""
    keys, work, folder = job.outcomes.duplicates, join(job.work, "curated"), join(job.work, "decided")
    remove(folder)
    exact = exact_steps(keys, work, sizes.partitions)
    chain = len(keys.exact.by) + (keys.near is not None)
    follow = follow_steps(chain, folder, (sizes.partitions, sizes.ranges))
    if keys.near is None:
        return engine.run(Plan(job.shards, (*exact, *follow), "decide"), nobody)

    gone = join(folder, "exact")
    run = Near(job, engine, sizes, (gone,))
    run.to_shards("exact", exact, gone, GONE)
    if job.history is not None:
        before = join(folder, "history")
        known_before(run, job.history, before)
        run = replace(run, gone=(gone, before))
    told = near(run, keys.near, join(folder, "near"))
    parts = (*run.gone, join(run.blocks, "gone") if keys.near.method == "lshbloom" else join(folder, "near"))
    paths = [path for part in parts for path in _files(part)]
    source = pa.RecordBatch.from_arrays([pa.array(paths, pa.string())], schema=PATHS)
    followed = engine.run(Plan(source, (Map(ReadGone(), writes=GONE), *follow), "follow"), nobody)
    return pa.concat_tables([told, followed])


def _files(folder: str) -> list[str]:
    """Every file of a folder, in order of name."""
    return [join(folder, name) for name in sorted(sizes(folder))]
