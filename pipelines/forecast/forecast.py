"""What a run would give and cost: a sample of its inputs goes through the real passes, and totals are estimated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crawlsieve.pipelines.engines.options import BeamOptions, EngineOptions, LocalOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.pipelines.forecast.amounts import Disk, Memory, Time, Yields
from crawlsieve.pipelines.forecast.asked import SampleSize
from crawlsieve.pipelines.forecast.cells import READER
from crawlsieve.pipelines.forecast.costs import costs
from crawlsieve.pipelines.forecast.estimate import Estimator
from crawlsieve.pipelines.forecast.passes import Passed, run_sample, scratch
from crawlsieve.pipelines.forecast.strata import Stratum, strata
from crawlsieve.pipelines.forecast.sums import Sums
from crawlsieve.pipelines.forecast.yields import Counting, seen, yields
from crawlsieve.pipelines.index.pin import pinned
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.lock import sole_writer
from crawlsieve.pipelines.progress import Progress
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.read import Input

_HERE = frozenset({"FnApiRunner", "DirectRunner"})


@dataclass(frozen=True)
class Wanted:
    """What somebody asks of a forecast.

    Attributes:
        size: of the sample.
        seed: of the sample; another one, another sample.
        scratch: where the sample's files are while it runs; this machine's temporary folder if None.
    """

    size: SampleSize
    seed: int
    scratch: str | None = None


@dataclass(frozen=True)
class Forecast:
    """What a run would give and cost.

    Attributes:
        seed: of the sample.
        strata: inputs by format, and what was read of them.
        sampled: records that went through the steps.
        whole: whether the sample is all there is, so that counts are exact and bounds are none.
        unseen: formats whose records are not in the sample, few as they are.
        yields, disk, time, memory: of the whole.
    """

    seed: int
    strata: tuple[Stratum, ...]
    sampled: int
    whole: bool
    unseen: tuple[str, ...]
    yields: Yields
    disk: Disk
    time: Time
    memory: Memory


def forecast(
    recipe: Recipe, inputs: Sequence[Input], wanted: Wanted, engine: EngineOptions, shown: Progress | None = None
) -> Forecast:
    """Read a sample of the inputs and estimate what the whole gives and costs. Nothing is written but scratch files.

    Args:
        recipe: as loaded and checked.
        inputs: what the survey found.
        wanted: how large a sample, and which.
        engine: who does it, and how.
        shown: who is told; nobody, if not given.

    Raises:
        CrawlsieveError: an input cannot be read, and the recipe does not forgive it; the engine needs `--scratch`; ...
    """
    workers = _workers(engine)
    if workers is None and wanted.scratch is None:
        raise CrawlsieveError(
            "the engine's workers are on other machines, which do not see this one's temporary folder."
            " Name an address that all of them can write: --scratch s3://bucket/tmp"
        )
    history = pinned(recipe, inputs, None)
    chosen = strata(inputs, wanted.size, wanted.seed)
    whole = all(stratum.whole for stratum in chosen)
    places = list(range(len(inputs))) if whole else sorted(place for part in chosen for place in part.chosen)
    with scratch(wanted.scratch) as folder:
        job = Job(replace(recipe, output=folder), tuple(inputs[place] for place in places), history)
        with sole_writer(job.work), started(engine, job.work, recipe.name) as crew:
            crew.prepare(len(job.inputs))
            passed = run_sample(job, chosen, crew, wanted.seed, shown or Progress.silent())
        return _told(job, passed, Sums(passed.sums, chosen, places), wanted, workers)


def _told(job: Job, passed: Passed, sums: Sums, wanted: Wanted, workers: int | None) -> Forecast:
    estimator = Estimator(sums.seen(), wanted.seed)
    sampled = round(seen(sums.cells(READER, "sampled")))
    records = round(seen(sums.shards(READER, "records")))
    if records and not sampled:
        raise CrawlsieveError(
            f"{records:,} records were read in {len(job.inputs):,} inputs, and none of them is in so small a sample."
            " Take a larger --sample."
        )
    counting = Counting(sums, estimator)
    kept_text = sum(row["text_bytes"] or 0 for row in passed.files.to_pylist() if row["table"] == "documents")
    found = yields(job.recipe, counting, sums.removed(passed.gone, wanted.seed), kept_text)
    cost = costs(job.recipe, counting, passed, workers, len(job.outcomes.schemas()))
    return Forecast(
        seed=wanted.seed,
        strata=sums.strata,
        sampled=sampled,
        whole=estimator.whole,
        unseen=tuple(part.stratum.format for part in estimator.seen if part.records.sum() and not part.sampled.sum()),
        yields=found,
        disk=cost.disk,
        time=cost.time,
        memory=cost.memory,
    )


def _workers(engine: EngineOptions) -> int | None:
    """Workers of this machine; None if they are on others."""
    if isinstance(engine, LocalOptions):
        return engine.workers or 1
    if isinstance(engine, BeamOptions):
        return engine.workers if engine.runner in _HERE else None
    return None if engine.address else engine.workers or 1
