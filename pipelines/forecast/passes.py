"""The run of a sample: the real passes, into a folder that goes away."""

import math
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crawlsieve.pipelines.close import check_balance
from crawlsieve.pipelines.curate import TEXT_BYTES_PER_FILE, TEXT_PER_STORED_BYTE, publish
from crawlsieve.pipelines.decide import decide
from crawlsieve.pipelines.engines.engine import Engine
from crawlsieve.pipelines.forecast.cells import ALL, READER, SAMPLED
from crawlsieve.pipelines.forecast.sample_shard import SampleShard
from crawlsieve.pipelines.forecast.strata import Stratum
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.near import Sizes
from crawlsieve.pipelines.progress import Progress
from crawlsieve.schemas.keys import DECISION
from crawlsieve.stages.counts import PROGRESS
from crawlsieve.stages.files import join, reading, remove, sizes
from crawlsieve.stages.plan import Batch, Map, Plan
from crawlsieve.stages.staging import buckets_for

_MOST_HALVED = 64 << 20
"""Bytes of a file above which what it has but once is not worth looking for."""


@dataclass(frozen=True)
class Took:
    """Seconds of a pass, the first time and once more: the difference is what it loads."""

    first: float
    again: float

    @property
    def loading(self) -> float:
        """What only the first time took."""
        return max(0.0, self.first - self.again)


@dataclass(frozen=True)
class Passed:
    """What the passes over the sample left.

    Attributes:
        sums: SAMPLED of all shards.
        gone: decisions about removed documents.
        files: FILES of the sample's tables.
        growing: table -> bytes of its files that grow with the rows; what else is in a file has one size for each.
        staged: bytes of staged tables.
        driver: seconds of the processor that the command took before it began.
        decide, publish: seconds.
    """

    sums: pa.Table
    gone: pa.Table
    files: pa.Table
    growing: dict[str, int]
    staged: int
    driver: float
    decide: Took
    publish: Took


@contextmanager
def scratch(place: str | None) -> Iterator[str]:
    """A new folder for the length of a block, however it ends.

    Args:
        place: where it is made, any address that fsspec knows; this machine's temporary folder if None.
    """
    if place is None:
        with tempfile.TemporaryDirectory(prefix="crawlsieve-forecast-") as folder:
            yield folder
        return
    folder = join(place, f"crawlsieve-forecast-{uuid.uuid4().hex}")
    try:
        yield folder
    finally:
        remove(folder)


def run_sample(job: Job, strata: list[Stratum], engine: Engine, seed: int, shown: Progress) -> Passed:
    """Every pass of a run over the sample, but for the last one, which writes manifest and card.

    Raises:
        CrawlsieveError: as the run itself would: an input cannot be read, a step lost rows, ...
    """
    driver = time.process_time()
    sums = _curated(job, strata, engine, seed, shown)
    counted = _counts(sums)
    text = counted["sink"].get("text_bytes", 0)
    cut = Sizes(counted["sink"].get("documents", 0), max(1, math.ceil(text / TEXT_BYTES_PER_FILE)))
    shown.say("deciding which of the sample are duplicates, and writing it, twice each")
    decided = []
    for _ in range(2):
        since = time.perf_counter()
        decide(job, engine, cut)
        decided.append(time.perf_counter() - since)
    published, files = [], pa.table({})
    for _ in range(2):
        remove(join(job.work, "published"))
        since = time.perf_counter()
        files = publish(job, engine, cut.ranges, Progress.silent())
        published.append(time.perf_counter() - since)
    _check(counted, sums, files)
    staged = sum(size for path, size in sizes(join(job.work, "curated")).items() if path.endswith(".staged"))
    return Passed(sums, _gone(job), files, _growing(job, files), staged, driver, Took(*decided), Took(*published))


def _curated(job: Job, strata: list[Stratum], engine: Engine, seed: int, shown: Progress) -> pa.Table:
    text = TEXT_PER_STORED_BYTE * sum(item.size or 0 for item in job.inputs)
    rates = tuple((stratum.format, stratum.rate) for stratum in strata)
    buckets = buckets_for(math.ceil(text / TEXT_BYTES_PER_FILE))
    fn = SampleShard(job.recipe.source, job.outcomes, join(job.work, "curated"), buckets, seed, rates)
    with shown.reading(job.inputs) as watch:
        return engine.run(Plan(job.shards, (Map(fn, SAMPLED),), "forecast"), lambda batch: watch(_progress(batch)))


def _progress(batch: Batch) -> Batch:
    """What whoever watches a run wants to know, as whole numbers."""
    shown = batch.filter(pc.is_in(batch.column("step"), value_set=pa.array([PROGRESS, "sink"])))
    return shown.set_column(4, "value", shown.column("value").cast(pa.int64()))


def _counts(sums: pa.Table) -> dict[str, dict[str, int]]:
    """Step -> what is counted -> sum over all shards."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    whole = sums.filter(pc.equal(sums["group"], ALL))
    for row in whole.group_by(["step", "name"]).aggregate([("value", "sum")]).to_pylist():
        if row["step"] == "sink" or row["name"] in {"rows_in", "rows_out"}:
            found[row["step"]][row["name"]] = round(row["value_sum"])
    return found


def _check(counted: dict[str, dict[str, int]], sums: pa.Table, files: pa.Table) -> None:
    """The balance of the sample, as a run keeps it."""
    drawn = sums.filter(pc.and_(pc.equal(sums["step"], READER), pc.equal(sums["name"], "sampled")))
    rows: Counter[str] = Counter()
    for file in files.to_pylist():
        rows[file["table"]] += file["rows"]
    check_balance({**counted, READER: {"records": round(pc.sum(drawn["value"]).as_py() or 0)}}, rows)


def _gone(job: Job) -> pa.Table:
    """The decisions that remove a document."""
    folder = join(job.work, "decided")
    found = [DECISION.empty_table()]
    for name in sorted(sizes(folder)):
        if name.startswith("decisions-"):
            with reading(join(folder, name)) as file:
                found.append(pq.read_table(file, schema=DECISION))
    table = pa.concat_tables(found)
    return table.filter(pc.is_valid(table["method"]))


def _growing(job: Job, files: pa.Table) -> dict[str, int]:
    """Bytes that twice the second half of the rows takes: the first half has what is there but once."""
    found: Counter[str] = Counter()
    for row in files.to_pylist():
        with reading(join(job.recipe.output, row["path"])) as file:
            size = _columns(pq.read_metadata(file))
            half = _half(file) if row["rows"] > 1 and size < _MOST_HALVED else size / 2
        found[row["table"]] += min(size, round(2 * (size - half)))
    return dict(found)


def _half(file: IO[bytes]) -> int:
    """Bytes of columns of a file of the first half of the rows."""
    table, sink = pq.read_table(file), pa.BufferOutputStream()
    pq.write_table(table.slice(0, len(table) // 2), sink, compression="zstd", write_page_index=True)
    return _columns(pq.read_metadata(pa.BufferReader(sink.getvalue())))


def _columns(told: pq.FileMetaData) -> int:
    groups = [told.row_group(number) for number in range(told.num_row_groups)]
    return sum(group.column(number).total_compressed_size for group in groups for number in range(group.num_columns))
