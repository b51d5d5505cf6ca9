"""What happens in a worker of Ray: a task's shards or partitions, one after the other, and what it tells of them."""

import traceback
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
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

Messages: TypeAlias = tuple[pa.Buffer, ...]
"""Arrow IPC. A buffer goes to and from the object store without a copy; a batch would take its parent's along."""

Piece: TypeAlias = "Messages | Told | None"
"""What a task returns for a partition: None, if it has no rows there; Told, if it came to nothing."""


class Part(NamedTuple):
    """A shard, or a partition."""

    number: int
    name: str
    """What messages call it."""
    shard: bytes
    """Its row of the plan's source."""
    pieces: int
    """How many objects hold its rows, if it is a partition."""


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
    pieces: Sequence["Piece"]
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
        return merged(self.shared.stretch.before, self.shared.reads, _batches(self.pieces))


def last(shared: Shared, parts: list[Part], *pieces: "Piece") -> Told:
    """A task of the last stretch: its rows go to the driver."""
    rows: list[Batch] = []
    told = _attempted(shared, _calls(shared, parts, pieces), rows.append)
    return replace(told, rows=tuple(packed(batch) for batch in compact(rows))) if told.done else told


def scattered(shared: Shared, parts: list[Part], *pieces: "Piece") -> Iterator["Piece"]:
    """A task before an Exchange. Its returns: one object for each partition, None where it has no rows; then Told.

    What is held in memory is about 3 * HELD_BYTES and the rows for one partition; the others are in a temporary file.
    A task that came to nothing says so in every return: whoever reads it never takes that for no rows.
    """
    exchange = shared.stretch.after
    if exchange is None:
        message = "rows go to the driver where no Exchange follows"
        raise ValueError(message)
    with Shelf(exchange, shared.stretch.writes) as shelf:
        told = _attempted(shared, _calls(shared, parts, pieces, shelf), lambda _: None)
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


def _calls(shared: Shared, parts: list[Part], pieces: Sequence["Piece"], shelf: Shelf | None = None) -> list[Call]:
    given = iter(pieces)
    return [Call(shared, part, list(islice(given, part.pieces)), shelf) for part in parts]


def _batches(pieces: Sequence["Piece"]) -> Iterator[Batch]:
    """The batches of a partition, which stay in the object store.

    Raises:
        CrawlsieveError: what a task had returned was lost with its node, and the task failed when Ray repeated it.
    """
    for piece in pieces:
        if isinstance(piece, Told):
            why = piece.failure.why if piece.failure else ""
            raise piece.verdict or CrawlsieveError(
                f"{piece.part}: {why}. Its rows were lost with their node, and had to be made again. "
                "Finished shards are kept: run again"
            )
        for message in piece or ():
            yield unpacked(message)


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
