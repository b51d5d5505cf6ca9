"""The staged keys of near-duplicates: of every shard, those of documents that are not removed yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.dedup.rounds import UNDECIDED
from crawlsieve.schemas.near import GONE, STATE
from crawlsieve.stages.curate_shard import staged_done
from crawlsieve.stages.files import join
from crawlsieve.stages.gone import rows_of_shard
from crawlsieve.stages.outcomes import staged_path
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.staging import read_all


@dataclass(frozen=True)
class Staged:
    """Where the staged keys of shards are, and which documents are not looked at.

    Attributes:
        work: folder of the staged shards.
        gone: folders of the removals by shard, as `gone.WriteRows` writes them.
        partitions: of those.
        order_columns: columns of the total order.
        bands: band keys of a document.
        undecided: folder of files of STATE by shard, if only documents that are undecided there are looked at.
    """

    work: str
    gone: tuple[str, ...]
    partitions: int
    order_columns: int
    bands: int
    undecided: str = ""

    def keys(self, shard: dict[str, Any]) -> Iterator[Batch]:
        """The staged keys of a shard."""
        number, folder = shard["shard"], join(self.work, shard["key"])
        removed = [rows_of_shard(place, number, self.partitions, GONE)["row"].to_numpy() for place in self.gone]
        gone = np.sort(np.concatenate([*removed, np.empty(0, np.int64)]))
        wanted = self._undecided(number)
        attempt = staged_done(self.work, shard["key"])["attempt"]
        for batch in read_all(staged_path(folder, attempt, "near_keys")):
            rows = batch.column("row").to_numpy()
            left = ~among(rows, gone) if wanted is None else among(rows, wanted)
            yield batch if left.all() else batch.filter(pa.array(left))

    def _undecided(self, shard: int) -> np.ndarray | None:
        """int64[k], ascending: the rows to look at; None: all."""
        if not self.undecided:
            return None
        states = rows_of_shard(self.undecided, shard, self.partitions, STATE)
        found: np.ndarray = states.filter(pc.equal(states["state"], UNDECIDED))["row"].to_numpy()
        return np.sort(found)


def among(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """bool[n]: which of int64[n] values are in int64[k], ascending."""
    if len(known) == 0:
        return np.zeros(len(values), np.bool_)
    found: np.ndarray = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
    return found


def at_rows(keys: Batch, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where rows stand in a batch of staged keys, whose rows are in no order.

    Args:
        keys: with a column `row`, each number once.
        rows: int64[k], any numbers.

    Returns:
        (int64[m]: places in the batch, int64[m]: which of `rows` each is).
    """
    own = keys.column("row").to_numpy()
    order = np.argsort(own)
    here = np.flatnonzero(among(rows, own[order]))
    return order[np.searchsorted(own[order], rows[here])], here


def made_batch(rows: Batch, schema: pa.Schema, made: dict[str, pa.Array]) -> Batch:
    """The columns of a schema, some of them made, the others those of `rows`."""
    columns = [made[name] if name in made else rows.column(name) for name in schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def taken_batch(rows: Batch, places: np.ndarray, schema: pa.Schema, made: dict[str, pa.Array]) -> Batch:
    """As `made_batch`, of the rows at int64[k] places; columns that the schema does not have are not copied."""
    wanted = rows.select([name for name in schema.names if name not in made])
    return made_batch(wanted.take(pa.array(places)), schema, made)


def band_matrix(keys: pa.FixedSizeBinaryArray) -> tuple[np.ndarray, np.ndarray]:
    """(int64[n, bands], bool[n]: whether there are keys) of a column of packed band keys."""
    return unpacked(keys, np.int64), pc.is_valid(keys).to_numpy(zero_copy_only=False)


def unpacked(column: pa.FixedSizeBinaryArray, kind: type[np.generic]) -> np.ndarray:
    """Numbers of one type, [n, k], that a column holds k to a value; what stands for null means nothing."""
    width = column.type.byte_width
    raw = np.frombuffer(column.buffers()[1] or b"", np.uint8)
    raw = raw[column.offset * width : (column.offset + len(column)) * width]
    return raw.view(kind).reshape(len(column), width // np.dtype(kind).itemsize)


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """The values of a column in one array."""
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays([*column.chunks, pa.array([], column.type)])
