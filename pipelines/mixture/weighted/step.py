"""The step `mix` of a recipe: `mixture/` beside the tables of the run, from its own `documents/`."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from crawlsieve.pipelines.engines.engine import Engine
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.mixture.weighted.passes import Passes, Say
from crawlsieve.pipelines.mixture.weighted.shares import report
from crawlsieve.pipelines.mixture.weighted.sweep import sweep
from crawlsieve.pipelines.mixture.weighted.work import MixInput, Mixture
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join

MIXTURE = "mixture"
"""The folder of the weighted dataset, and what `sql` calls it."""

_GO_ON = "The other tables of the run stand: with another step `mix`, the same command goes on with the mixture."


def mix(job: Job, files: pa.Table, engine: Engine, say: Say) -> tuple[list[pa.Table], dict[str, Any] | None]:
    """Make the mixture that a recipe asks for.

    Args:
        job: the run, whose tables are published.
        files: FILES of its tables.
        engine: who does it.
        say: who is told.

    Returns:
        FILES of the mixture and what the manifest says of it; neither if the recipe asks for none.

    Raises:
        CrawlsieveError: weights and domains do not fit, or more repetition is needed than allowed.
    """
    mixture = mixture_of(job, files.to_pylist())
    if mixture is None:
        return [], None
    passes = Passes(mixture, engine, say)
    try:
        weighed = passes.weighed()
    except CrawlsieveError as error:
        raise type(error)(f"{error} {_GO_ON}") from None
    written = passes.written(weighed)
    sweep(mixture, {*written["path"].to_pylist()})
    return [written], report(mixture, weighed)


def mixture_of(job: Job, files: Sequence[dict[str, Any]]) -> Mixture | None:
    """The mixture that a recipe asks for, if it does. Its key says which run it is of, and not how large files are."""
    wanted, output = job.recipe.mix, job.recipe.output
    if wanted is None:
        return None
    paths = [file["path"] for file in files if file["table"] == "documents"]
    inputs = tuple(MixInput(join(output, path), f"{job.key} {path}") for path in paths)
    return Mixture(output, MIXTURE, mix_work(job), wanted, wanted.weighted(), inputs, unique=True)


def mix_work(job: Job) -> str:
    """Folder of everything of a mixture that is not final."""
    return join(job.work, "mix")
