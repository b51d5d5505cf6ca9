"""The first pass: every document with domain and size, staged without text; and what there is of each domain."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from crawlsieve.dedup.partition import words_of
from crawlsieve.schemas.mix import DOMAIN_SIZE, MEASURED, NAMED
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, read_json, reading, write_json, writing
from crawlsieve.stages.mix.documents import keys_of, named, read_documents, schema_of
from crawlsieve.stages.mix.domain import MOST_DOMAINS, Domain, Evaluation
from crawlsieve.stages.mix.size import SizeOf, text_bytes
from crawlsieve.stages.plan import Batch

_SUMS = ("documents", "unsized", "size", "bytes")


@dataclass(frozen=True)
class Measure:
    """One call per input: MEASURED into a file under `work`/key, DOMAIN_SIZE out.

    An input whose `done.json` stands is not read again.
    """

    domain: Domain
    size: SizeOf
    work: str

    def __call__(self, inputs: Iterator[Batch]) -> Iterator[Batch]:
        """The domains of each input."""
        for batch in inputs:
            for item in batch.to_pylist():
                folder = join(self.work, item["measured"])
                done = read_json(join(folder, "done.json"))
                if done is None:
                    done = {"domains": self._measure(item["path"], folder)}
                    write_json(join(folder, "done.json"), done)
                yield domain_sizes(done["domains"])

    def _measure(self, path: str, folder: str) -> list[dict[str, Any]]:
        found: dict[str, np.ndarray] = {}
        schema = schema_of(path)
        with named(path):
            reads = ["id", *self.domain.columns(schema), *self.size.reads]
        with (
            self.domain.evaluating() as domain_of,
            writing(measured_path(folder)) as file,
            pq.ParquetWriter(file, MEASURED, compression="zstd") as writer,
        ):
            for rows in read_documents(path, reads):
                with named(path):
                    measured = self._measured(rows, domain_of)
                writer.write_batch(measured)
                _add(found, measured)
                if len(found) > MOST_DOMAINS:
                    raise CrawlsieveError(
                        f"{path} has more than {MOST_DOMAINS:,} domains by {self.domain.expression!r}"
                    )
        return [
            {"domain": name, **dict(zip(_SUMS, sums.tolist(), strict=True))} for name, sums in sorted(found.items())
        ]

    def _measured(self, rows: pa.Table, domain_of: Evaluation) -> Batch:
        columns = [keys_of(rows["id"]), domain_of(rows), self.size(rows), text_bytes(rows["text"])]
        return pa.RecordBatch.from_arrays(columns, schema=MEASURED)


@dataclass(frozen=True)
class SumDomains:
    """DOMAIN_SIZE of inputs in, sorted by domain; one row for each domain out."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The sums; domains are few, so they are held."""
        found: dict[str, np.ndarray] = {}
        for batch in batches:
            for row in batch.to_pylist():
                sums = np.array([row[name] for name in _SUMS], np.int64)
                found[row["domain"]] = found.get(row["domain"], 0) + sums
        rows = [{"domain": name, **dict(zip(_SUMS, sums.tolist(), strict=True))} for name, sums in found.items()]
        yield domain_sizes(rows)


@dataclass(frozen=True)
class ReadNames:
    """Inputs in, NAMED of their documents out."""

    def __call__(self, inputs: Iterator[Batch]) -> Iterator[Batch]:
        """Every id, and where it is."""
        for batch in inputs:
            for path in batch.column("path").to_pylist():
                for rows in read_documents(path, ["id"]):
                    names = rows["id"].cast(pa.string()).combine_chunks()
                    paths = pa.repeat(pa.scalar(path), len(rows))
                    yield pa.RecordBatch.from_arrays([keys_of(rows["id"]), names, paths], schema=NAMED)


@dataclass(frozen=True)
class Repeated:
    """NAMED in, sorted by key; the first pair of two documents of one key out."""

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Two rows, or none."""
        last: pa.RecordBatch | None = None
        for batch in batches:
            rows = pa.concat_batches([*([] if last is None else [last]), batch])
            words = words_of(rows.column("key"))
            same = np.flatnonzero((words[1:] == words[:-1]).all(axis=1))
            if len(same):
                yield rows.take(pa.array([same[0], same[0] + 1]))
                return
            last = rows.take(pa.array([len(rows) - 1])) if len(rows) else None


def measured_path(folder: str) -> str:
    """The file of MEASURED of an input."""
    return join(folder, "measured.parquet")


def read_measured(work: str, key: str) -> Iterator[Batch]:
    """MEASURED of an input, in order of its rows."""
    with reading(measured_path(join(work, key))) as file:
        yield from pq.ParquetFile(file).iter_batches()


class MeasuredRows:
    """MEASURED of an input beside another reading of it: as many rows at a time as that has."""

    def __init__(self, work: str, key: str) -> None:
        self._batches = read_measured(work, key)
        self._held = MEASURED.empty_table()

    def next(self, count: int) -> pa.Table:
        """The next `count` rows; fewer where the input had no more."""
        while len(self._held) < count and (batch := next(self._batches, None)) is not None:
            self._held = pa.concat_tables([self._held, pa.Table.from_batches([batch], MEASURED)])
        rows, self._held = self._held.slice(0, count), self._held.slice(count)
        return rows


def domain_sizes(rows: list[dict[str, Any]]) -> Batch:
    """A batch of DOMAIN_SIZE."""
    full = [{"key": xxhash.xxh3_128_digest(row["domain"].encode()), **row} for row in rows]
    return pa.RecordBatch.from_pylist(full, schema=DOMAIN_SIZE)


def _add(found: dict[str, np.ndarray], measured: Batch) -> None:
    coded = measured.column("domain").dictionary_encode()
    place = coded.indices.to_numpy()
    size = pc.fill_null(measured.column("size"), 0)
    unsized = pc.is_null(measured.column("size")).cast(pa.int64())
    counted = [
        np.ones(len(measured), np.int64),
        *(part.to_numpy() for part in (unsized, size, measured.column("bytes"))),
    ]
    sums = np.zeros((len(coded.dictionary), len(counted)), np.int64)
    for column, values in enumerate(counted):
        np.add.at(sums[:, column], place, values)
    for name, more in zip(coded.dictionary.to_pylist(), sums, strict=True):
        found[name] = found.get(name, 0) + more
