"""The stored bytes of an input, from wherever it lives: one stream that outlives the connections under it."""

import hashlib
import io
import random
import time
from collections.abc import Callable
from typing import Self, TypeVar

from crawlsieve.stages.errors import MissingError, SourceError, UnreachableError
from crawlsieve.stages.read.places import (
    Opened,
    failures,
    fault_behind,
    local,
    open_at,
    pause_asked,
    protocol,
    slot,
    status_of,
)
from crawlsieve.stages.read.source import Input, Source

_T = TypeVar("_T")
_LONGEST_BACKOFF = 60.0
_PEEK = 64 << 10
_JITTER = random.SystemRandom()


def persist(ask: Callable[[], _T], path: str, source: Source) -> _T:
    """What `ask` returns, asked again after passing faults.

    Raises:
        UnreachableError: `ask` failed for good, or more often than `source.retries` allows.
    """
    failed = 0
    while True:
        try:
            return ask()
        except failures(protocol(path)) as error:
            failed += 1
            back_off(path, source, failed, error)


def back_off(path: str, source: Source, failed: int, error: Exception) -> None:
    """Sleep after failure number `failed`: exponential, with full jitter, and never less than the server asked for.

    Raises:
        MissingError: there is no such file.
        UnreachableError: the fault will not pass, or `failed` is more than `source.retries` allows.
        SourceError: the store has another file there by now.
    """
    asked = pause_asked(error) if local(path) is None else None
    if asked is None:
        raise _lasting(error)(f"{path}: {plainly(error)}") from error
    if failed > source.retries:
        told = f"{path}: given up after {source.retries} retries, the last one: {plainly(error)}"
        raise UnreachableError(told) from error
    ceiling = min(_LONGEST_BACKOFF, source.backoff_seconds * 2 ** (failed - 1))
    time.sleep(asked + _JITTER.uniform(0, ceiling))


def _lasting(error: Exception) -> type[SourceError]:
    """What a fault that will not pass says of the input."""
    fault = fault_behind(error)
    if type(fault).__name__ == "FileExpired":
        return SourceError
    missing = isinstance(fault, FileNotFoundError) or status_of(fault) in {404, 410}
    return MissingError if missing else UnreachableError


def plainly(error: BaseException) -> str:
    """One line that names a fault of reading."""
    error = fault_behind(error)
    status = status_of(error)
    if status is not None:
        return f"HTTP {status}"
    if isinstance(error, FileNotFoundError):
        return "not found"
    if type(error).__name__ == "FileExpired":  # as s3fs has it
        return "changed while the run was reading it. Run again: it is surveyed anew."
    return " ".join(f"{type(error).__name__} {error}".split())[:200]


class Stored:
    """Reads an input by bytes, reopening it where it stood when a connection breaks or ends early.

    Fewer bytes than the size that was promised is a broken connection, never bad input.

    Attributes:
        size: stored bytes, null as long as nobody told.
        retries: requests repeated so far.
        bytes_read: bytes received so far, also those received twice.
        closed: whether `close` was called.
    """

    def __init__(self, item: Input, source: Source) -> None:
        self.closed = False
        self.item = item
        self.size = item.size
        self.retries = 0
        self.bytes_read = 0
        self._source = source
        self._position = 0
        self._file: Opened | None = None
        self._file_position = 0
        self._peeked = b""  # what stands at the position and was received already
        self._slot = slot(item.path, source)
        self._holds_slot = False
        self._hash = hashlib.sha256()
        self._hashed = 0

    @property
    def sha256(self) -> str | None:
        """Hex digest of the file, null until all of it was read."""
        return self._hash.hexdigest() if self._hashed == self.size else None

    def tell(self) -> int:
        """Byte at which the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Read from there next."""
        if whence == io.SEEK_END and self.size is None and self.peek() and self.size is None:
            raise SourceError(f"{self.item.path}: the server does not say how long the file is")
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size or 0}[whence]
        if start + offset != self._position:
            self._position, self._peeked = start + offset, b""
        return self._position

    def peek(self) -> bytes:
        """The next bytes, at least one unless the file ends here; the next read returns them (again)."""
        if not self._peeked:
            data = self.read(_PEEK)
            self._position -= len(data)
            self._peeked = data
        return self._peeked

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end.

        Raises:
            UnreachableError: not to be had after all retries.
            SourceError: the file changed.
        """
        if self._peeked:
            data, self._peeked = self._peeked[:size], self._peeked[size:]
            self._position += len(data)
            return data
        failed = 0
        while self.size is None or self._position < self.size:
            try:
                data = self._file_here().file.read(size)
                if not data and self.size is not None:
                    raise ConnectionError(f"ended at byte {self._position} of {self.size}")
            except failures(protocol(self.item.path)) as error:
                self._drop()
                failed += 1
                back_off(self.item.path, self._source, failed, error)
                self.retries += 1
            else:
                return self._count(data)
        self._drop()
        return b""

    def close(self) -> None:
        """Give the connection back."""
        self._drop()
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _file_here(self) -> Opened:
        """The file, open at the position of the next read."""
        if self._file is not None and self._file_position == self._position:
            return self._file
        self._drop()
        if self._slot is not None:
            self._slot.acquire()  # without a limit: other readers being slow is nothing that is wrong with this input
            self._holds_slot = True
        self._file = open_at(self.item, self._source, self._position)
        self._file_position = self._position
        if self.size is None:
            self.size = self._file.size
        return self._file

    def _count(self, data: bytes) -> bytes:
        if not data:  # a server that never told the size has ended the answer
            self.size = self._position
        if self._position <= self._hashed < self._position + len(data):
            self._hash.update(memoryview(data)[self._hashed - self._position :])
            self._hashed = self._position + len(data)
        self.bytes_read += len(data)
        self._position += len(data)
        self._file_position = self._position
        return data

    def _drop(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.file.close()
        if self._holds_slot and self._slot is not None:
            self._holds_slot = False
            self._slot.release()
