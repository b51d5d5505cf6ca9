"""One run writes an output directory at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.stages.errors import CrawlsieveError


@contextmanager
def sole_writer(work: str) -> Iterator[None]:
    """Hold the output directory while the block runs. The lock goes with the process, however that ends.

    An object store has no such lock: there, task keys in names keep two runs of different recipes apart, and two runs
    of the same recipe write the same bytes.

    Raises:
        CrawlsieveError: another process holds it.
    """
    system, place = fsspec.core.url_to_fs(work)
    if not isinstance(system, LocalFileSystem):
        yield
        return
    Path(place).mkdir(parents=True, exist_ok=True)
    with (Path(place) / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise CrawlsieveError(
                f"{place} is being written by {holder}; wait for it, or choose another --output"
            ) from error
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()}")
        file.flush()
        yield
