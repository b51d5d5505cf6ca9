"""The passes that write filters of a new generation: texts to keys, keys to filters, filters to unions."""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.dedup.bloom import Bloom, BloomFullError, BloomFullWarning, BloomMismatchError
from crawlsieve.schemas.history import FILTER_FILE, keyed
from crawlsieve.stages.bloom_file import save_bloom
from crawlsieve.stages.files import join, reading, writing
from crawlsieve.stages.history.head import HistoryError
from crawlsieve.stages.history.ids import binary_ids, key_ids, writing_ids
from crawlsieve.stages.history.index import Generation
from crawlsieve.stages.near.staged import band_matrix
from crawlsieve.stages.plan import Batch

_DOCUMENTS_AT_ONCE = 1024
_CHUNK = 1 << 24


@dataclass(frozen=True)
class LoadTexts:
    """Files of `documents/` in, the band keys of their texts out."""

    generation: Generation

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of `keyed`; none for a document without shingles.

        Raises:
            HistoryError: a file is not there or is damaged.
        """
        for batch in batches:
            for path in batch.column("path").to_pylist():
                try:
                    with reading(path) as file:
                        yield from self._keys(pq.ParquetFile(file))
                except (pa.ArrowException, OSError) as error:
                    raise HistoryError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from None

    def _keys(self, file: pq.ParquetFile) -> Iterator[Batch]:
        made = self.generation.made
        schema = keyed(ids=made.ids)
        for batch in file.iter_batches(_DOCUMENTS_AT_ONCE, columns=["id", "text"]):
            matrix, present = band_matrix(made.keys.keys(batch.column("text"))[0])
            matrix = np.ascontiguousarray(matrix[present])
            columns = [pa.array(self.generation.asked(matrix).ravel()), pa.array(matrix.ravel())]
            if made.ids:
                rows = np.repeat(np.flatnonzero(present), matrix.shape[1])
                columns.append(binary_ids(batch.column("id")).take(pa.array(rows)))
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


@dataclass(frozen=True)
class AddKeys:
    """Keys sorted by filter in; the filters of the generation before with them added, into files of a new one.

    Attributes:
        before: the generation that they are added to.
        folder: of the attempt, below the index.
    """

    before: Generation
    folder: str

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """A row of FILTER_FILE for each filter.

        Raises:
            HistoryError: a filter is full, and the index neither warns nor grows.
        """
        for number, parts in groupby(by_filter(batches), key=lambda part: part[0]):
            bloom = self.before.load(number, writable=True)
            with ExitStack() as stack:
                ids = f"{file_name(self.folder, self.before, number)}.parquet" if self.before.made.ids else None
                writer = stack.enter_context(writing_ids(join(self.before.index, ids))) if ids else None
                for _, rows in parts:
                    self._add(bloom, rows)
                    if writer:
                        writer.write_batch(key_ids(rows))
            yield save(self.before, self.folder, number, (bloom, ids))

    def _add(self, bloom: Bloom, rows: Batch) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BloomFullWarning)  # whoever publishes tells the rate of all filters
            try:
                bloom.add(rows.column("band_key").to_numpy().reshape(-1, 1))
            except BloomFullError:
                raise full(self.before) from None


@dataclass(frozen=True)
class MergeFilters:
    """Numbers of filters in; the union of a generation's and others' filters, into files of a new generation."""

    before: Generation
    others: tuple[Generation, ...]
    folder: str

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """A row of FILTER_FILE for each filter.

        Raises:
            HistoryError: a filter is full, or one has grown more than the other.
        """
        for batch in batches:
            for number in batch.column("filter").to_pylist():
                bloom = self.before.load(number, writable=True)
                for other in self.others:
                    if number in other.filters:
                        self._merge(bloom, other, number)
                yield save(self.before, self.folder, number, (bloom, None))

    def _merge(self, bloom: Bloom, other: Generation, number: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BloomFullWarning)
            try:
                bloom.merge(other.load(number))
            except BloomFullError:
                raise full(self.before) from None
            except BloomMismatchError as error:
                raise HistoryError(f"'{other.index}' cannot be merged into '{self.before.index}': {error}.") from None


def by_filter(batches: Iterator[Batch]) -> Iterator[tuple[int, Batch]]:
    """Rows sorted by filter, cut where the next one begins; a filter may have several parts."""
    for batch in batches:
        numbers = batch.column("filter").to_numpy()
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        for start, end in zip(starts, [*starts[1:], len(batch)], strict=True):
            yield int(numbers[start]), batch.slice(start, end - start)


def file_name(folder: str, generation: Generation, number: int) -> str:
    """The path of a filter's file below the index, without its ending."""
    band, part = divmod(number, generation.made.size.slices)
    return join(folder, f"b{band:03d}-s{part:05d}")


def save(generation: Generation, folder: str, number: int, held: tuple[Bloom, str | None]) -> Batch:
    """Write a filter; its row of FILTER_FILE, with the file of ids that was written before."""
    bloom, ids = held
    path = f"{file_name(folder, generation, number)}.bloom"
    save_bloom(join(generation.index, path), bloom, {**generation.parameters, "filter": number})
    row = {
        "filter": number,
        "path": path,
        "bytes": stored_size(join(generation.index, path)),
        "inserted": bloom.inserted,
        "counts": [int(layer.counts[0]) for layer in bloom.layers],
        "ids_path": ids,
        "ids_bytes": stored_size(join(generation.index, ids)) if ids else None,
    }
    return pa.RecordBatch.from_pylist([row], schema=FILTER_FILE)


def stored_size(path: str) -> int:
    """Bytes of a file."""
    system, place = fsspec.core.url_to_fs(path)
    return int(system.size(place))


def copy_file(source: str, target: str) -> int:
    """Copy a file from any address to any other; its bytes."""
    with reading(source) as taken, writing(target) as file:
        while chunk := taken.read(_CHUNK):
            file.write(chunk)
    return stored_size(target)


def full(generation: Generation) -> HistoryError:
    """What to do when a filter is full."""
    size = generation.made.size
    return HistoryError(
        f"'{generation.index}' is full: it is made for {size.documents:,} documents at a rate of {size.rate:g}, and"
        f" holds {generation.documents:,}. Nothing was added. Create a larger index and publish the runs into it, or"
        " create one with --when-full grow."
    )
