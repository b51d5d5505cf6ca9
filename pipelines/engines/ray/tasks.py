"""What happens in a worker of Ray: a task's shards or partitions, one after the other, and what it tells of them."""

import traceback
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple, Self, TypeAlias

import pyarrow as pa
import ray

from crawlsieve import __version__
from crawlsieve.pipelines.engines.attempts import Failure, attempt
from crawlsieve.pipelines.engines.engine import Watch
from crawlsieve.pipelines.engines.exchange import HELD_BYTES, cut, merged
from crawlsieve.pipelines.engines.ipc import compact, packed, unpacked
from crawlsieve.pipelines.engines.stretches import Stretch
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Batch, Exchange

KILLED = Failure("its worker process was killed (out of memory?)", lost=True)

DEATHS = 5
"""After so many, a task is not begun again: Ray by itself begins one without end that exceeds a node's memory."""

FETCHED = 64
"""Objects that are asked for at once, at most."""

Messages: TypeAlias = tuple[pa.Buffer, ...]
"""Arrow IPC. A buffer goes to and from the object store without a copy; a batch would take its parent's along."""


class Part(NamedTuple):
    """A shard, or a partition."""

    number: int
    name: str
    """What messages call it."""
    shard: bytes
    """Its row of the plan's source."""
    pieces: list["ray.ObjectRef[Any]"]
    """Its pieces, if it is a partition; objects in a list are not fetched before the task begins."""


@dataclass(frozen=True)
class Shared:
    """What the tasks of a stretch have in common: it is put into the cluster once."""

    stretch: Stretch
    reads: pa.Schema | None
    """The schema of the pieces of a partition."""
    version: str = __version__
    """Of the driver."""


@dataclass(frozen=True)
class Told:
    """What a task tells of itself."""

    rows: tuple[bytes, ...] = ()
    """Of the plan's last table."""
    verdict: CrawlsieveError | None = None
    failure: Failure | None = None
    part: str = ""
    """Which of its parts failed."""
    report: str = ""
    """The stack trace."""
    deaths: int = 0
    """How often Ray had begun it before."""

    @property
    def done(self) -> bool:
        """Whether the task came to its end."""
        return self.verdict is None and self.failure is None


@dataclass
class Call:
    """One call of a stretch's function."""

    shared: Shared
    part: Part
    shelf: "Shelf | None" = None
    """Where its rows go; if there is none, they are rows of the last table."""
    report: str = ""
    """The stack trace of what it raised."""

    @property
    def number(self) -> int:
        """As the part's."""
        return self.part.number

    @property
    def name(self) -> str:
        """As the part's."""
        return self.part.name

    def __call__(self, yields: Watch) -> None:
        """Run it."""
        try:
            batches = self.shared.stretch.rows(self._source())
            if self.shelf is not None:
                self.shelf.fill(batches)
                return
            for batch in batches:
                yields(batch)
        except Exception:
            self.report = traceback.format_exc()  # for the driver: here it goes to a file that few will find
            raise

    def _source(self) -> Iterator[Batch]:
        if self.shared.reads is None or self.shared.stretch.before is None:
            return iter([unpacked(self.part.shard)])
        return merged(self.shared.stretch.before, self.shared.reads, fetched(self.part.pieces))


def last(shared: Shared, parts: list[Part]) -> Told:
    """A task of the last stretch: its rows go to the driver."""
    rows: list[Batch] = []
    told = _attempted(shared, [Call(shared, part) for part in parts], rows.append)
    return replace(told, rows=tuple(packed(batch) for batch in compact(rows))) if told.done else told


def scattered(shared: Shared, parts: list[Part], exchange: Exchange) -> Iterator[Messages | Told | None]:
    """A task before an Exchange. Its returns: one object for each partition, None where it has no rows; then Told.

    What is held in memory is about 3 * HELD_BYTES and the rows for one partition; the others are in a temporary file.
    A task that came to nothing says so in every return: whoever reads it never takes that for no rows.
    """
    with Shelf(exchange, shared.stretch.writes) as shelf:
        told = _attempted(shared, [Call(shared, part, shelf) for part in parts], lambda _: None)
        for number in range(exchange.partitions):
            yield shelf.messages(number) if told.done else told
        yield told


class Shelf:
    """Pieces by partition, in memory as long as they are small, then in a temporary file."""

    def __init__(self, exchange: Exchange, schema: pa.Schema) -> None:
        self._exchange, self._schema = exchange, schema
        self._file = SpooledTemporaryFile(max_size=HELD_BYTES, prefix="crawlsieve-exchange-")  # noqa: SIM115 - closed in __exit__
        self._places: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def fill(self, batches: Iterator[Batch]) -> None:
        """Cut rows, and put them where they belong."""
        for number, rows in cut(self._exchange, self._schema, batches):
            message = packed(rows)
            self._places[number].append((self._file.tell(), len(message)))
            self._file.write(message)

    def messages(self, number: int) -> Messages | None:
        """The pieces of a partition."""
        found = []
        for place, size in self._places.get(number, ()):
            self._file.seek(place)
            found.append(pa.py_buffer(self._file.read(size)))
        return tuple(found) or None


def fetched(pieces: list["ray.ObjectRef[Any]"]) -> Iterator[Batch]:
    """The batches of a partition, object by object, about HELD_BYTES at a time; they stay in the object store.

    Raises:
        CrawlsieveError: an object was lost with its node, and could not be made again.
    """
    place, count = 0, 1
    while place < len(pieces):
        size = 0
        for messages in _get(pieces[place : place + count]):
            for message in messages or ():
                size += message.size
                yield unpacked(message)
        place += count
        count = min(FETCHED, max(1, count * HELD_BYTES // size)) if size else FETCHED


def _get(pieces: list["ray.ObjectRef[Any]"]) -> list[Messages | None]:
    try:
        found: list[Messages | Told | None] = ray.get(pieces)
    except (ray.exceptions.ObjectLostError, ray.exceptions.WorkerCrashedError) as error:
        raise CrawlsieveError(_lost(type(error).__name__)) from error
    for told in found:
        if isinstance(told, Told):
            raise told.verdict or CrawlsieveError(f"{told.part}: {_lost(told.failure.why if told.failure else '')}")
    return [messages for messages in found if not isinstance(messages, Told)]


def _lost(why: str) -> str:
    return (
        f"rows of an Exchange were lost with their node, and could not be made again ({why}). "
        "Finished shards are kept: run again"
    )


def _attempted(shared: Shared, calls: list[Call], yields: Watch) -> Told:
    """Do some calls, up to the first that fails."""
    if shared.version != __version__:
        return Told(verdict=CrawlsieveError(f"crawlsieve is {shared.version} here, but {__version__} on a node of Ray"))
    deaths = _begun_before()
    for call in calls:
        if deaths >= DEATHS:
            return Told(verdict=CrawlsieveError(f"{call.name}: {KILLED.why}, {deaths} times"))
        try:
            failure = attempt(call, yields)
        except CrawlsieveError as verdict:
            return Told(verdict=verdict)
        if failure is not None:
            report = call.report if failure.reported else ""
            return Told(failure=failure, part=call.name, report=report, deaths=deaths)
    return Told(deaths=deaths)


def _begun_before() -> int:
    """How often Ray had begun this task before; it says so nowhere in public."""
    worker: Any = ray._private.worker.global_worker  # noqa: SLF001
    begun: int = worker.core_worker.get_current_task_attempt_number()
    return begun
