"""The passes that ask a history about the documents of a run: keys to their filters, hits back to their shards.

A worker holds one filter at a time, of FILTER_BYTES at most unless the index has fewer slices than it should.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.schemas.history import ASKED, HIT
from crawlsieve.schemas.keys import ADDRESS, ID
from crawlsieve.schemas.near import GONE
from crawlsieve.stages.decide import HISTORY
from crawlsieve.stages.history.filters import by_filter
from crawlsieve.stages.history.ids import Ids
from crawlsieve.stages.history.index import Generation
from crawlsieve.stages.near.staged import Staged, band_matrix
from crawlsieve.stages.plan import Batch


@dataclass(frozen=True)
class LoadKeys:
    """Shards in, a row for each band key of each remaining document out."""

    staged: Staged
    generation: Generation

    def __call__(self, shards: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of ASKED."""
        for batch in shards:
            for shard in batch.to_pylist():
                for keys in self.staged.keys(shard):
                    matrix, present = band_matrix(keys.column("band_keys"))
                    matrix = np.ascontiguousarray(matrix[present])
                    rows = pa.array(np.repeat(np.flatnonzero(present), self.generation.made.size.bands))
                    columns = [
                        pa.array(np.full(len(rows), shard["shard"], np.int32)),
                        keys.column("row").take(rows),
                        keys.column("id").take(rows),
                        pa.array(self.generation.asked(matrix).ravel()),
                        pa.array(matrix.ravel()),
                    ]
                    yield pa.RecordBatch.from_arrays(columns, schema=ASKED)


@dataclass(frozen=True)
class Look:
    """Keys sorted by filter, then key, in; those that the history holds out."""

    generation: Generation

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of HIT. With ids, a key that no file of ids has is none: the filter erred."""
        for number, parts in groupby(by_filter(batches), key=lambda part: part[0]):
            if number not in self.generation.filters:
                continue
            bloom = self.generation.load(number)
            ids = Ids(self.generation, number) if self.generation.made.ids else None
            for _, rows in parts:
                found = bloom.contains(rows.column("band_key").to_numpy().reshape(-1, 1))[:, 0]
                held = rows.filter(pa.array(found))
                twins = ids.find(held.column("band_key").to_numpy()) if ids else pa.nulls(len(held), ID)
                yield self._hits(held, twins, self.generation.made.size.band_of(number))
            if ids:
                ids.close()

    def _hits(self, held: Batch, twins: pa.Array, band: int) -> Batch:
        columns = [*(held.column(name) for name in ADDRESS.names), pa.array(np.full(len(held), band, np.int32)), twins]
        hits = pa.RecordBatch.from_arrays(columns, schema=HIT)
        return hits.filter(pc.is_valid(hits.column("twin_id"))) if self.generation.made.ids else hits


@dataclass(frozen=True)
class LowestBand:
    """Hits sorted by shard, row and band in; one row for each document out."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of GONE."""
        before = (-1, -1)
        for batch in batches:
            if len(batch) == 0:
                continue
            shards, rows = (batch.column(name).to_numpy() for name in ("shard", "row"))
            first = np.ones(len(batch), np.bool_)
            first[1:] = (shards[1:] != shards[:-1]) | (rows[1:] != rows[:-1])
            first[0] = (int(shards[0]), int(rows[0])) != before
            before = (int(shards[-1]), int(rows[-1]))
            hits = batch.filter(pa.array(first))
            made = {"method": pa.repeat(pa.scalar(HISTORY), len(hits)), "similarity": pa.nulls(len(hits), pa.float64())}
            columns = [made[name] if name in made else hits.column(name) for name in GONE.names]
            yield pa.RecordBatch.from_arrays(columns, schema=GONE)
