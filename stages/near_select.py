"""Near-duplicates without verification: the documents that are left, in total order, to those that are removed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.dedup.select import Selection, select
from crawlsieve.schemas.keys import ADDRESS
from crawlsieve.schemas.near import GONE, candidate_of
from crawlsieve.stages.curate_shard import staged_done
from crawlsieve.stages.files import join
from crawlsieve.stages.gone import rows_of_shard, without
from crawlsieve.stages.outcomes import staged_path
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.staging import read_all

_CUT = 65_536  # rows in a batch of what leaves


@dataclass(frozen=True)
class Staged:
    """Where the staged keys of shards are, and those that are removed already.

    Attributes:
        work: folder of the staged shards.
        gone: folder of the removals by shard, as `gone.WriteRows` writes them.
        partitions: of those.
        order_columns: columns of the total order.
        bands: band keys of a document.
    """

    work: str
    gone: str
    partitions: int
    order_columns: int
    bands: int

    def keys(self, shard: dict[str, object]) -> Iterator[Batch]:
        """The staged keys of a shard that are not removed."""
        removed = rows_of_shard(self.gone, int(str(shard["shard"])), self.partitions, GONE)["row"].to_numpy()
        folder = join(self.work, str(shard["key"]))
        attempt = staged_done(self.work, str(shard["key"]))["attempt"]
        for batch in read_all(staged_path(folder, attempt, "near_keys")):
            yield without(batch, np.sort(removed))


@dataclass(frozen=True)
class LoadCandidates:
    """Shards in, their remaining documents with all band keys out."""

    staged: Staged

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of `candidate_of`."""
        schema = candidate_of(self.staged.order_columns, self.staged.bands)
        for batch in shards:
            for shard in batch.to_pylist():
                for keys in self.staged.keys(shard):
                    made = {
                        "shard": pa.array(np.full(len(keys), shard["shard"], np.int32)),
                        "meet": pa.array(np.zeros(len(keys), np.int32)),
                    }
                    columns = [made[name] if name in made else keys.column(name) for name in schema.names]
                    yield pa.RecordBatch.from_arrays(columns, schema=schema)


@dataclass(frozen=True)
class Select:
    """Documents in total order in, the removed ones out.

    Memory: the band keys of all documents, 8 bytes each, and about 130 bytes a document.
    """

    documents: int
    bands: int

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of GONE, in total order."""
        keys = np.empty((self.documents, self.bands), np.int64)
        present = np.empty(self.documents, np.bool_)
        addresses: list[Batch] = []
        done = 0
        for batch in batches:
            rows = slice(done, done + len(batch))
            keys[rows], present[rows] = band_matrix(batch.column("band_keys"))
            addresses.append(batch.select(ADDRESS.names))
            done += len(batch)
        if done:
            table = pa.Table.from_batches(addresses).combine_chunks()
            yield from removed(table, select(keys[:done], present[:done]), "minhash_lsh")


def removed(documents: pa.Table, selection: Selection, method: str) -> Iterator[Batch]:
    """Rows of GONE for the documents (rows of ADDRESS, in one chunk) that a selection removes."""
    ids = one_array(documents["id"])
    rows = np.flatnonzero(~selection.kept)
    for begin in range(0, len(rows), _CUT):
        part = rows[begin : begin + _CUT]
        address = documents.select(ADDRESS.names).take(pa.array(part))
        columns = [
            *(one_array(column) for column in address.columns),
            pa.repeat(pa.scalar(method), len(part)),
            pa.array(selection.band[part]),
            pa.nulls(len(part), pa.float64()),
            ids.take(pa.array(selection.twin[part])),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=GONE)


def band_matrix(keys: pa.FixedSizeBinaryArray) -> tuple[np.ndarray, np.ndarray]:
    """(int64[n, bands], bool[n]: whether there are keys) of a column of packed band keys."""
    width = keys.type.byte_width
    data = keys.buffers()[1]
    present = pc.is_valid(keys).to_numpy(zero_copy_only=False)
    if len(keys) == 0 or data is None:
        return np.empty((len(keys), width // 8), np.int64), present
    raw = np.frombuffer(data, np.uint8)[keys.offset * width : (keys.offset + len(keys)) * width]
    return raw.view(np.int64).reshape(len(keys), -1), present


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """The values of a column in one array."""
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays([*column.chunks, pa.array([], column.type)])
