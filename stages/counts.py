"""The manifest rows that every pass returns: how many of what, in which step, of which shard."""

import pyarrow as pa

from crawlsieve.schemas.keys import COUNTS
from crawlsieve.stages.plan import Batch

PROGRESS = "progress"
"""Rows of COUNTS under this step tell how far a shard is; they are for whoever watches, and count nothing."""

NO_SHARD = -1
"""The shard of counts that belong to none."""


def counts(shard: int, rows: list[tuple[str, str, int]]) -> Batch:
    """A batch of COUNTS for one shard."""
    steps, names, values = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.RecordBatch.from_arrays(
        [pa.array([shard] * len(rows), pa.int32()), pa.array(steps), pa.array(names), pa.array(values, pa.int64())],
        schema=COUNTS,
    )
