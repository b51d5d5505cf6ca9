"""The pass of a forecast: read a shard, send the part of its records that is in the sample through the real steps."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from crawlsieve.dedup.partition import words_of
from crawlsieve.dedup.sampling import sample_places
from crawlsieve.pipelines.forecast.cells import ALL, READER, Cells, count_part, shares
from crawlsieve.pipelines.forecast.memory import peak_bytes
from crawlsieve.pipelines.forecast.strata import GROUPS, groups_of
from crawlsieve.stages.chain import Tally, run_steps
from crawlsieve.stages.counts import PROGRESS
from crawlsieve.stages.files import join, remove, write_json
from crawlsieve.stages.outcomes import OutcomePlan, Outcomes, staging_outcomes
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.read import Input, Source, open_input

WARM_ROWS = 16
"""Records that a process sends through the steps before any clock runs: that loads models and compiled loops."""

WRITE = "write"
"""What comes behind the steps: keys, sorting and staging."""

_READY: set[int] = set()
"""The id of this process, once it has loaded everything."""


@dataclass(frozen=True)
class SampleShard:
    """One call per shard. Staged tables of the sample are left where the passes over keys look for them.

    Args:
        source: how inputs are read.
        outcomes: the steps, and what is kept.
        work: the folder of all shards.
        buckets: ranges of ids into which staged tables are cut.
        seed: of the sample.
        rates: part of the records that is in the sample, by format.
    """

    source: Source
    outcomes: OutcomePlan
    work: str
    buckets: int
    seed: int
    rates: tuple[tuple[str, float], ...]

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """SAMPLED of each shard: progress while it runs, then its sums."""
        for batch in shards:
            for shard in batch.to_pylist():
                yield from self._shard(shard)

    def _shard(self, shard: dict[str, Any]) -> Iterator[Batch]:
        number, folder = shard["shard"], join(self.work, shard["key"])
        attempt = f"{os.getpid()}-{os.urandom(4).hex()}"
        cells, tally, told_bytes = Cells(), Tally(), 0
        item = Input(**{name: shard[name] for name in ("path", "format", "size", "version")})
        reading = open_input(item, number, self.source)
        drawn = Drawn(reading, dict(self.rates).get(item.format, 1.0), self.seed, self.source)
        with staging_outcomes(folder, attempt, self.outcomes, self.buckets) as tables:
            for batch in drawn:
                cells.add(ALL, "start", "seconds", self._warm(batch, f"{folder}-warm-{attempt}"))
                self._curate(batch, drawn, (tables, cells, tally))
                yield _progress(number, len(batch), reading.tally.bytes_read - told_bytes)
                told_bytes = reading.tally.bytes_read
            tables.count(tally)
            since = time.perf_counter()
        cells.add(ALL, WRITE, "seconds", time.perf_counter() - since)
        told = reading.tally
        cells.add(ALL, READER, "seconds", drawn.seconds)
        cells.add(ALL, READER, "records", told.records)
        cells.add(ALL, "memory", "peak", peak_bytes())
        for kind, count in told.not_documents.items():
            cells.add(ALL, "not_documents", kind, count)
        for step, name in tally:
            if step == "sink" or name in {"rows_in", "rows_out"}:
                cells.add(ALL, step, name, tally[step, name])
        write_json(join(folder, "done.json"), {"attempt": attempt, "sha256": told.sha256, "counts": []})
        yield cells.batch(number)

    def _curate(self, batch: Batch, drawn: "Drawn", sinks: tuple[Outcomes, Cells, Tally]) -> None:
        """Send a batch through the steps; its seconds are divided among its records by their bytes."""
        tables, cells, tally = sinks
        own: Tally = Tally()
        names = [name for name, _ in self.outcomes.steps]
        written = 0.0
        for passed, part in run_steps(self.outcomes.steps, batch, own):
            since = time.perf_counter()
            tables.add(part, passed)
            written += time.perf_counter() - since
            step = next((name for name in names[passed : passed + 1] if own[name, "settled"]), READER)
            count_part(cells, part, drawn.groups(part), step)
        spent = {step: own[step, "microseconds"] / 1e6 for step, name in own if name == "microseconds"} | {
            WRITE: written
        }
        for group, share in enumerate(shares(batch, drawn.groups(batch))):
            for step, seconds in (*spent.items(), (WRITE, written)):
                cells.add(group, "seconds", step, seconds * share)
        tally.update(own)

    def _warm(self, batch: Batch, folder: str) -> float:
        """Seconds that this process has taken to be ready; 0 where they were told before."""
        if os.getpid() in _READY:
            return 0.0
        _READY.add(os.getpid())
        until_here, since = time.process_time(), time.perf_counter()
        with staging_outcomes(folder, "warm", self.outcomes, 1) as tables:
            for passed, part in run_steps(self.outcomes.steps, batch.slice(0, WARM_ROWS), Tally()):
                tables.add(part, passed)
        remove(folder)
        return until_here + time.perf_counter() - since


@dataclass
class Drawn:
    """The sampled records of a reading, in batches as large as the recipe's.

    Attributes:
        seconds: spent on reading and drawing so far.
    """

    reading: Any
    rate: float
    seed: int
    source: Source
    seconds: float = field(default=0.0, init=False)

    def __iter__(self) -> Iterator[Batch]:
        """Batches of RECORD; the reader's own where every record is in."""
        batches = self._batches()
        while True:
            since = time.perf_counter()
            batch = next(batches, None)
            self.seconds += time.perf_counter() - since
            if batch is None:
                return
            yield batch

    def groups(self, batch: Batch) -> np.ndarray:
        """int64[n]: the group of each record, -1 for those that are not in the sample."""
        return groups_of(sample_places(words_of(batch.column("id")), self.seed), self.rate, GROUPS)

    def _batches(self) -> Iterator[Batch]:
        if self.rate >= 1:
            yield from self.reading
            return
        held: list[Batch] = []
        for batch in self.reading:
            held.append(batch.filter(pa.array(self.groups(batch) >= 0)))
            rows, size = sum(map(len, held)), sum(part.nbytes for part in held)
            if rows >= self.source.batch_rows or size >= self.source.batch_bytes:
                yield pa.concat_batches(held)
                held = []
        if any(map(len, held)):
            yield pa.concat_batches(held)


def _progress(shard: int, records: int, size: int) -> Batch:
    """Records that went through the steps, and stored bytes that were read for them."""
    cells = Cells()
    cells.add(ALL, PROGRESS, "records", records)
    cells.add(ALL, PROGRESS, "bytes", size)
    return cells.batch(shard)
