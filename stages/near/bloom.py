"""Near-duplicates by LSHBloom (arXiv:2411.04257): a Bloom filter a band, of a size that the documents decide.

Documents are taken in blocks, in total order. A block is looked up in the filters as they stood at its start; what they
do not know is decided by the exact rule, inside the block; and the keys of what is kept go into the filters.

After each block its removals and the keys of what it keeps are on file, so that a run that is killed goes on with the
next block. The filters themselves are not: they are the same whenever the same keys are added, at half a million
documents a second, and to save them after each of n blocks would be to write them n times.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.dedup.bloom import Bloom, BloomFullError
from crawlsieve.dedup.bloom_sizes import BloomSize
from crawlsieve.dedup.select import select
from crawlsieve.schemas.keys import ADDRESS, ID
from crawlsieve.schemas.near import GONE
from crawlsieve.stages.counts import NO_SHARD, counts
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, reading, writing
from crawlsieve.stages.near.select import CUT, removed
from crawlsieve.stages.near.staged import band_matrix, made_batch, one_array
from crawlsieve.stages.plan import Batch

METHOD = "lshbloom"


@dataclass(frozen=True)
class RemoveByBlocks:
    """Documents in total order in; those that are removed go into a file for each block.

    Memory: the filters, 52 bytes a document for 14 bands at 1e-5, and one block as in `select.Select`.

    Attributes:
        folder: where blocks leave their files; what stands there is of this very stream of documents.
        documents: at least as many as come.
        bands: keys of a document.
        false_positive_rate: over all bands, once the filters hold so many documents.
        block_documents: documents of a block; part of the result.
    """

    folder: str
    documents: int
    bands: int
    false_positive_rate: float
    block_documents: int

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """COUNTS: how many blocks there were."""
        filters = Bloom(BloomSize(self.documents, self.false_positive_rate, self.bands))
        number = 0
        for number, block in enumerate(blocks(batches, self.block_documents), 1):
            kept = self._kept(number)
            if kept is None:
                kept = self._decide(number, block, filters)
            try:
                filters.add(kept)
            except BloomFullError as error:
                raise CrawlsieveError(f"near_duplicates: {error}") from error
        yield counts(NO_SHARD, [("decide", "blocks", number)])

    def _decide(self, number: int, block: pa.Table, filters: Bloom) -> np.ndarray:
        """Write what the block loses; int64[k, bands] of what it keeps, which is on file when this returns."""
        keys, present = band_matrix(one_array(block["band_keys"]))
        found = filters.contains(keys) & present[:, None]
        known = found.any(axis=1)
        selection = select(keys[~known], present[~known])
        kept: np.ndarray = keys[~known][selection.kept & present[~known]]
        with (
            writing(removals_path(self.folder, number)) as file,
            pq.ParquetWriter(file, GONE, compression="zstd") as writer,
        ):
            for batch in remembered(block.filter(pa.array(known)), found[known].argmax(axis=1)):
                writer.write_batch(batch)
            for batch in removed(block.filter(pa.array(~known)), selection, METHOD):
                writer.write_batch(batch)
        with writing(self._kept_path(number)) as file:  # last: where it stands, the block is done
            np.save(file, kept, allow_pickle=False)
        return kept

    def _kept(self, number: int) -> np.ndarray | None:
        """The keys that a block keeps, None if no attempt has done it."""
        try:
            with reading(self._kept_path(number)) as file:
                return cast("np.ndarray", np.load(file, allow_pickle=False))
        except FileNotFoundError:
            return None

    def _kept_path(self, number: int) -> str:
        return join(self.folder, "kept", f"{number:06d}.npy")


def removals_path(folder: str, number: int) -> str:
    """The file of what a block loses."""
    return join(folder, "gone", f"{number:06d}.parquet")


def blocks(batches: Iterator[Batch], rows: int) -> Iterator[pa.Table]:
    """The rows of all batches in tables of one chunk of exactly `rows`, the last of what is left."""
    held: list[Batch] = []
    count = 0
    for batch in batches:
        while len(batch):
            part = batch.slice(0, rows - count)
            held.append(part)
            count, batch = count + len(part), batch.slice(len(part))  # noqa: PLW2901 - what is left of it
            if count == rows:
                yield pa.Table.from_batches(held).combine_chunks()
                held, count = [], 0
    if held:
        yield pa.Table.from_batches(held).combine_chunks()


def remembered(documents: pa.Table, band: np.ndarray) -> Iterator[Batch]:
    """Rows of GONE for documents that a filter knows: by this band, int64[n], of a twin that it does not name."""
    for batch in documents.select(ADDRESS.names).to_batches(CUT):
        part, band = band[: len(batch)], band[len(batch) :]
        made = {
            "method": pa.repeat(pa.scalar(METHOD), len(batch)),
            "band": pa.array(part.astype(np.int32)),
            "similarity": pa.nulls(len(batch), pa.float64()),
            "twin_id": pa.nulls(len(batch), ID),
        }
        yield made_batch(batch, GONE, made)
