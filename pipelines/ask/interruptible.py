"""Ctrl-C stops a query, not the program that asked it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

import duckdb

Result = TypeVar("Result")

_PATIENCE = 0.05
"""Seconds between two looks."""


def interruptible(connection: duckdb.DuckDBPyConnection, work: Callable[[], Result]) -> Result:
    """What `work` returns. It runs in a thread, since DuckDB keeps signals from the one that waits for it.

    Raises:
        KeyboardInterrupt: Ctrl-C; every query that `work` had begun is stopped, and the connection is good for others.
    """
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(work)
        try:
            while not _ended(found):
                pass
        except KeyboardInterrupt:
            connection.interrupt()
            while not _ended(found):  # it may have been between two queries
                connection.interrupt()
            raise
        return found.result()


def _ended(found: Future[Result]) -> bool:
    return bool(wait([found], _PATIENCE).done)
