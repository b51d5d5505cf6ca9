"""`--write`: a new run directory under other rules, from the tables of a finished run. No source is read."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from crawlsieve.pipelines.close import close, finished, totals
from crawlsieve.pipelines.decide import decide
from crawlsieve.pipelines.engines import local
from crawlsieve.pipelines.engines.engine import Engine, nobody
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.judge.finished import Finished
from crawlsieve.pipelines.judge.judged import Retrial
from crawlsieve.pipelines.judge.replay import Replay, Restage, replay
from crawlsieve.pipelines.judge.texts import signal_columns
from crawlsieve.pipelines.judge.verdicts import benches
from crawlsieve.pipelines.lock import sole_writer
from crawlsieve.pipelines.mixture.weighted.step import mix
from crawlsieve.pipelines.near import Sizes
from crawlsieve.pipelines.progress import Progress
from crawlsieve.pipelines.recipe.check import absolute
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.pipelines.recipe.output import output_problem, refuse_other_run
from crawlsieve.pipelines.resume import begin
from crawlsieve.pipelines.standing import standing_manifest, standing_state
from crawlsieve.schemas.keys import COUNTS
from crawlsieve.schemas.tables import FILES
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, reading, remove, writing
from crawlsieve.stages.outcomes import signals_schema
from crawlsieve.stages.plan import Batch, Map, Plan
from crawlsieve.stages.publish import KEYS, RANGES, Publish

_OTHER = "Choose another folder."


@dataclass(frozen=True)
class CopyKeys:
    """One call per range: its file of `keys/`, which no rule changes, into the new run."""

    source: Finished
    output: str
    key: str

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """FILES: what was written."""
        for batch in batches:
            for number in batch.column("partition").to_pylist():
                file = self.source.files[KEYS].get(number)
                if file is not None:
                    yield pa.RecordBatch.from_pylist([self._copied(number, file)], schema=FILES)

    def _copied(self, number: int, file: dict[str, Any]) -> dict[str, Any]:
        path = f"{KEYS}/{KEYS}-{number:05d}-of-{self.source.ranges:05d}-{self.key[:8]}.parquet"
        with reading(join(self.source.run, file["path"])) as read, writing(join(self.output, path)) as written:
            shutil.copyfileobj(read, written, 1 << 20)
        return {**file, "path": path}


def checked_replay(source: Finished, recipe: Recipe, changes: tuple[str, ...]) -> Replay:
    """The run to write, once all that can be known before is known.

    Raises:
        CrawlsieveError: the run has kept too little, or the folder is not ours to write; or what made the run is not
            what is installed, so that nobody knows what a full run would give.
    """
    if not source.keeps_keys:
        kept = source.recipe.keep_rejected
        why = "it was made before keys were kept" if kept == "text" else f"its recipe says `keep_rejected: {kept}`"
        raise CrawlsieveError(
            f"--write: {source.run} has no keys/: {why}. Texts of what is rejected and keys of duplicates are kept by"
            " `keep_rejected: text`: run the recipe with it."
        )
    if replay(source, source.recipe).key != source.manifest["key"]:
        raise CrawlsieveError(
            f"--write: {source.run} was made by steps that crawlsieve has no more as they were, or its manifest was"
            " changed: what is written would not be what the recipe gives now. Run the changed recipe instead."
        )
    job = replay(source, recipe, changes)
    problem = _nested(source, job) or output_problem(recipe, writes=True) or _read_itself(job)
    if problem:
        raise CrawlsieveError(f"--write: {problem}")
    return job


def written(job: Replay, workers: int, shown: Progress) -> dict[str, Any]:
    """Write a run and return its manifest. One that was stopped goes on; one that is complete is not repeated.

    Raises:
        CrawlsieveError: files are gone, the totals do not balance, another process is writing.
    """
    with sole_writer(job.work), local.started(workers, job.work) as engine:
        refuse_other_run(job.recipe)
        standing = finished(job)
        if standing is not None:
            shown.say(f"{job.recipe.output} is complete: nothing to do")
            return standing
        begin(job)
        shown.say(f"{job.source.ranges} ranges of {job.source.run} are judged again; no input is read")
        engine.prepare(job.source.ranges)
        counted = _staged(job, engine)
        documents = totals(counted).get("sink", {}).get("documents", 0)
        decided = decide(job, engine, Sizes(documents, job.source.ranges))
        files = _published(job, engine)
        mixed, told = mix(job, files, engine, shown.say)
        counted, files = pa.concat_tables([job.carried, counted, decided]), pa.concat_tables([files, *mixed])
        manifest = close(job, counted, files, engine.retried, shown, told)
        remove(join(job.work, "curated"))  # ranges of another run, of no use to one that reads more inputs
        return manifest


def _staged(job: Replay, engine: Engine) -> pa.Table:
    """Every range judged and staged. Returns COUNTS."""
    retrial = Retrial(job.source, benches(job.recipe.chain))
    signals = signal_columns(signals_schema(job.outcomes.steps).names)
    step = Restage(retrial, join(job.work, "curated"), job.outcomes, texts=True, signals=signals)
    return engine.run(Plan(job.shards, (Map(step, COUNTS),), "judge"), nobody)


def _published(job: Replay, engine: Engine) -> pa.Table:
    """The final tables, and the keys as they were. Returns FILES."""
    ranges = job.source.ranges
    source = pa.RecordBatch.from_arrays([pa.array(range(ranges), pa.int32())], schema=RANGES)
    plan = job.outcomes.without_keys()
    folder = join(job.work, "decided")
    publish = Publish(job.recipe.output, job.work, job.staged, folder, plan, ranges, job.key)
    copy = CopyKeys(job.source, job.recipe.output, job.key)
    return pa.concat_tables(
        engine.run(Plan(source, (Map(step, FILES),), name), nobody)
        for name, step in (("publish", publish), ("copy-keys", copy))
    )


def _nested(source: Finished, job: Job) -> str:
    """Why a folder must not be written for where it lies, with what to do; empty if it may."""
    output, run = absolute(job.recipe.output), absolute(source.run)
    if output == run:
        return f"'{job.recipe.output}' is the run itself, which stays as it is. {_OTHER}"
    if f"{output}/".startswith(f"{run}/") or f"{run}/".startswith(f"{output}/"):
        return f"one of '{job.recipe.output}' and '{source.run}' lies in the other. {_OTHER}"
    inside = next((item.path for item in job.inputs if absolute(item.path).startswith(f"{output}/")), None)
    if inside:
        return f"'{inside}', which the run has read, lies in '{job.recipe.output}'. {_OTHER}"
    return ""


def _read_itself(job: Job) -> str:
    """Why a folder must not be written for what is in it, with what to do; empty if it may."""
    manifest, state = standing_manifest(job.recipe.output), standing_state(job.recipe.output)
    found = manifest or state
    if found is None or "made_from" in found or (manifest is not None and finished(job) is not None):
        return ""
    return f"'{job.recipe.output}' holds a run that has read its inputs itself, and would lose what it has. {_OTHER}"
