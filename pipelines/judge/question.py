"""What would a finished run be under other rules? Answered from signals and keys; nothing is written into the run."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.pipelines.decide import decide
from crawlsieve.pipelines.engines import local
from crawlsieve.pipelines.engines.engine import nobody
from crawlsieve.pipelines.judge.difference import UNDECIDED, Difference, Part
from crawlsieve.pipelines.judge.finished import Finished
from crawlsieve.pipelines.judge.judged import DUPLICATE, KEPT, REJECTED, Judged, Retrial
from crawlsieve.pipelines.judge.listed import Listing
from crawlsieve.pipelines.judge.replay import Replay, Restage, replay, unpacked
from crawlsieve.pipelines.judge.verdicts import benches, bounds_of
from crawlsieve.pipelines.near import Sizes
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.schemas.keys import COUNTS
from crawlsieve.stages.decide import decisions_path
from crawlsieve.stages.files import join, reading
from crawlsieve.stages.plan import Map, Plan


@dataclass(frozen=True)
class Question:
    """A finished run and the recipe with other rules.

    Attributes:
        finished: the run.
        recipe: as changed.
        replays: whether duplicates are found anew, if the run has kept their keys.
        workers: processes.
    """

    finished: Finished
    recipe: Recipe
    replays: bool = True
    workers: int = 1
    changes: tuple[str, ...] = field(default=())

    @property
    def retrial(self) -> Retrial:
        """The judges, old and new."""
        return Retrial(self.finished, benches(self.recipe.chain))

    @property
    def finds_duplicates(self) -> bool:
        """Whether the answer knows duplicates."""
        return self.replays and self.finished.keeps_keys


def answered(question: Question, listing: Listing | None = None) -> Difference:
    """What the other rules change.

    Raises:
        CrawlsieveError: the run's own rules do not say what the run said; a file is gone; its history is gone.
    """
    retrial = question.retrial
    found = Difference(bounds_of(retrial.own), bounds_of(retrial.judges))
    names = [bound.rule.name for bound in found.others]
    with listing or nullcontext():
        for part in _with_duplicates(question) if question.finds_duplicates else _by_rules(question):
            found.add(part)
            if listing is not None:
                listing.add(part, names)
    return found


def _by_rules(question: Question) -> Iterator[Part]:
    for number in range(question.finished.ranges):
        judged = question.retrial.judged(number)
        after = np.where(judged.passes, judged.outcome, REJECTED).astype(np.int8)
        after[judged.passes & (judged.outcome == REJECTED)] = UNDECIDED
        yield _part(judged, after)


def _part(judged: Judged, after: np.ndarray) -> Part:
    ids, urls = (pa.concat_arrays([*judged.rows[name].chunks, pa.array([], pa.string())]) for name in ("id", "url"))
    return Part(ids, urls, judged.outcome, after, None, judged.before, judged.after)


def _with_duplicates(question: Question) -> Iterator[Part]:
    """The passes over keys, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="crawlsieve-judge-") as folder:
        recipe = replace(question.recipe, output=folder)
        job = replay(question.finished, recipe, question.changes)
        Path(job.work).mkdir()
        with local.started(question.workers, job.work) as engine:
            engine.prepare(question.finished.ranges)
            step = Restage(question.retrial, join(job.work, "curated"), job.outcomes, texts=False)
            told = engine.run(Plan(job.shards, (Map(step, COUNTS),), "judge"), nobody)
            documents = pa.compute.sum(told["value"]).as_py() or 0
            decide(job, engine, Sizes(documents, question.finished.ranges))
        for number in range(question.finished.ranges):
            yield _decided(job, number, question.retrial)


def _decided(job: Replay, number: int, retrial: Retrial) -> Part:
    place = join(job.work, "curated", job.staged[number], "judged.arrow")
    with pa.memory_map(place) as source:
        table = pa.ipc.open_file(source).read_all()
    own = unpacked(table["before"], len(bounds_of(retrial.own)))
    others = unpacked(table["after"], len(bounds_of(retrial.judges)))
    kept = ~table["settled"].to_numpy() & ~others.any(axis=1)
    after = np.where(kept, KEPT, REJECTED).astype(np.int8)
    after[kept & np.isin(table["number"].to_numpy(), _removed(job, number))] = DUPLICATE
    ids, urls = (pa.concat_arrays([*table[name].chunks, pa.array([], pa.string())]) for name in ("id", "url"))
    return Part(ids, urls, table["outcome"].to_numpy(), after, table["text_bytes"].to_numpy(), own, others)


def _removed(job: Replay, number: int) -> np.ndarray:
    """int64[k]: rows of a range that are duplicates."""
    path = decisions_path(join(job.work, "decided"), number)
    system, local_path = fsspec.core.url_to_fs(path)
    if not system.exists(local_path):
        return np.empty(0, np.int64)
    with reading(path) as file:
        decisions = pq.read_table(file, columns=["row", "method"])
    rows: np.ndarray = decisions.filter(pa.compute.is_valid(decisions["method"]))["row"].to_numpy()
    return rows


def usual_workers(finished: Finished) -> int:
    """Processes worth starting: one for a run that is judged sooner than they start."""
    rows = sum(file["rows"] for file in finished.files.get("signals", {}).values())
    return 1 if rows < _WORTH_WORKERS or finished.ranges == 1 else len(os.sched_getaffinity(0))


_WORTH_WORKERS = 500_000
