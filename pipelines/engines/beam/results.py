"""What the driver of a pipeline sees while it runs: the rows of tasks that are done, and a verdict, as they appear."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pyarrow as pa

from crawlsieve.pipelines.engines.beam.scratch import Scratch
from crawlsieve.pipelines.engines.engine import Watch
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Batch

Told = set[int]
"""Tasks whose rows were given to who watches; an attempt after that does not give them again."""


@dataclass
class Results:
    """The rows that tasks leave under a folder."""

    scratch: Scratch
    watch: Watch
    told: Told
    found: dict[int, list[Batch]] = field(default_factory=dict)
    trouble: Exception | None = None
    """What whoever watches raised while the pipeline ran."""

    def look(self) -> None:
        """Take what is new."""
        for number in sorted(self.scratch.done() - self.found.keys()):
            self.found[number] = self.scratch.rows(number)
            if number not in self.told:
                self.told.add(number)
                for batch in self.found[number]:
                    self.watch(batch)

    @contextmanager
    def watched(self, every: float, verdict: Callable[[], None]) -> Iterator[None]:
        """Look again and again while the block runs.

        Args:
            every: seconds between two looks.
            verdict: is called when a task has come to a verdict: what still runs is for nothing.
        """
        over = threading.Event()

        def look_on() -> None:
            while not over.wait(every):
                try:
                    with suppress(OSError):  # it is there the next time, or it fails when the block has ended
                        self.look()
                        if self.scratch.verdict() is not None:
                            verdict()
                            return
                except Exception as error:  # noqa: BLE001 - of who watches; raised with the table
                    self.trouble = error
                    return

        thread = threading.Thread(target=look_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def table(self, tasks: int, schema: pa.Schema) -> pa.Table:
        """The rows of all tasks, in their order.

        Raises:
            CrawlsieveError: a task left none.
        """
        if self.trouble is not None:
            raise self.trouble
        self.look()
        missing = set(range(tasks)) - self.found.keys()
        if missing:
            raise CrawlsieveError(
                f"{len(missing)} tasks left no rows under {self.scratch.folder}: do the workers reach that folder?"
            )
        return pa.Table.from_batches([batch for number in range(tasks) for batch in self.found[number]], schema)
