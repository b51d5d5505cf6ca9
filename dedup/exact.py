"""Exact duplicates: 128-bit keys, the total order of documents as integers, and the walk that finds each key's winner.

Rows come sorted and keep their order. A walk over n rows costs n steps of compiled code and no Python call a row.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from crawlsieve.dedup.partition import words_of
from crawlsieve.kernel import kernel

LAST = np.iinfo(np.int64).max
"""Order of a document whose value is unknown: behind every other."""

_MILLIONTHS = 1e6
_EDGE = float(2**63 - 1024)
"""The largest float64 below 2**63."""


def hash_pieces(data: np.ndarray, offsets: np.ndarray, valid: np.ndarray) -> pa.FixedSizeBinaryArray:
    """binary(16)[n]: XXH3-128 of each piece, null where `valid` is false.

    Args:
        data: uint8[m].
        offsets: int64[n + 1], piece i is data[offsets[i]:offsets[i + 1]].
        valid: bool[n].
    """
    view = memoryview(data.data)
    ends = offsets.tolist()
    digest = xxhash.xxh3_128_digest
    raw = b"".join([digest(view[start:end]) for start, end in pairwise(ends)])
    bitmap = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(ends) - 1, [bitmap, pa.py_buffer(raw)])


def order_of(values: pa.Array, *, highest_first: bool) -> pa.Array:
    """int64[n], never null: smaller is better, unknown (null, NaN) is LAST.

    Integers, times and booleans count as they are, within 2**63 - 2 of zero; floats in millionths, rounded half to
    even, so that no later sum or engine can tip an order.

    Raises:
        TypeError: the column has no order (text, lists).
    """
    kind = values.type
    known = pc.is_valid(values).to_numpy(zero_copy_only=False)
    if pa.types.is_floating(kind):
        floats = pc.fill_null(values.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        known &= ~np.isnan(floats)
        scaled = np.rint(np.where(known, floats, 0.0) * _MILLIONTHS)
        order = np.clip(scaled, -_EDGE, _EDGE).astype(np.int64)
    elif has_order(kind):
        order = _integers(values)
    else:
        raise TypeError(f"a column of type {kind} has no order")
    if highest_first:
        order = ~order  # -1 - x: reverses the order and overflows nowhere
    return pa.array(np.where(known, np.minimum(order, LAST - 1), LAST))


def has_order(kind: pa.DataType) -> bool:
    """Whether documents can be put in order by a column of this type."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_date(kind)
    )


def walk_runs(batches: Iterator[pa.RecordBatch], method: str, key: str = "key") -> Iterator[pa.RecordBatch]:
    """Mark the losers of every run of equal keys: the first row that is still there wins.

    Args:
        batches: rows sorted by `key`, then from best to worst; a run may go over any number of batches. Columns used:
            `key` and `id` binary(16), `gone` int32 (0 or 1), `method` string, `twin_id` binary(16). A row whose key is
            null shares it with nobody.
        method: what the losers' `method` becomes.
        key: name of the key column.

    Yields:
        The same batches; losers have gone = 1, `method`, and the winner's id as `twin_id`. Rows that were gone stay as
        they were, and never win.
    """
    head = Head()
    for batch in batches:
        if len(batch) == 0:
            yield batch
            continue
        lost, winner = head.first_in_run(batch.column(key), batch.column("gone"), batch.column("id"))
        yield _marked(batch, lost, winner, method)


class Head:
    """The key of the run that the rows seen so far end with, and the id of its winner if it has one."""

    def __init__(self) -> None:
        self._key = np.zeros(2, np.uint64)
        self._known = False
        self._winner = pa.nulls(1, pa.binary(16))

    def first_in_run(self, keys: pa.Array, gone: pa.Array, ids: pa.Array) -> tuple[np.ndarray, pa.Array]:
        """Who loses, and against whom.

        Args:
            keys: binary(16)[n], n >= 1, equal ones side by side; null is equal to nothing.
            gone: int32[n], 0 where the row can win or lose.
            ids: binary(16)[n].

        Returns:
            (bool[n], binary(16)[n]: the winner's id where the row lost, else null).
        """
        shared = pc.is_valid(keys).to_numpy(zero_copy_only=False)
        words = words_of(pc.fill_null(keys, bytes(16)))
        live = gone.to_numpy(zero_copy_only=False) == 0
        winner = np.empty(len(words), np.int64)
        state = np.array([self._known, self._winner.is_valid()[0].as_py()], np.bool_)
        last = _walk((words, shared, live), self._key, state, winner)
        candidates = pa.concat_arrays([self._winner, ids])
        lost = winner >= 0
        names = candidates.take(pa.array(winner, mask=~lost))
        self._known = bool(state[0])
        self._winner = candidates.take(pa.array([last])) if state[1] else pa.nulls(1, pa.binary(16))
        return lost, names


@kernel
def _walk(
    rows: tuple[np.ndarray, np.ndarray, np.ndarray], key: np.ndarray, state: np.ndarray, winner: np.ndarray
) -> int:
    """Set winner[i] to 1 + the index of the row that row i lost against, 0 for the carried one, -1 if it did not lose.

    Args:
        rows: keys uint64[n, 2], shared bool[n] (false: no key), live bool[n].
        key: uint64[2], key of the present run; updated.
        state: bool[2]: whether there is a present run, and whether it has a winner; updated.
        winner: int64[n], written.

    Returns:
        1 + the index of the present run's winner, 0 for the carried one; meaningless without one.
    """
    words, shared, live = rows
    best = 0
    for i in range(words.shape[0]):
        winner[i] = -1
        if not shared[i]:
            continue
        if not state[0] or words[i, 0] != key[0] or words[i, 1] != key[1]:
            key[0], key[1] = words[i, 0], words[i, 1]
            state[0], state[1] = True, False
        if live[i] and state[1]:
            winner[i] = best
        elif live[i]:
            state[1] = True
            best = i + 1
    return best


def _marked(batch: pa.RecordBatch, lost: np.ndarray, winner: pa.Array, method: str) -> pa.RecordBatch:
    """The batch with the losers' columns set."""
    mask = pa.array(lost)
    columns = {
        "gone": pc.if_else(mask, pa.scalar(1, pa.int32()), batch.column("gone")),
        "method": pc.if_else(mask, pa.scalar(method), batch.column("method")),
        "twin_id": pc.if_else(mask, winner, batch.column("twin_id")),
    }
    for name, values in columns.items():
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, batch.schema.field(place), values)
    return batch


def _integers(values: pa.Array) -> np.ndarray:
    """int64[n] of integers, booleans, dates and times; unsigned values above 2**63 - 2 are that."""
    kind = values.type
    if pa.types.is_uint64(kind):
        values = pc.min_element_wise(values, pa.scalar(LAST - 1, pa.uint64()))
    elif pa.types.is_date32(kind):
        values = values.cast(pa.int32())
    filled: np.ndarray = pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return filled
