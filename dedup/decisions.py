"""Decisions, applied to rows that are addressed by (shard, row)."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.dedup.partition import words_of

_ROW_BITS = 40
_MOST_IDS = (2**31 - 1) // 32
"""Of one array: the offsets of a string array are int32."""
_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)


def address(shard: np.ndarray, row: np.ndarray) -> np.ndarray:
    """int64[n]: shard (< 2**23) and row (< 2**40) as one number."""
    packed: np.ndarray = (shard.astype(np.int64) << _ROW_BITS) | row
    return packed


class Decisions:
    """The decisions of one range of ids, looked up for batches of rows of that range."""

    def __init__(self, table: pa.Table) -> None:
        gone = table.filter(pc.is_valid(table["method"])).combine_chunks()
        places = address(gone["shard"].to_numpy(), gone["row"].to_numpy())
        order = np.argsort(places)
        self._places = places[order]
        self._gone = gone.take(pa.array(order))
        kept = table.filter(pc.is_null(table["method"])).combine_chunks()
        self._kept_ids = kept["id"]
        self._numbers = kept["duplicates"]

    def removed(self, shard: int, row: np.ndarray) -> np.ndarray:
        """int64[n]: the place of each row's decision in this table, -1 where the row is kept."""
        wanted = address(np.full(len(row), shard), row)
        at = np.searchsorted(self._places, wanted)
        found = at < len(self._places)
        found[found] = self._places[at[found]] == wanted[found]
        return np.where(found, at, -1)

    def columns(self, places: np.ndarray, names: tuple[str, ...]) -> dict[str, pa.Array]:
        """The named columns of decisions at `places`."""
        taken = self._gone.select(list(names)).take(pa.array(places)).combine_chunks()
        return {name: taken[name].combine_chunks() for name in names}

    def duplicates(self, ids: pa.Array) -> pa.Array:
        """int64[n]: how many removed documents each id stands for."""
        if len(self._kept_ids) == 0:
            return pa.array(np.zeros(len(ids), np.int64))
        at = pc.index_in(ids, value_set=self._kept_ids)
        return pc.fill_null(self._numbers.take(at).combine_chunks(), 0)


def hexadecimal(ids: pa.Array) -> pa.Array:
    """string[n]: 32 lower-case hex digits of each binary(16) id, null where it is null.

    Raises:
        ValueError: there are more ids than one string array can hold.
    """
    if len(ids) > _MOST_IDS:
        raise ValueError(f"{len(ids)} ids at once, {_MOST_IDS} ids are most: cut the batch")
    filled = pc.fill_null(ids, b"\0" * 16)
    words = words_of(filled.cast(pa.binary(16))).astype(">u8")
    raw = np.frombuffer(words.tobytes(), np.uint8)
    text = np.column_stack([_DIGITS[raw >> 4], _DIGITS[raw & 15]])
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * 32
    named = pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets.tobytes()), pa.py_buffer(text.tobytes()))
    return pc.if_else(pc.is_valid(ids), named, None)
