"""Which partition a row belongs to: our own function, so that partition 17 holds the same rows on every engine."""

import numpy as np
import pyarrow as pa

_MULTIPLIERS = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))


def mix64(values: np.ndarray) -> np.ndarray:
    """uint64[n]: the finaliser of MurmurHash3 (Appleby 2011), a bijection that spreads every bit of uint64[n]."""
    mixed = values.astype(np.uint64)
    for multiplier in _MULTIPLIERS:
        mixed = (mixed ^ (mixed >> np.uint64(33))) * multiplier
    spread: np.ndarray = mixed ^ (mixed >> np.uint64(33))
    return spread


def words_of(keys: pa.FixedSizeBinaryArray) -> np.ndarray:
    """uint64[n, 2]: 16-byte keys as two big-endian numbers, so that their order is the order of the bytes."""
    if keys.null_count:
        message = "a key must not be null"
        raise ValueError(message)
    data = keys.buffers()[1]
    if len(keys) == 0 or data is None:
        return np.empty((0, 2), np.uint64)
    raw = np.frombuffer(data, np.uint8)[keys.offset * 16 : (keys.offset + len(keys)) * 16]
    return raw.view(">u8").reshape(-1, 2).astype(np.uint64)


def hash_of(columns: list[pa.Array]) -> np.ndarray:
    """uint64[n]: one hash for each row of key columns.

    A single binary(16) column is taken as it is, since it is a hash already: its partitions are then ranges of the key,
    and a file cut by its leading bits can be read by partition.
    """
    if len(columns) == 1 and pa.types.is_fixed_size_binary(columns[0].type):
        return words_of(columns[0])[:, 0]
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        if pa.types.is_fixed_size_binary(column.type):
            mixed = mix64(mixed ^ words_of(column)[:, 0])
        else:
            mixed = mix64(mixed ^ column.to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64))
    return mixed


def partition_of(columns: list[pa.Array], partitions: int) -> np.ndarray:
    """int64[n] in [0, partitions): equal keys meet; partitions are ranges of the hash's top 32 bits."""
    top = hash_of(columns) >> np.uint64(32)
    return ((top * np.uint64(partitions)) >> np.uint64(32)).astype(np.int64)
