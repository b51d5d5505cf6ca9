"""Near-duplicates without verification: the documents that are left, in total order, to those that are removed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crawlsieve.dedup.select import Selection, select
from crawlsieve.schemas.keys import ADDRESS
from crawlsieve.schemas.near import GONE, candidate_of
from crawlsieve.stages.near.staged import Staged, band_matrix, made_batch, one_array
from crawlsieve.stages.plan import Batch

AT_FIRST = 1 << 24
"""Documents for which there is room at once. After rounds few of all are left, and nobody knows how many."""

CUT = 65_536
"""Rows in a batch of what leaves."""


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
                    yield made_batch(keys, schema, made)


@dataclass(frozen=True)
class Select:
    """Documents in total order in, the removed ones out.

    Memory: 12 bytes for each band key of each document, and about 130 bytes a document.
    """

    documents: int
    bands: int

    @staticmethod
    def memory(documents: int, bands: int) -> int:
        """Bytes that a walk over so many documents takes at most."""
        return documents * (12 * bands + 130)

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of GONE, in total order."""
        keys, present = self._room(min(self.documents, AT_FIRST))
        addresses: list[Batch] = []
        done = 0
        for batch in batches:
            rows = slice(done, done + len(batch))
            if rows.stop > len(keys):
                small, few = keys, present
                keys, present = self._room(min(self.documents, 2 * len(small)))
                keys[:done], present[:done] = small[:done], few[:done]
            keys[rows], present[rows] = band_matrix(batch.column("band_keys"))
            addresses.append(batch.select(ADDRESS.names))
            done += len(batch)
        if done:
            table = pa.Table.from_batches(addresses).combine_chunks()
            yield from removed(table, select(keys[:done], present[:done]), "minhash_lsh")

    def _room(self, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """(int64[rows, bands], bool[rows]); what is never written takes no memory."""
        return np.empty((rows, self.bands), np.int64, order="F"), np.empty(rows, np.bool_)


def removed(documents: pa.Table, selection: Selection, method: str) -> Iterator[Batch]:
    """Rows of GONE for the documents (rows of ADDRESS, in one chunk) that a selection removes."""
    ids = one_array(documents["id"])
    rows = np.flatnonzero(~selection.kept)
    for begin in range(0, len(rows), CUT):
        part = rows[begin : begin + CUT]
        made = {
            "method": pa.repeat(pa.scalar(method), len(part)),
            "band": pa.array(selection.band[part]),
            "similarity": pa.nulls(len(part), pa.float64()),
            "twin_id": ids.take(pa.array(selection.twin[part])),
        }
        address = documents.select(ADDRESS.names).take(pa.array(part))
        yield made_batch(address.combine_chunks().to_batches()[0], GONE, made)
