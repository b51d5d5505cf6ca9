"""The tables of a run as a report reads them: whole, or some of their files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.pipelines.ask.bounded import address, bounded
from crawlsieve.pipelines.ask.views import AS_STORED, VIEWS
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, reading
from crawlsieve.stages.read.places import failures, protocol


@dataclass(frozen=True)
class Part:
    """Some files of a table, as a source of SQL."""

    sql: str
    rows: int
    all_rows: int
    files: int
    all_files: int

    @property
    def sampled(self) -> str:
        """How the rows were chosen, a sentence; empty if they are all rows."""
        if self.rows == self.all_rows:
            return ""
        return (
            f"From a sample: {self.rows:,} of {self.all_rows:,} rows, which are {self.files:,} of {self.all_files:,} "
            "files. A file is a range of hashed ids, so its rows are a random choice."
        )


@dataclass(frozen=True)
class Tables:
    """The tables that a manifest lists.

    Args:
        connection: DuckDB, which can read the files.
        manifest: of the run.
        output: address of the run directory.
        root: the same as DuckDB calls it.
    """

    connection: duckdb.DuckDBPyConnection
    manifest: dict[str, Any]
    output: str
    root: str

    def part(self, table: str, most_rows: int | None = None) -> Part:
        """The first files of a table by name, as many as hold `most_rows`: at least one, and none is cut.

        Args:
            table: a name of `VIEWS`.
            most_rows: None for all files.
        """
        listed = sorted((file["path"], file["rows"]) for file in self.manifest["files"] if file["table"] == table)
        chosen: list[str] = []
        rows = 0
        for path, held in listed:
            if chosen and most_rows is not None and rows + held > most_rows:
                break
            chosen.append(path)
            rows += held
        all_rows = sum(held for _, held in listed)
        return Part(self._source(table, chosen), rows, all_rows, len(chosen), len(listed))

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """The rows that a query gives."""
        found: list[dict[str, Any]] = self.connection.sql(sql, params=values).to_arrow_table().to_pylist()
        return found

    def schema(self, table: str) -> pa.Schema:
        """The schema of a table, with what each column is; that of VIEWS where the run has no file of it.

        Raises:
            CrawlsieveError: the file is gone or damaged.
        """
        path = min((file["path"] for file in self.manifest["files"] if file["table"] == table), default=None)
        if path is None:
            return VIEWS[table]
        place = join(self.output, path)
        try:
            with reading(place) as file:
                return pq.read_schema(file)
        except (pa.ArrowInvalid, *failures(protocol(self.output))) as error:
            why = "it is gone" if isinstance(error, FileNotFoundError) else str(error)
            raise CrawlsieveError(f"{place} cannot be read: {why}.") from None

    def _source(self, table: str, paths: Sequence[str]) -> str:
        if paths:
            listed = ", ".join("'{}'".format(join(self.root, path).replace("'", "''")) for path in paths)
            return f"read_parquet([{listed}], {AS_STORED})"
        self.connection.register(f"no_{table}", VIEWS[table].empty_table())
        return f"no_{table}"


@contextmanager
def tables_of(output: str, manifest: dict[str, Any]) -> Iterator[Tables]:
    """The tables of the run in `output` by a DuckDB of bounded memory, closed when the block ends.

    Raises:
        CrawlsieveError: a file is damaged or gone; with DuckDB's words.
    """
    with bounded(output) as connection:
        yield Tables(connection, manifest, output, address(output))
