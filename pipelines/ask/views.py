"""The tables of a run as DuckDB views."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from crawlsieve.filters.rule import sql_text
from crawlsieve.pipelines.ask.listing import PROTOCOL, listed
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
    "keys": tables.KEYS_HEAD,
    "mixture": MIXTURE,
}
"""Name of a view and its schema where the run has no file of that table."""


AS_STORED = "hive_partitioning = false"
"""For `read_parquet`: the columns are those of the files; a folder `month=05` above them is a name, and no column."""


def connect(run: str, *, only_read: bool = False, also: Sequence[str] = ()) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory whose views are the tables of a run: those of VIEWS.

    A table that the run has not is empty. The files are listed once, read where they are, and nothing is written to
    them. Times are in UTC; the configuration is locked, and no extension is downloaded.

    Args:
        run: a run directory, local or on any address that fsspec knows.
        only_read: whether SQL shall reach no file but those of the run, no network, and no variable of Python.
        also: local files and folders that SQL may reach all the same.

    Raises:
        CrawlsieveError: it is no finished run, or its store cannot be reached.
    """
    manifest(run)
    system, files = listed(run, tuple(VIEWS))
    connection = duckdb.connect()
    try:
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET temp_directory = {sql_text(_spill())}")
        if system is not None:
            connection.register_filesystem(system)
        if only_read:
            _shut(
                connection, [f"{PROTOCOL}://"] if system else [path for table in files.values() for path in table], also
            )
        for name, schema in VIEWS.items():
            if files[name]:
                paths = ", ".join(map(sql_text, files[name]))
                connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{paths}], {AS_STORED})")  # noqa: S608 - own text
            else:
                connection.register(name, schema.empty_table())
        connection.execute("SET lock_configuration = true")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def _shut(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], also: Sequence[str]) -> None:
    """From now on DuckDB opens `paths` and `also` alone; a path that ends with a slash is a folder."""
    places = [Path(path).absolute() for path in also]
    given = [f"{place}/" if place.is_dir() else str(place) for place in places]
    for setting, ends in (("allowed_directories", True), ("allowed_paths", False)):
        named = ", ".join(sql_text(path) for path in (*paths, *given) if path.endswith("/") == ends)
        connection.execute(f"SET {setting} = [{named}]")
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET enable_external_access = false")


def _spill() -> str:
    """Where a query that needs more memory than there is keeps the rest; DuckDB removes it."""
    return join(tempfile.gettempdir(), f"crawlsieve-sql-{os.getpid()}")


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
