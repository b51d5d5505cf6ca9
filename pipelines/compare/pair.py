"""Two runs that one DuckDB of bounded memory can read."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import duckdb
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.report.tables import MEMORY, THREADS, Tables
from crawlsieve.pipelines.standing import opened
from crawlsieve.stages.errors import CrawlsieveError

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
    with tempfile.TemporaryDirectory(prefix="crawlsieve-compare-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": spill,
            "preserve_insertion_order": False,
        }
        try:
            with duckdb.connect(config=config) as connection:
                connection.execute("SET autoinstall_known_extensions = false")
                connection.execute("SET TimeZone = 'UTC'")
                connection.execute("CREATE MACRO hexed(u) AS replace(u::VARCHAR, '-', '')")
                one, other = (
                    Tables(connection, found, run, _root(connection, run))
                    for run, found in zip((a, b), told, strict=True)
                )
                yield Pair(connection, Side("a", one), Side("b", other))
        except (duckdb.Error, pa.ArrowInvalid) as error:
            raise CrawlsieveError(f"{a} and {b}: their tables cannot be read. {error}") from None


def _root(connection: duckdb.DuckDBPyConnection, run: str) -> str:
    """The run directory as DuckDB calls it."""
    system, place = opened(run)
    if isinstance(system, LocalFileSystem):
        return place
    for protocol in (system.protocol,) if isinstance(system.protocol, str) else system.protocol:
        if connection.filesystem_is_registered(protocol):
            return str(system.unstrip_protocol(place))
    connection.register_filesystem(system)
    return str(system.unstrip_protocol(place))
