"""A plan as engines do it: stretches of neighbouring Maps, one call a task, with an Exchange between two of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa

from crawlsieve.stages.plan import Batch, Exchange, Map, Plan


@dataclass(frozen=True)
class Stretch:
    """Neighbouring Maps, between two Exchanges. No row leaves a process between them."""

    maps: tuple[Map, ...]
    before: Exchange | None
    after: Exchange | None

    @property
    def writes(self) -> pa.Schema:
        """The schema of the rows that leave."""
        return self.maps[-1].writes

    @property
    def name(self) -> str:
        """Its Maps, as a job's graph shows them."""
        return ", ".join(step.label for step in self.maps)

    def rows(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """What the Maps make of a shard, or of a partition."""
        return reduce(lambda stream, step: step.fn(stream), self.maps, batches)


def stretches(plan: Plan) -> list[Stretch]:
    """The stretches of a plan.

    Raises:
        ValueError: it does not begin and end with a Map, or has two Exchanges side by side.
    """
    found: list[Stretch] = []
    maps: list[Map] = []
    before: Exchange | None = None
    for step in plan.steps:
        if isinstance(step, Map):
            maps.append(step)
            continue
        found.append(Stretch(tuple(maps), before, step))
        maps, before = [], step
    found.append(Stretch(tuple(maps), before, None))
    if not all(stretch.maps for stretch in found):
        message = "a plan begins and ends with a Map, and has one between two Exchanges"
        raise ValueError(message)
    return found


def shards(plan: Plan) -> list[Batch]:
    """One batch of one row for each shard, with buffers of its own."""
    return [plan.source.take(pa.array([number])) for number in range(len(plan.source))]


def task_name(shard: Batch | None, number: int) -> str:
    """What messages call a task: the path of its shard, or the number of its partition."""
    if shard is not None and "path" in shard.schema.names:
        return str(shard.column("path")[0])
    return f"partition {number}"
