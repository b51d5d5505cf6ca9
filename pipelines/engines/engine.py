"""What an engine is to the passes of a run: it does plans, one after the other, and says what it had to do again."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import pyarrow as pa

from crawlsieve.stages.plan import Batch, Plan

Watch = Callable[[Batch], None]


class Retried(NamedTuple):
    """A task that was begun again."""

    task: str
    """The path of its shard, or the number of its partition."""
    why: str


class Engine(Protocol):
    """Who does the tasks of a run. A CrawlsieveError is a verdict about the input; other errors are tried again."""

    @property
    def retried(self) -> list[Retried]:
        """What was begun again so far."""

    def prepare(self, tasks: int) -> None:
        """So many tasks will come soon: what can be started for them is."""

    def run(self, plan: Plan, watch: Watch) -> pa.Table:
        """Run a plan and return its last table, in order of shards or partitions.

        Args:
            plan: what to do.
            watch: is given batches of the last table as they arrive, also those of an attempt that is repeated later.

        Raises:
            CrawlsieveError: what a task raised; or one failed again and again.
        """


def nobody(_: Batch) -> None:
    """Watches nothing."""
