"""Which row of one table is which row of another: by id, source path and offset."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from crawlsieve.dedup.partition import mix64
from crawlsieve.schemas.keys import ID

IDENTITY = ("id", "source_path", "source_offset")
"""Columns that name a record. One that is listed twice is there twice, and all that is known of it is there twice."""

_NO_DIGIT = 255
_DIGITS = np.full(256, _NO_DIGIT, np.uint8)
_DIGITS[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)


class Places:
    """Rows of a table, found by their identity, each of them once."""

    def __init__(self, identities: np.ndarray) -> None:
        """Of uint64[n], as `identities_of` makes them."""
        self._order = np.argsort(identities, kind="stable")
        self._sorted = identities[self._order]
        self._taken = np.zeros(len(identities), np.int64)

    def take(self, identities: np.ndarray) -> np.ndarray:
        """int64[k]: the row of each of uint64[k] identities, -1 where there is none, or none is left."""
        order = np.argsort(identities, kind="stable")
        asked = identities[order]
        first = np.searchsorted(self._sorted, asked)  # of sorted values it takes a tenth of the time
        there = first < len(self._sorted)
        at = np.where(there, first, 0)
        if len(self._sorted):
            at += np.where(there, self._taken[at], 0) + _times_before(asked)
        there &= at < len(self._sorted)
        there[there] = self._sorted[at[there]] == asked[there]
        np.add.at(self._taken, first[there], 1)
        found = np.full(len(identities), -1)
        found[order[there]] = self._order[at[there]]
        return found


def identities_of(rows: pa.Table | pa.RecordBatch) -> np.ndarray:
    """uint64[n]: a hash of IDENTITY; of different records of a range, two are the same once in a million ranges."""
    paths = _array(rows.column("source_path")).dictionary_encode()
    known = [xxhash.xxh3_64_intdigest(path.encode("utf-8", "surrogatepass")) for path in paths.dictionary.to_pylist()]
    mixed: np.ndarray = np.array(known, np.uint64)[paths.indices.to_numpy(zero_copy_only=False)]
    offsets = _array(rows.column("source_offset")).to_numpy(zero_copy_only=False).astype(np.uint64)
    for word in (offsets, *_hex_digits(rows.column("id")).view(np.uint64).T):
        mixed = mix64(mixed ^ word)
    return mixed


def binary_ids(ids: pa.Array | pa.ChunkedArray) -> pa.FixedSizeBinaryArray:
    """binary(16)[n] of ids in hex.

    Raises:
        ValueError: one has not 32 hex digits.
    """
    digits = _DIGITS[_hex_digits(ids)]
    if (digits == _NO_DIGIT).any():
        raise ValueError("an id has 32 hex digits")
    raw = (digits[:, 0::2] << 4) | digits[:, 1::2]
    return pa.FixedSizeBinaryArray.from_buffers(ID, len(digits), [None, pa.py_buffer(raw.tobytes())])


def _hex_digits(ids: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """uint8[n, 32]: the letters of ids, as they are."""
    text = _array(ids)
    if pc.any(pc.not_equal(pc.binary_length(text), 32)).as_py():
        raise ValueError("an id has 32 hex digits")
    _, offsets, data = text.buffers()
    begin = int(np.frombuffer(offsets, np.int32)[text.offset]) if len(text) else 0
    letters = np.frombuffer(data or b"", np.uint8)[begin : begin + 32 * len(text)]
    return letters.reshape(len(text), 32)


def _times_before(values: np.ndarray) -> np.ndarray:
    """int64[n]: how often each of uint64[n] ascending values stands before its place."""
    place = np.arange(len(values))
    begins = np.ones(len(values), np.bool_)
    begins[1:] = values[1:] != values[:-1]
    times: np.ndarray = place - np.maximum.accumulate(np.where(begins, place, 0))
    return times


def _array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
