"""Where the last epoch of a domain is cut: the bin from a histogram of places, then the document from that bin alone.

No task ever holds, or sorts, a domain: histograms have 1,024 bins a domain, and the bin of a cut holds about a
thousandth of the domain's documents.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.dedup.copies import BIN_BITS, bin_start, bins, places
from crawlsieve.dedup.partition import words_of
from crawlsieve.dedup.quotas import Cut, cut_bin
from crawlsieve.schemas.keys import ID
from crawlsieve.schemas.mix import BOUNDARY, CUT, HISTOGRAM
from crawlsieve.stages.mix.measure import read_measured
from crawlsieve.stages.plan import Batch

BINS = 1 << BIN_BITS
LAST_ID = b"\xff" * 16
"""Of a cut that the place alone decides: no id is behind it."""


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each domain, by its number.

    Attributes:
        names: of the domains.
        whole: how often each document is taken.
        rest: size that is wanted of one more epoch.
        seed: of the order.
    """

    names: tuple[str, ...]
    whole: tuple[int, ...]
    rest: tuple[int, ...]
    seed: int

    def numbers(self, domains: pa.Array) -> np.ndarray:
        """int64[n]: the number of each domain; -1 for one that has no weight."""
        found = pc.index_in(domains, value_set=pa.array(self.names, pa.string()))
        numbers: np.ndarray = pc.fill_null(found, -1).to_numpy().astype(np.int64)
        return numbers

    def places(self, ids: pa.Array, numbers: np.ndarray) -> np.ndarray:
        """int64[n]: where documents stand in the last epoch of their domain."""
        return places(words_of(ids), self.seed, np.array(self.whole, np.int64)[numbers])


@dataclass(frozen=True)
class CountBins:
    """Inputs in, HISTOGRAM of their documents out, for domains whose last epoch is cut."""

    wanted: Wanted
    work: str

    def __call__(self, inputs: Iterator[Batch]) -> Iterator[Batch]:
        """One batch an input, sums of all its documents."""
        for batch in inputs:
            for key in batch.column("measured").to_pylist():
                found = [rows for rows in self._bins(key) if len(rows)]
                if found:
                    yield _summed(found)

    def _bins(self, key: str) -> Iterator[pa.Table]:
        for rows, numbers, place in _of_last_epochs(self.wanted, self.work, key):
            columns = [
                pa.array(numbers.astype(np.int32)),
                pa.array(bins(place)),
                pa.array(np.ones(len(rows), np.int64)),
                rows.column("size"),
                rows.column("bytes"),
            ]
            yield _grouped(pa.Table.from_arrays(columns, schema=HISTOGRAM))


@dataclass(frozen=True)
class FindBins:
    """HISTOGRAM in, sorted by domain and bin; the bin of each domain's cut out, with what stands before it."""

    rest: tuple[int, ...]

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """One row a domain."""
        for number, parts in _by_domain(batches):
            sums = np.zeros((3, BINS), np.int64)
            for rows in parts:
                for name, into in zip(("documents", "size", "bytes"), sums, strict=True):
                    np.add.at(into, rows.column("bin").to_numpy(), rows.column(name).to_numpy())
            found = cut_bin(sums[1], self.rest[number])
            before = sums[:, :found].sum(axis=1)
            yield pa.RecordBatch.from_arrays(
                [pa.array([number], pa.int32()), pa.array([found], pa.int32()), *(pa.array([n]) for n in before)],
                schema=HISTOGRAM,
            )


@dataclass(frozen=True)
class AtCut:
    """Inputs in, those of their documents out that stand in the bin of a cut."""

    wanted: Wanted
    bins: tuple[int, ...]
    """The bin of each domain; -1 where nothing is cut."""
    work: str

    def __call__(self, inputs: Iterator[Batch]) -> Iterator[Batch]:
        """BOUNDARY."""
        cut = np.array(self.bins, np.int64)
        for batch in inputs:
            for key in batch.column("measured").to_pylist():
                for rows, numbers, place in _of_last_epochs(self.wanted, self.work, key):
                    at = np.flatnonzero(bins(place) == cut[numbers])
                    part = rows.take(pa.array(at))
                    columns = [
                        pa.array(numbers[at].astype(np.int32)),
                        pa.array(place[at]),
                        *(part.column(name) for name in ("id", "size", "bytes")),
                    ]
                    yield pa.RecordBatch.from_arrays(columns, schema=BOUNDARY)


@dataclass(frozen=True)
class FindCuts:
    """BOUNDARY in, sorted by domain, place and id; CUT of each domain out."""

    bins: tuple[int, ...]
    rest: tuple[int, ...]
    """Of each domain, the size that is wanted of the bin of its cut."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """One row a domain."""
        for number, parts in _by_domain(batches):
            cut, text = Cut(self.rest[number]), 0
            last, last_id = bin_start(self.bins[number]) - 1, LAST_ID
            for rows in parts:
                count = cut.walk(rows.column("size").to_numpy())
                if count:
                    last, last_id = rows.column("place")[count - 1].as_py(), rows.column("id")[count - 1].as_py()
                    text += pc.sum(rows.column("bytes").slice(0, count)).as_py()
            values = (number, last, last_id, cut.taken, cut.size, text)
            columns = [pa.array([value], field.type) for value, field in zip(values, CUT, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, schema=CUT)


@dataclass(frozen=True)
class Taken:
    """How many copies a mixture has of each document."""

    wanted: Wanted
    last: tuple[tuple[int, bytes], ...]
    """Of each domain, place and id of the last document of its last epoch; place -1 where that is empty."""

    def copies(self, ids: pa.Array, numbers: np.ndarray) -> np.ndarray:
        """int64[n]: copies of documents, which all have a weight."""
        place = self.wanted.places(ids, numbers)
        bound = np.array([place for place, _ in self.last], np.int64)[numbers]
        bound_id = words_of(pa.array([name for _, name in self.last], ID))[numbers]
        words = words_of(ids)
        lower = (words[:, 0] < bound_id[:, 0]) | ((words[:, 0] == bound_id[:, 0]) & (words[:, 1] <= bound_id[:, 1]))
        taken = (place < bound) | ((place == bound) & lower)
        copies: np.ndarray = np.array(self.wanted.whole, np.int64)[numbers] + taken
        return copies


def _of_last_epochs(wanted: Wanted, work: str, key: str) -> Iterator[tuple[Batch, np.ndarray, np.ndarray]]:
    """MEASURED, number of the domain and place, of documents in domains whose last epoch is cut."""
    cut = np.array([*(rest > 0 for rest in wanted.rest), False])  # -1, no weight, is the last one
    for batch in read_measured(work, key):
        numbers = wanted.numbers(batch.column("domain"))
        at = np.flatnonzero(cut[numbers])
        rows, numbers = batch.take(pa.array(at)), numbers[at]
        yield rows, numbers, wanted.places(rows.column("id"), numbers)


def _by_domain(batches: Iterator[Batch]) -> Iterator[tuple[int, Iterator[Batch]]]:
    """The rows of each domain, as a stream that has to be used up before the next."""
    pieces = _pieces(batches)
    held = next(pieces, None)

    def same(number: int) -> Iterator[Batch]:
        nonlocal held
        while held is not None and held[0] == number:
            rows = held[1]
            held = next(pieces, None)
            yield rows

    while held is not None:
        yield held[0], same(held[0])


def _pieces(batches: Iterator[Batch]) -> Iterator[tuple[int, Batch]]:
    """Batches cut so that each has one domain."""
    for batch in batches:
        numbers = batch.column("domain").to_numpy()
        bounds = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(batch)]
        if len(batch):
            yield from ((int(numbers[first]), batch.slice(first, last - first)) for first, last in pairwise(bounds))


def _grouped(rows: pa.Table) -> pa.Table:
    names = ["documents", "size", "bytes"]
    found = rows.group_by(["domain", "bin"], use_threads=False).aggregate([(name, "sum") for name in names])
    return found.select(["domain", "bin", *(f"{name}_sum" for name in names)]).rename_columns(HISTOGRAM.names)


def _summed(tables: Sequence[pa.Table]) -> Batch:
    (batch,) = _grouped(pa.concat_tables(tables)).cast(HISTOGRAM).combine_chunks().to_batches()
    return batch
