"""Two runs that one DuckDB of bounded memory can read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from crawlsieve.pipelines.ask.bounded import address, bounded
from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.report.tables import Tables

By = Literal["id", "url", "text"]


@dataclass(frozen=True)
class Question:
    """How two runs are compared.

    Attributes:
        by: what one document is: a record (id), a page (canonical URL), or a text (in NFC, case folded, white space
            collapsed).
        samples: how many documents are shown of each kind.
        seed: of their choice.
    """

    by: By = "id"
    samples: int = 10
    seed: int = 0


@dataclass(frozen=True)
class Side:
    """One of the two runs.

    Attributes:
        letter: a or b; part of the names of its tables in DuckDB.
        tables: of the run.
    """

    letter: Literal["a", "b"]
    tables: Tables

    @property
    def manifest(self) -> dict[str, Any]:
        """Of the run."""
        return self.tables.manifest

    @property
    def keep_rejected(self) -> str:
        """What the run has kept of documents that it has not kept: none, signals or text."""
        return str(self.manifest["recipe"].get("keep_rejected", "signals"))

    def files(self, table: str) -> str:
        """All files of a table, as a source of SQL."""
        return self.tables.part(table).sql


@dataclass(frozen=True)
class Pair:
    """Both runs, and the connection that reads them."""

    connection: duckdb.DuckDBPyConnection
    a: Side
    b: Side

    @property
    def ways(self) -> tuple[tuple[Side, Side], ...]:
        """(who keeps, the other) of both."""
        return (self.a, self.b), (self.b, self.a)

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """The rows that a query gives; only the values that it names are handed on."""
        return self.a.tables.rows(sql, **{name: value for name, value in values.items() if f"${name}" in sql})


@contextmanager
def pair_of(a: str, b: str) -> Iterator[Pair]:
    """Two finished runs, local or on any address that fsspec knows, closed when the block ends.

    What does not fit into memory is spilled to a temporary folder. Nothing is written to the runs.

    Raises:
        CrawlsieveError: one is no finished run, or its files are damaged; with DuckDB's words.
    """
    told = manifest(a), manifest(b)
    with bounded(a, b, keeps_order=False) as connection:
        connection.execute("CREATE MACRO hexed(u) AS replace(u::VARCHAR, '-', '')")
        one, other = (Tables(connection, found, run, address(run)) for run, found in zip((a, b), told, strict=True))
        yield Pair(connection, Side("a", one), Side("b", other))
