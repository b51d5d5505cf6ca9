"""Ctrl-C stops a query, not the program that asked it."""

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
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
    with ThreadPoolExecutor(1) as pool, _noticing() as came:
        found = pool.submit(work)
        while not _ended(found):
            if came.is_set():
                connection.interrupt()  # time and again: it may have been between two queries
    if came.is_set():
        raise KeyboardInterrupt
    return found.result()


@contextmanager
def _noticing() -> Iterator[threading.Event]:
    """Set once Ctrl-C came. No exception goes through whatever line runs just then: one in a lock would hold it."""
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = signal.signal(signal.SIGINT, lambda *_: came.set())
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


def _ended(found: Future[Result]) -> bool:
    return bool(wait([found], _PATIENCE).done)
