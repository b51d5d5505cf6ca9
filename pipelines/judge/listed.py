"""`--list`: the documents that other rules move, one a row, as Parquet or CSV."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from crawlsieve.pipelines.judge.difference import Part, changed_rows
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import writing

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("url", pa.string()),
        pa.field("before", pa.string()),
        pa.field("after", pa.string()),
        pa.field("reasons", pa.list_(pa.string())),
    ]
)
"""A document that is elsewhere, and the rules that reject it now."""

_CSV = SCHEMA.set(4, pa.field("reasons", pa.string()))


class Listing:
    """A file that appears when the block ends without an error."""

    def __init__(self, path: str) -> None:
        """At an address that ends in .parquet or .csv.

        Raises:
            CrawlsieveError: it ends otherwise.
        """
        if not path.endswith((".parquet", ".csv")):
            raise CrawlsieveError(f"--list {path}: name a file that ends in .parquet or .csv.")
        self._path = path
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Open it."""
        file = self._stack.enter_context(writing(self._path))
        self._writer = self._stack.enter_context(
            pa.csv.CSVWriter(file, _CSV) if self._path.endswith(".csv") else pq.ParquetWriter(file, SCHEMA)
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it; what was written before an error is thrown away."""
        self._stack.__exit__(kind, error, trace)

    def add(self, part: Part, names: Sequence[str]) -> None:
        """The documents of a range that are elsewhere."""
        rows = changed_rows(part, names).cast(SCHEMA)
        if self._path.endswith(".csv"):
            rows = rows.set_column(4, _CSV.field(4), pc.binary_join(rows["reasons"], " "))
        self._writer.write_table(rows)
