"""The steps of a recipe, one after the other over a batch, with every row counted in and out of each."""

import time
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.stages.plan import Batch
from crawlsieve.stages.step import Step

Tally = Counter[tuple[str, str]]
"""(step, what is counted) -> how many."""


def run_chain(steps: tuple[tuple[str, Step], ...], batch: Batch, tally: Tally) -> Iterator[Batch]:
    """As `run_steps`, for those who do not ask how far the rows came."""
    return (part for _, part in run_steps(steps, batch, tally))


def run_steps(steps: tuple[tuple[str, Step], ...], batch: Batch, tally: Tally) -> Iterator[tuple[int, Batch]]:
    """The rows of `batch` as they leave the chain, in one or more batches: those settled on the way, then the rest.

    Args:
        steps: (name in the recipe, step), in order.
        batch: open and settled rows from the reader.
        tally: gets `rows_in`, `rows_out`, `settled` and `microseconds` of each step, and `text_bytes` of the rows that
            it leaves open.

    Yields:
        (how many steps left the rows open, the rows): what the third step settles, two have left open.
    """
    settled, batch = split(batch)
    if len(settled):
        yield 0, settled
    for passed, (name, step) in enumerate(steps):
        if len(batch) == 0:
            return
        start = time.perf_counter_ns()
        left = step(batch)
        tally[name, "microseconds"] += (time.perf_counter_ns() - start) // 1000
        tally[name, "rows_in"] += len(batch)
        tally[name, "rows_out"] += len(left)
        settled, batch = split(left)
        if len(settled):
            tally[name, "settled"] += len(settled)
            yield passed, settled
        tally[name, "text_bytes"] += text_bytes(batch)
    if len(batch):
        yield len(steps), batch


def text_bytes(batch: Batch) -> int:
    """UTF-8 bytes of the texts of the batch."""
    return pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0


def split(batch: Batch) -> tuple[Batch, Batch]:
    """The settled rows, and the open ones."""
    mask = batch.column("settled")
    count = pc.sum(mask).as_py() or 0
    if count == 0:
        return batch.slice(0, 0), batch
    if count == len(batch):
        return batch, batch.slice(0, 0)
    return batch.filter(mask), batch.filter(pc.invert(mask))


def added(steps: tuple[tuple[str, Step], ...]) -> pa.Schema:
    """Every column that the steps append, in order: the signals of a recipe."""
    return pa.schema([field for _, step in steps for field in step.adds])
