"""What an audit reads: samples of a run's tables by a hash of ids, the texts of a few documents, and all texts once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crawlsieve.dedup.sampling import sample_places, smallest
from crawlsieve.stages.files import join, reading
from crawlsieve.stages.plan import Batch

_ROWS = 256  # of texts at a time; a web page has some 3 kB
_IDS = 65_536


@dataclass(frozen=True)
class Tables:
    """The files of a finished run.

    Attributes:
        run: its directory.
        manifest: what its manifest says.
    """

    run: str
    manifest: dict[str, Any]

    def files(self, table: str) -> list[str]:
        """The files of a table."""
        return [join(self.run, file["path"]) for file in self.manifest["files"] if file["table"] == table]

    def batches(self, table: str, columns: list[str], rows: int = _IDS) -> Iterator[Batch]:
        """All rows of a table, some columns, at most so many at a time."""
        for path in self.files(table):
            with reading(path) as file:
                yield from pq.ParquetFile(file).iter_batches(rows, columns=columns)

    def texts(self, table: str) -> Iterator[tuple[pa.Array, pa.Array]]:
        """(string[n] ids, large_string[n] texts) of all rows."""
        for batch in self.batches(table, ["id", "text"], _ROWS):
            yield batch.column("id"), batch.column("text").cast(pa.large_string())

    def texts_of(self, table: str, ids: Iterable[str]) -> dict[str, str]:
        """Id -> text of these documents, of those that are there and have one. Other row groups are not decoded."""
        wanted = pa.array(sorted({*ids}), pa.string())
        found: dict[str, str | None] = {}
        for path in self.files(table) if len(wanted) else ():
            with reading(path) as file:
                parquet = pq.ParquetFile(file)
                for group in range(parquet.num_row_groups):
                    mask = pc.is_in(parquet.read_row_group(group, ["id"])["id"], value_set=wanted)
                    if pc.any(mask).as_py():
                        rows = parquet.read_row_group(group, ["id", "text"]).filter(mask)
                        found |= dict(zip(rows["id"].to_pylist(), rows["text"].to_pylist(), strict=True))
        return {name: text for name, text in found.items() if text is not None}


class Drawn:
    """A sample of rows that have an id, in a stream: the same rows in whatever order they come.

    Attributes:
        total: rows seen.
    """

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._seed = size, seed
        self._places = np.empty(0, np.uint64)
        self._rows: pa.Table | None = None
        self.total = 0

    def add(self, batch: Batch) -> None:
        """See the rows of a batch with a column `id`, 32 hex digits."""
        if len(batch) == 0:
            return
        self.total += len(batch)
        places = sample_places(ids_of(batch.column("id")), self._seed)
        some = smallest(places, self._size)
        rows = pa.Table.from_batches([batch]).take(pa.array(some))
        joined = rows if self._rows is None else pa.concat_tables([self._rows, rows])
        places = np.concatenate([self._places, places[some]])
        order = smallest(places, self._size)
        self._places, self._rows = places[order], joined.take(pa.array(order))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The sample, in the order of the hash."""
        return [] if self._rows is None else self._rows.to_pylist()


def ids_of(ids: pa.Array) -> np.ndarray:
    """uint64[n, 2] of string[n], 32 hex digits each."""
    raw = np.frombuffer(bytes.fromhex("".join(ids.to_pylist())), ">u8")
    return raw.reshape(-1, 2).astype(np.uint64)
