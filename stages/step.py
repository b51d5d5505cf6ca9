"""What a step of the chain looks like, and how it marks rows. There is no base class: a step only has this shape."""

from typing import ClassVar, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.stages.plan import Batch


class Step(Protocol):
    """A frozen dataclass whose fields are its options, called with a batch of open rows (none is settled).

    The batch it returns has the same rows in the same order: rows leave by `reject`, `settle` or `fail`, never by being
    dropped. The runner counts.
    """

    version: ClassVar[int]
    """Raised by whoever changes what the step does with the same options: a resumed run then repeats it."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns it needs beyond those of RECORD."""

    @property
    def adds(self) -> pa.Schema:
        """Columns it appends to the batch. All of them are nullable and land in `signals/`."""

    @property
    def files(self) -> tuple[str, ...]:
        """Files whose content decides the result (models, lists): checked before, hashed into the task's key."""

    def check(self) -> None:
        """Look into what the step needs, before the run; its `files` are there.

        Raises:
            RecipeError: a file cannot be used, or does not have what an option names.
        """

    def __call__(self, batch: Batch) -> Batch:
        """The same rows, with the step's columns set."""


def replace(batch: Batch, name: str, values: pa.Array) -> Batch:
    """The batch with column `name` set to `values`; its field (type, doc) stays as declared."""
    place = batch.schema.get_field_index(name)
    return batch.set_column(place, batch.schema.field(place), values)


def append(batch: Batch, schema: pa.Schema, columns: list[pa.Array]) -> Batch:
    """The batch with `columns` added behind, declared by `schema`."""
    return pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=pa.schema([*batch.schema, *schema]))


def aligned(batch: Batch, schema: pa.Schema, made: dict[str, pa.Array]) -> Batch:
    """The columns of `schema`: from `made`, else the batch's own, else null."""
    there = set(batch.schema.names)
    columns = [
        made[field.name]
        if field.name in made
        else batch.column(field.name)
        if field.name in there
        else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def reject(batch: Batch, broken: dict[str, np.ndarray]) -> Batch:
    """Append to `reasons` the name of every rule whose bool[n] mask is set; the rows stay open.

    Args:
        batch: n rows.
        broken: name of the rule -> bool[n], true where the rule rejects the row. Names are appended in this order.
    """
    if not broken:
        return batch
    names = list(broken)
    masks = np.column_stack([np.asarray(mask, bool) for mask in broken.values()])
    old_offsets, old = _flat(batch.column("reasons"))
    new_row, new_rule = np.nonzero(masks)
    row = np.concatenate([np.repeat(np.arange(len(batch)), np.diff(old_offsets)), new_row])
    values = pa.concat_arrays([old, pa.array(names, pa.string()).take(pa.array(new_rule))])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(batch)))]).astype(np.int32)
    ordered = values.take(pa.array(np.argsort(row, kind="stable")))
    return replace(batch, "reasons", pa.ListArray.from_arrays(pa.array(offsets), ordered))


def settle(batch: Batch, broken: dict[str, np.ndarray]) -> Batch:
    """Like `reject`, and no later step looks at those rows."""
    if not broken:
        return batch
    closed = np.logical_or.reduce([np.asarray(mask, bool) for mask in broken.values()])
    settled = pc.or_(batch.column("settled"), pa.array(closed))
    return replace(reject(batch, broken), "settled", settled)


def fail(batch: Batch, errors: pa.Array) -> Batch:
    """Set `error` where `errors` (string[n]) is not null; those rows are settled, and lose their reasons.

    A record that failed is no rejected one: what earlier rules said of it was said of half a record.
    """
    failed = pc.is_valid(errors)
    batch = replace(batch, "error", pc.coalesce(batch.column("error"), errors))
    if pc.any(failed).as_py():
        lengths = np.where(failed.to_numpy(zero_copy_only=False), 0, np.diff(_flat(batch.column("reasons"))[0]))
        kept = batch.column("reasons").filter(pc.invert(failed)).flatten()
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        batch = replace(batch, "reasons", pa.ListArray.from_arrays(pa.array(offsets), kept))
    return replace(batch, "settled", pc.or_(batch.column("settled"), failed))


def _flat(lists: pa.ListArray) -> tuple[np.ndarray, pa.Array]:
    """int64[n+1] offsets beginning at 0, and the values of a list array that may be a slice."""
    offsets = np.concatenate([[0], np.cumsum(pc.list_value_length(lists).to_numpy(zero_copy_only=False))])
    return offsets, lists.flatten()
