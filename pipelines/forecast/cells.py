"""What became of the sampled records, summed by group: outcomes, rules, errors, steps that settled them."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.stages.plan import Batch

SAMPLED = pa.schema(
    [
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("group", pa.int32(), nullable=False),
        pa.field("step", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
    ]
)
"""What is returned of a shard: sums over the sampled records of each group, and of the whole shard under ALL."""

ALL = -1
"""The group of what the shard has as a whole, sampled or not."""

READER = "read"
"""The step that settles what the reader rejects or cannot read."""


class Cells:
    """Sums over one shard: (group, step, name) -> value."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[int, str, str]] = Counter()

    def add(self, group: int, step: str, name: str, value: float) -> None:
        """Add to one sum."""
        self._sums[group, step, name] += value  # type: ignore[assignment]  # Counter is typed for integers

    def by_group(self, step: str, name: str, groups: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Add a number of each record, 1 if not given, to the sum of its group."""
        for group, value in enumerate(np.bincount(groups, weights).tolist()):
            if value:
                self.add(group, step, name, value)

    def batch(self, shard: int) -> Batch:
        """The sums as rows of SAMPLED."""
        rows = [
            {"shard": shard, "group": group, "step": step, "name": name, "value": float(value)}
            for (group, step, name), value in sorted(self._sums.items())
        ]
        return pa.RecordBatch.from_pylist(rows, schema=SAMPLED)


def count_part(cells: Cells, part: Batch, groups: np.ndarray, step: str) -> None:
    """Count the rows of a batch that has left the chain, as `Outcomes` sorts them.

    Args:
        cells: gets the sums.
        part: as `run_chain` yields it.
        groups: int64[n], of each row, 0 or more.
        step: that settled the rows, if they are settled.
    """
    cells.by_group(READER, "sampled", groups)
    settled = part.column("settled").to_numpy(zero_copy_only=False)
    cells.by_group("settled", step, groups[settled])
    text = part.column("text")
    sizes = pc.fill_null(pc.binary_length(text), 0).to_numpy(zero_copy_only=False)
    lost = pc.is_null(text).to_numpy(zero_copy_only=False) & ~settled
    failed = pc.is_valid(part.column("error")).to_numpy(zero_copy_only=False) | lost
    broken = pc.greater(pc.list_value_length(part.column("reasons")), 0).to_numpy(zero_copy_only=False)
    outcomes = {"failed": failed, "rejected": broken & ~failed, "passed": ~(broken | failed)}
    for outcome, mask in outcomes.items():
        cells.by_group("outcome", outcome, groups[mask])
        cells.by_group("text_bytes", outcome, groups[mask], sizes[mask].astype(np.float64))
    errors = pc.if_else(pa.array(lost), "no_text", _kind(part.column("error")))
    _count_names(cells, "error", errors.filter(pa.array(failed)), (groups[failed], sizes[failed]))
    rejected = np.flatnonzero(outcomes["rejected"])
    reasons = part.column("reasons").take(pa.array(rejected))
    rows = rejected[pc.list_parent_indices(reasons).to_numpy(zero_copy_only=False)]
    _count_names(cells, "reason", reasons.flatten(), (groups[rows], sizes[rows]))


def shares(batch: Batch, groups: np.ndarray) -> Sequence[float]:
    """The part of the bytes of a batch (payload, text, and one for the record itself) that each group has."""
    sizes = np.ones(len(batch))
    for name in ("payload", "text"):
        sizes += pc.fill_null(pc.binary_length(batch.column(name)), 0).to_numpy(zero_copy_only=False)
    found: list[float] = (np.bincount(groups, sizes) / sizes.sum()).tolist()
    return found


def _kind(errors: pa.Array) -> pa.Array:
    """What stands before the first colon of an error."""
    return pc.list_element(pc.split_pattern(errors, ":", max_splits=1), 0)


def _count_names(cells: Cells, step: str, names: pa.Array, rows: tuple[np.ndarray, np.ndarray]) -> None:
    """Documents and bytes of each name."""
    groups, sizes = rows
    coded = pc.dictionary_encode(names)
    codes = coded.indices.to_numpy(zero_copy_only=False)
    for code, name in enumerate(coded.dictionary.to_pylist()):
        here = codes == code
        cells.by_group(step, name, groups[here])
        cells.by_group(f"{step}_bytes", name, groups[here], sizes[here].astype(np.float64))
