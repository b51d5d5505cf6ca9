"""The Parquet files of a run, listed once; and a file system that has them, and nothing to write with."""

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import IO

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.standing import opened
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join
from crawlsieve.stages.read.places import failures, protocol

PROTOCOL = "run"
"""What DuckDB calls the files of a run that is not local: `run://documents/...`."""

_NO_TIME = datetime.fromtimestamp(0, UTC)


class RunFiles(AbstractFileSystem):
    """The files of a run, as they were listed: no question of DuckDB's is a request to the store, but to read bytes."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self, system: AbstractFileSystem, place: str, sizes: dict[str, int]) -> None:
        super().__init__()
        self._system = system
        self._place = place
        self._sizes = sizes

    def glob(self, path: str, *_: object, **__: object) -> list[str]:
        """The file of that name, or those that match."""
        name = self._strip_protocol(path)
        found = [name] if name in self._sizes else [known for known in self._sizes if fnmatchcase(known, name)]
        return [f"{PROTOCOL}://{known}" for known in sorted(found)]

    def info(self, path: str, **_: object) -> dict[str, object]:
        """Its size as it was listed.

        Raises:
            FileNotFoundError: it was not there.
        """
        name = self._strip_protocol(path)
        if name not in self._sizes:
            raise FileNotFoundError(f"no file {name} when the run was opened")
        return {"name": name, "size": self._sizes[name], "type": "file"}

    def modified(self, path: str) -> datetime:
        """The same for all: a finished run does not change."""
        self.info(path)
        return _NO_TIME

    def open(self, path: str, mode: str = "rb", *_: object, **__: object) -> IO[bytes]:
        """The file, for reading.

        Raises:
            PermissionError: for anything else.
        """
        name = str(self.info(path)["name"]) if mode == "rb" else ""
        if not name:
            raise PermissionError("a run is only read")
        file: IO[bytes] = self._system.open(join(self._place, name), "rb")
        return file


def listed(run: str, tables: tuple[str, ...]) -> tuple[AbstractFileSystem | None, dict[str, list[str]]]:
    """A file system for DuckDB, None for the local one; and the files of each table, as it calls them, in order.

    Raises:
        CrawlsieveError: the store cannot be reached.
    """
    system, place = opened(run)
    found: dict[str, dict[str, int]] = {}
    try:
        for table in tables:
            found[table] = _table(system, place, table)
    except failures(protocol(run)) as error:
        raise CrawlsieveError(f"'{run}' cannot be reached: {error}.") from None
    if isinstance(system, LocalFileSystem):
        return None, {table: [join(place, name) for name in sorted(names)] for table, names in found.items()}
    sizes = {name: size for names in found.values() for name, size in names.items()}
    files = {table: [f"{PROTOCOL}://{name}" for name in sorted(names)] for table, names in found.items()}
    return RunFiles(system, place, sizes), files


def _table(system: AbstractFileSystem, place: str, table: str) -> dict[str, int]:
    """Path below the run -> bytes, of the Parquet files right in the folder of a table."""
    try:
        entries = system.ls(join(place, table), detail=True)
    except FileNotFoundError:
        return {}
    return {
        join(table, entry["name"].rpartition("/")[2]): int(entry["size"])
        for entry in entries
        if entry["type"] == "file" and entry["name"].endswith(".parquet")
    }
