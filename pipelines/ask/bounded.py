"""A DuckDB that holds a bounded part of the runs that it reads, for those who look at whole tables."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.standing import opened
from crawlsieve.stages.errors import CrawlsieveError

MEMORY = "1GB"
"""What DuckDB may hold; beyond it, it spills. Python, its libraries and what is made of the answers come on top."""
THREADS = 2


@contextmanager
def bounded(*runs: str, keeps_order: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory that can read the files of run directories, closed when the block ends.

    What does not fit into MEMORY is spilled to a temporary folder. Times are in UTC; no extension is downloaded.

    Args:
        runs: directories, local or on any address that fsspec knows.
        keeps_order: whether rows come in the order in which they stand; without, large tables are made in less memory.

    Raises:
        CrawlsieveError: a file is damaged or gone; with DuckDB's words.
    """
    with tempfile.TemporaryDirectory(prefix="crawlsieve-tables-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": spill,
            "preserve_insertion_order": keeps_order,
        }
        try:
            with duckdb.connect(config=config) as connection:
                connection.execute("SET autoinstall_known_extensions = false")
                connection.execute("SET TimeZone = 'UTC'")
                for run in runs:
                    _register(connection, run)
                yield connection
        except (duckdb.Error, pa.ArrowInvalid) as error:
            said = f"{' and '.join(runs)}: {'its' if len(runs) == 1 else 'their'} tables cannot be read."
            raise CrawlsieveError(f"{said} {error}") from None


def address(run: str) -> str:
    """The run directory as DuckDB calls it."""
    system, place = opened(run)
    return place if isinstance(system, LocalFileSystem) else str(system.unstrip_protocol(place))


def _register(connection: duckdb.DuckDBPyConnection, run: str) -> None:
    """Let DuckDB read the store of a run; one store serves several runs."""
    system, _ = opened(run)
    protocols = (system.protocol,) if isinstance(system.protocol, str) else system.protocol
    known = any(connection.filesystem_is_registered(protocol) for protocol in protocols)
    if not isinstance(system, LocalFileSystem) and not known:
        connection.register_filesystem(system)
