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
from crawlsieve.schemas.keys import ID
from crawlsieve.stages.history.filters import by_filter
from crawlsieve.stages.history.ids import Ids
from crawlsieve.stages.history.index import Generation
from crawlsieve.stages.near.staged import Staged, band_matrix, made_batch, taken_batch
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
                    rows = np.repeat(np.flatnonzero(present), self.generation.made.size.bands)
                    made = {
                        "shard": pa.array(np.full(len(rows), shard["shard"], np.int32)),
                        "filter": pa.array(self.generation.asked(matrix).ravel()),
                        "band_key": pa.array(matrix.ravel()),
                    }
                    yield taken_batch(keys, rows, ASKED, made)


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
        made = {"band": pa.array(np.full(len(held), band, np.int32)), "twin_id": twins}
        hits = made_batch(held, HIT, made)
        return hits.filter(pc.is_valid(hits.column("twin_id"))) if self.generation.made.ids else hits
