"""A plan as a pipeline of Beam. Labels come from the plan's names alone: they are the same in every run."""

from collections import Counter

import apache_beam as beam
import pyarrow as pa
from apache_beam.coders import Coder, registry

from crawlsieve.pipelines.engines.beam.scratch import Scratch
from crawlsieve.pipelines.engines.beam.task import Nothing, Shards, Tasks
from crawlsieve.pipelines.engines.ipc import packed, unpacked
from crawlsieve.pipelines.engines.stretches import stretches
from crawlsieve.stages.plan import Batch, Plan

_PIECE = tuple[int, pa.RecordBatch]


class BatchCoder(Coder):
    """Arrow IPC: pickle would ship the whole buffer behind a slice."""

    def encode(self, value: Batch) -> bytes:
        """As `packed`."""
        return packed(value)

    def decode(self, encoded: bytes) -> Batch:
        """As `unpacked`."""
        return unpacked(encoded)

    def is_deterministic(self) -> bool:
        """The same batch, the same bytes."""
        return True


registry.register_coder(pa.RecordBatch, BatchCoder)


class Labels:
    """Names for the steps of one plan; what comes again is numbered."""

    def __init__(self, plan: str) -> None:
        self._plan = plan
        self._seen: Counter[str] = Counter()

    def __call__(self, name: str) -> str:
        """`name`, or `name (2)`."""
        self._seen[name] += 1
        again = f" ({self._seen[name]})" if self._seen[name] > 1 else ""
        return f"{self._plan}: {name}{again}"


def build(pipeline: beam.Pipeline, plan: Plan, scratch: Scratch) -> None:
    """Add the steps of a plan to an empty pipeline.

    Args:
        pipeline: to which they are added.
        plan: what to do.
        scratch: holds the plan's source, and takes the rows of its last table.
    """
    label = Labels(plan.name)
    rows = pipeline | label("source") >> beam.Impulse()
    rows |= label("shards") >> beam.ParDo(Shards(scratch)).with_output_types(_PIECE)
    rows |= label("spread") >> beam.Reshuffle()
    arrives = None
    for stretch in stretches(plan):
        rows |= label(stretch.name) >> beam.ParDo(Tasks(stretch, arrives, scratch)).with_output_types(_PIECE)
        if stretch.after is None:
            return
        name, arrives = f"by {', '.join(stretch.after.by)}", stretch.writes
        empty = pipeline | label(f"{name}, partitions") >> beam.Impulse()
        empty |= label(f"{name}, empty") >> beam.ParDo(Nothing(stretch.after.partitions, arrives)).with_output_types(
            _PIECE
        )
        rows = (rows, empty) | label(f"{name}, all") >> beam.Flatten()
        rows |= label(name) >> beam.GroupByKey()
