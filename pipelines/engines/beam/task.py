"""What a worker of Beam does: one stretch of a plan, for one shard or partition."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apache_beam as beam
import pyarrow as pa

from crawlsieve.pipelines.engines.attempts import ATTEMPTS, attempt, failed
from crawlsieve.pipelines.engines.beam.scratch import Scratch, Told
from crawlsieve.pipelines.engines.engine import Watch, nobody
from crawlsieve.pipelines.engines.exchange import cut, merged
from crawlsieve.pipelines.engines.stretches import Stretch, task_name
from crawlsieve.schemas.keys import COUNTS
from crawlsieve.stages.counts import PROGRESS
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Batch

OWN = "CRAWLSIEVE_BEAM_TASK"
"""Names, in a worker process of our own, the file where it says what it is at."""

Given = Batch | Iterable[Batch]
"""A shard's row, or the pieces of a partition, which can be walked again."""


class Shards(beam.DoFn):
    """The rows of the source, with their numbers."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch

    def process(self, _: bytes) -> Iterator[tuple[int, Batch]]:
        """As Beam calls it."""
        yield from self._scratch.source()


class Nothing(beam.DoFn):
    """An empty piece for every partition: each is a task, also one without rows."""

    def __init__(self, partitions: int, schema: pa.Schema) -> None:
        self._partitions, self._schema = partitions, schema

    def process(self, _: bytes) -> Iterator[tuple[int, Batch]]:
        """As Beam calls it."""
        empty = pa.RecordBatch.from_pylist([], self._schema)
        for number in range(self._partitions):
            yield number, empty


class Tasks(beam.DoFn):
    """The tasks of one stretch: pieces for the Exchange behind it, or files of the last table."""

    def __init__(self, stretch: Stretch, arrives: pa.Schema | None, scratch: Scratch) -> None:
        self._stretch, self._arrives, self._scratch = stretch, arrives, scratch

    def process(self, element: tuple[int, Given]) -> Iterator[tuple[int, Batch]]:
        """As Beam calls it."""
        number, given = element
        name = task_name(given if isinstance(given, pa.RecordBatch) else None, number)
        if OWN in os.environ:
            Path(os.environ[OWN]).write_text(name)
        with self._judged(number, name):
            if self._stretch.after is None:
                self._finish(number, name, given)
            else:
                yield from cut(self._stretch.after, self._stretch.writes, self._stretch.rows(self._source(given)))

    def _source(self, given: Given) -> Iterator[Batch]:
        if self._stretch.before is None or self._arrives is None:
            return iter([given])
        return merged(self._stretch.before, self._arrives, given)

    def _finish(self, number: int, name: str, given: Given) -> None:
        """The last stretch leaves nothing but a file, so it can be begun again here."""
        last = _Last(number, name, lambda: self._stretch.rows(self._source(given)), self._stretch.writes, self._scratch)
        for begun in range(1, ATTEMPTS + 1):
            failure = attempt(last, nobody)
            if failure is None:
                return
            if begun == ATTEMPTS:
                raise failure.last(name)
            self._scratch.put_failure(Told(name, failure, ending=False))

    @contextmanager
    def _judged(self, number: int, name: str) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt as stopped:
            raise _as_it_is(stopped) from None
        except Exception as error:  # noqa: BLE001 - whatever a task may raise
            try:
                self._scratch.put_failure(Told(name, failed(error, name), ending=True))
            except CrawlsieveError as verdict:
                self._scratch.put_verdict(number, verdict)
            if (
                OWN in os.environ
            ):  # the driver reads why; Beam would print a stack trace, and let the other workers go on
                sys.stderr.flush()
                os._exit(1)
            raise _as_it_is(error) from None


@dataclass(frozen=True)
class _Last:
    """A task of the last stretch."""

    number: int
    name: str
    rows: Callable[[], Iterator[Batch]]
    writes: pa.Schema
    scratch: Scratch

    def __call__(self, yields: Watch) -> None:  # noqa: ARG002 - its rows go to a file
        """Write its rows, and count what they count."""
        seen: Counter[str] = Counter()
        self.scratch.put_rows(self.number, self.writes, self._counted(seen))
        for name, value in seen.items():
            beam.metrics.Metrics.counter("crawlsieve", name).inc(value)

    def _counted(self, seen: Counter[str]) -> Iterator[Batch]:
        for batch in self.rows():
            if self.writes.equals(COUNTS):
                for row in batch.to_pylist():
                    if row["step"] != PROGRESS:
                        seen[f"{row['step']}/{row['name']}"] += row["value"]
            yield batch


def _as_it_is(error: BaseException) -> BaseException:
    """Beam makes another exception of one, with the step's name, and logs a stack trace; but not of one with this."""
    error._tagged_with_step = True  # type: ignore[attr-defined]  # noqa: SLF001
    return error
