"""The tables of a run as DuckDB views."""

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.standing import opened, standing_manifest
from crawlsieve.schemas import tables
from crawlsieve.schemas.mix import MIXTURE
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join
from crawlsieve.stages.read.places import failures, protocol

VIEWS = {
    "documents": tables.DOCUMENTS,
    "rejected": tables.REJECTED,
    "duplicates": tables.DUPLICATES,
    "failed": tables.FAILED,
    "signals": tables.SIGNALS_HEAD,
    "mixture": MIXTURE,
}
"""Name of a view and its schema where the run has no file of that table."""


def connect(run: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory whose views are the tables of a run: those of VIEWS.

    A table that the run has not is empty. The files are read where they are and nothing is written to them. Times are
    in UTC; the configuration is locked, and no extension is downloaded.

    Args:
        run: a run directory, local or on any address that fsspec knows.

    Raises:
        CrawlsieveError: it is no finished run.
    """
    manifest(run)
    system, place = opened(run)
    connection = duckdb.connect()
    try:
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET TimeZone = 'UTC'")
        if not isinstance(system, LocalFileSystem):
            connection.register_filesystem(system)
            place = system.unstrip_protocol(place)
        for name, schema in VIEWS.items():
            if system.glob(join(glob.escape(place), name, "*.parquet")):
                files = join(glob.escape(place), name, "*.parquet").replace("'", "''")
                connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{files}')")  # noqa: S608 - own text
            else:
                connection.register(name, schema.empty_table())
        connection.execute("SET lock_configuration = true")
    except duckdb.Error:
        connection.close()
        raise
    return connection


@contextmanager
def asking(run: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """`connect`, closed when the block ends.

    Raises:
        CrawlsieveError: it is no finished run, or one of its files is damaged; with DuckDB's words.
    """
    try:
        with connect(run) as connection:
            yield connection
    except duckdb.Error as error:
        raise CrawlsieveError(f"{run}: its tables cannot be read. {error}") from None


def manifest(run: str) -> dict[str, Any]:
    """The manifest of a finished run.

    Raises:
        CrawlsieveError: there is none; says what stands there instead.
    """
    opened(run)
    try:
        return _manifest(run)
    except failures(protocol(run)) as error:
        raise CrawlsieveError(f"'{run}' cannot be reached: {error}.") from None


def _manifest(run: str) -> dict[str, Any]:
    system, place = opened(run)
    if not system.isdir(place):
        raise CrawlsieveError(f"{run}: no such directory. Name the `output` of a recipe that has run.")
    found = standing_manifest(run)
    if found is not None:
        return found
    if system.exists(join(place, "_work")):
        raise CrawlsieveError(f"{run}: the run is not finished. `crawlsieve run` with its recipe goes on with it.")
    raise CrawlsieveError(f"{run}: not a run directory, it has no manifest.json. Name the `output` of a recipe.")
