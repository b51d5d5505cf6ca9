"""What the tasks of a pipeline leave for their driver: rows of the last table, failures, verdicts. Files, anywhere."""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import fsspec
import pyarrow as pa

from crawlsieve.pipelines.engines.attempts import Failure
from crawlsieve.stages import errors
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, read_json, reading, remove, sizes, write_json, writing
from crawlsieve.stages.plan import Batch

PREFIX = "exchange-"
"""What the folders begin with, as those of the local engine: whichever runs next removes what a killed run left."""

_HELD_BYTES = 1 << 20
_ROWS, _FAILURES, _VERDICTS = "rows", "failures", "verdicts"


@dataclass(frozen=True)
class Told:
    """A failure, as a task tells it."""

    task: str
    failure: Failure
    ending: bool
    """Whether the pipeline could not go on from it by itself."""


@dataclass(frozen=True)
class Scratch:
    """The folder of one pipeline, which its driver and all workers can reach."""

    folder: str

    def put_source(self, source: Batch) -> None:
        """Write the plan's source. It may be too long for a job's graph, where Dataflow allows 10 MB."""
        with writing(join(self.folder, "source.arrow")) as file, pa.ipc.new_stream(file, source.schema) as writer:
            writer.write_batch(source)

    def source(self) -> Iterator[tuple[int, Batch]]:
        """(number, row) of every shard."""
        with reading(join(self.folder, "source.arrow")) as file:
            source = pa.ipc.open_stream(file).read_next_batch()
        for number in range(len(source)):
            yield number, source.take(pa.array([number]))

    def put_rows(self, number: int, schema: pa.Schema, batches: Iterable[Batch]) -> None:
        """Write the rows of a task, over those of an attempt before."""
        with writing(join(self.folder, _ROWS, f"{number:08d}.arrow")) as file, pa.ipc.new_stream(file, schema) as out:
            held: list[Batch] = []
            for batch in batches:
                held.append(batch)
                if sum(part.nbytes for part in held) >= _HELD_BYTES:
                    out.write_table(pa.Table.from_batches(held, schema).combine_chunks())
                    held = []
            out.write_table(pa.Table.from_batches(held, schema).combine_chunks())

    def rows(self, number: int) -> list[Batch]:
        """The rows of a task that is done."""
        with reading(join(self.folder, _ROWS, f"{number:08d}.arrow")) as file:
            table: pa.Table = pa.ipc.open_stream(file).read_all()
        return [batch for batch in table.combine_chunks().to_batches() if len(batch)]

    def done(self) -> set[int]:
        """The tasks whose rows are there."""
        return {int(name.removesuffix(".arrow")) for name in self._names(_ROWS) if name.endswith(".arrow")}

    def put_failure(self, told: Told) -> None:
        """Tell of a failure."""
        name = f"{time.time_ns():020d}-{os.getpid()}.json"
        write_json(join(self.folder, _FAILURES, name), asdict(told))

    def failures(self) -> list[Told]:
        """All failures, in their order."""
        found = [read_json(join(self.folder, _FAILURES, name)) for name in self._names(_FAILURES)]
        return [Told(one["task"], Failure(**one["failure"]), one["ending"]) for one in found if one]

    def put_verdict(self, task: int, verdict: CrawlsieveError) -> None:
        """Tell what no other attempt would change."""
        value = {"kind": type(verdict).__name__, "message": str(verdict)}
        write_json(join(self.folder, _VERDICTS, f"{task:08d}.json"), value)

    def verdict(self) -> CrawlsieveError | None:
        """The verdict of the first task that came to one."""
        for name in self._names(_VERDICTS)[:1]:
            found = read_json(join(self.folder, _VERDICTS, name)) or {}
            kind = getattr(errors, found["kind"], CrawlsieveError)
            return CrawlsieveError(found["message"]) if kind is CrawlsieveError else _of(kind, found["message"])
        return None

    def remove(self) -> None:
        """Remove the folder."""
        remove(self.folder)

    def _names(self, kind: str) -> list[str]:
        folder = join(self.folder, kind)
        system, _ = fsspec.core.url_to_fs(folder)
        system.invalidate_cache()
        return sorted(name for name in sizes(folder) if name.endswith((".arrow", ".json")))


def _of(kind: type[CrawlsieveError], message: str) -> CrawlsieveError:
    return kind(message)


def left_over(work: str, spared: Iterable[str]) -> list[str]:
    """Folders under `work` of runs that were killed."""
    system, place = fsspec.core.url_to_fs(work)
    system.invalidate_cache()
    if not system.isdir(place):
        return []
    names = {str(path).rstrip("/").rsplit("/", 1)[-1] for path in system.ls(place, detail=False)}
    found = [join(work, name) for name in sorted(names) if name.startswith(PREFIX)]
    return [folder for folder in found if folder not in set(spared)]
