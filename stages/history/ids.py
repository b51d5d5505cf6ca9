"""Whose keys a history holds: beside a filter, files of (key, id) in order, one for each publication that added to it.

Parquet with checksums of its pages. A row group covers a narrow range of keys, so that a search reads only those that
hold one of the keys that are looked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.schemas.history import KEY_ID
from crawlsieve.schemas.keys import ID
from crawlsieve.stages.files import join, reading, writing
from crawlsieve.stages.history.head import HistoryError
from crawlsieve.stages.history.index import Generation
from crawlsieve.stages.plan import Batch

_DIGITS = np.full(256, 255, np.uint8)
_DIGITS[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16, dtype=np.uint8)


@contextmanager
def writing_ids(path: str) -> Iterator[pq.ParquetWriter]:
    """A writer of rows of KEY_ID, given in order; the file appears when the block ends without an error."""
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": ["band_key"]}  # random numbers
    with writing(path) as file, pq.ParquetWriter(file, KEY_ID, write_page_checksum=True, **plain) as writer:
        yield writer


class Ids:
    """The files of ids of one filter, opened once.

    Raises:
        HistoryError: one is not there, or has another size than its generation says.
    """

    def __init__(self, generation: Generation, number: int) -> None:
        self._files = []
        for stored in generation.ids.get(number, ()):
            path = join(generation.index, stored.path)
            try:
                file = reading(path)
                found = file.seek(0, 2)
            except FileNotFoundError:
                raise HistoryError(f"{path} is not there, and {generation.name} lists it. Restore it.") from None
            if found != stored.bytes:
                raise HistoryError(f"{path} is damaged: it has {found:,} bytes, not {stored.bytes:,}. Restore it.")
            self._files.append((path, file))

    def find(self, keys: np.ndarray) -> pa.Array:
        """The document that each key of int64[n], ascending, was first published with; null where there is none.

        Of several documents in one publication, the one with the smallest id.

        Raises:
            HistoryError: a file is damaged.
        """
        found = pa.nulls(len(keys), ID)
        for path, file in self._files:
            try:
                found = pa.compute.coalesce(found, _find(file, keys))
            except (pa.ArrowException, OSError) as error:
                raise HistoryError(f"{path} is damaged: {str(error).splitlines()[0]}. Restore it.") from None
        return found

    def close(self) -> None:
        """Close the files."""
        for _, file in self._files:
            file.close()


def _find(file: object, keys: np.ndarray) -> pa.Array:
    """In one file. Row groups in which no key can be are not read."""
    stored = pq.ParquetFile(file, page_checksum_verification=True)
    places, ids, start = np.full(len(keys), -1), [pa.array([], ID)], 0
    for number in range(stored.num_row_groups):
        bounds = stored.metadata.row_group(number).column(0).statistics
        first, last = np.searchsorted(keys, bounds.min), np.searchsorted(keys, bounds.max, side="right")
        if first == last:
            continue
        rows = stored.read_row_group(number).combine_chunks()
        here = rows["band_key"].to_numpy()
        at = np.searchsorted(here, keys[first:last])
        hit = (places[first:last] < 0) & (here[np.minimum(at, len(here) - 1)] == keys[first:last])
        places[first:last][hit] = start + at[hit]
        ids += rows["id"].chunks
        start += len(rows)
    return pa.concat_arrays(ids).take(pa.array(places, mask=places < 0))


def binary_ids(ids: pa.Array) -> pa.Array:
    """binary(16)[n] of string[n]: 32 lower-case hexadecimal digits each.

    Raises:
        ValueError: one is not of that shape.
    """
    if len(ids) == 0:
        return pa.array([], ID)
    offsets = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1]
    digits = _DIGITS[np.frombuffer(ids.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]]
    if ids.null_count or (np.diff(offsets) != 32).any() or (digits == 255).any():
        raise ValueError("an id has 32 hexadecimal digits")
    digits = digits.reshape(-1, 2)
    packed = np.ascontiguousarray(digits[:, 0] << 4 | digits[:, 1])
    return pa.FixedSizeBinaryArray.from_buffers(ID, len(ids), [None, pa.py_buffer(packed.tobytes())])


def key_ids(rows: Batch) -> Batch:
    """The columns of KEY_ID."""
    return pa.RecordBatch.from_arrays([rows.column(name) for name in KEY_ID.names], schema=KEY_ID)
