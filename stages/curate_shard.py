"""The pass over the shards: read, run the chain, and stage what became of every record."""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from crawlsieve.stages.chain import Tally, run_steps
from crawlsieve.stages.counts import PROGRESS, counts
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, read_json, write_json
from crawlsieve.stages.outcomes import OutcomePlan, staging_outcomes
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.read import Input, Source, open_input

SHARDS = pa.schema(
    [
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("format", pa.string(), nullable=False),
        pa.field("size", pa.int64()),
        pa.field("version", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
    ]
)
"""The source of the plan: one row per input, with the key of its task."""


@dataclass(frozen=True)
class CurateShard:
    """One call per shard: its records, through the steps, into staged tables under `work`/key.

    A shard whose `done.json` stands is not run again: its counts are taken from there. That file is written last, so
    a task that was killed leaves nothing that looks whole.

    Args:
        source: how inputs are read.
        outcomes: the steps, and what is kept.
        work: the folder of all shards.
        buckets: ranges of ids into which staged tables are cut; see `staging.buckets_for`. No row depends on it.
    """

    source: Source
    outcomes: OutcomePlan
    work: str
    buckets: int = 1

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """COUNTS of each shard: progress while it runs, then its totals."""
        for batch in shards:
            for shard in batch.to_pylist():
                yield from self._curate(shard)

    def _curate(self, shard: dict[str, Any]) -> Iterator[Batch]:
        number, folder = shard["shard"], join(self.work, shard["key"])
        done = read_json(join(folder, "done.json"))
        if done is None:
            done = yield from self._run(number, shard, folder)
            write_json(join(folder, "done.json"), done)
        yield counts(number, [(step, name, value) for step, name, value in done["counts"]])

    def _run(self, number: int, shard: dict[str, Any], folder: str) -> Generator[Batch, None, dict[str, Any]]:
        """Curate the shard, yielding progress; its value is what `done.json` will hold."""
        item = Input(**{name: shard[name] for name in ("path", "format", "size", "version")})
        tally: Tally = Tally()
        attempt = f"{os.getpid()}-{os.urandom(4).hex()}"
        read_before = 0
        with staging_outcomes(folder, attempt, self.outcomes, self.buckets) as tables:
            reading = open_input(item, number, self.source)
            for batch in reading:
                for passed, part in run_steps(self.outcomes.steps, batch, tally):
                    tables.add(part, passed)
                read = reading.tally.bytes_read
                yield counts(number, [(PROGRESS, "records", len(batch)), (PROGRESS, "bytes", read - read_before)])
                read_before = read
            tables.count(tally)
        told = reading.tally
        tally["read", "records"] = told.records
        tally["read", "bytes"] = told.bytes_read
        tally["read", "bytes_decoded"] = told.bytes_decoded
        tally["read", "retries"] = told.retries
        if told.unreadable_rows:
            tally["read", "unreadable_rows"] = told.unreadable_rows
        for kind, count in told.not_documents.items():
            tally["read", f"not_documents/{kind}"] = count
        return {
            "attempt": attempt,
            "sha256": told.sha256,
            "counts": [[step, name, value] for (step, name), value in sorted(tally.items())],
        }


def staged_done(work: str, key: str) -> dict[str, Any]:
    """What a shard's task noted when it was done: its attempt, the sha256 of its input, its counts.

    Raises:
        CrawlsieveError: somebody removed it while the run went on.
    """
    done = read_json(join(work, key, "done.json"))
    if done is None:
        raise CrawlsieveError(f"{join(work, key)} is gone: the staged rows of a shard must stay until the run ends")
    return done
