"""Where files live: opening one at a byte, over fsspec, and telling a passing fault from a lasting one."""

import email.utils
import errno
import functools
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

import fsspec
from fsspec import AbstractFileSystem

from crawlsieve.stages.errors import SourceError
from crawlsieve.stages.read.source import UNREACHABLE, Input, Source
from crawlsieve.stages.read.web import WebFile

_BLOCK = 8 << 20  # one request to an object store
_LASTING = frozenset({errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.ENAMETOOLONG})
_LONGEST_PAUSE = 120.0  # a server may ask for an hour; we ask again earlier
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
_SLOTS: dict[tuple[str, int], threading.BoundedSemaphore] = {}
_SLOTS_LOCK = threading.Lock()


class Bytes(Protocol):
    """What is needed of an open file."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""

    def close(self) -> None:
        """Give the connection back."""


@dataclass(frozen=True)
class Opened:
    """A file open at the byte that was asked for, its size if the answer told it, and its version."""

    file: Bytes
    size: int | None
    version: str


def protocol(path: str) -> str:
    """`file`, `http`, `https`, `s3`, `gs`, ... of an address."""
    return path.split("://", 1)[0].lower() if "://" in path else "file"


def is_http(path: str) -> bool:
    """Whether the address is a web address."""
    return protocol(path) in {"http", "https"}


def local(path: str) -> Path | None:
    """The path of a local file, null for an address elsewhere."""
    return Path(path.removeprefix("file://")) if protocol(path) == "file" else None


def filesystem(path: str, source: Source) -> AbstractFileSystem:
    """The fsspec file system of an address. fsspec keeps one a process and thread.

    Raises:
        SourceError: nobody knows the protocol, or its package is not installed.
    """
    name = protocol(path)
    try:
        if not is_http(path):
            return fsspec.filesystem(name, **({} if name == "file" else source.storage))
        aiohttp = import_module("aiohttp")  # 0.2 s that a local run does not need
    except ImportError as error:
        hint = f"pip install 'crawlsieve[{_EXTRAS[name]}]'" if name in _EXTRAS else str(error)
        raise SourceError(f"{path}: {name}:// needs a package that is not installed: {hint}") from error
    except ValueError as error:
        raise SourceError(f"{path}: no protocol {name}://. Known: local paths, https://, s3://, gs://") from error
    quiet = aiohttp.ClientTimeout(total=None, sock_connect=source.timeout_seconds, sock_read=source.timeout_seconds)
    return fsspec.filesystem(name, client_kwargs={"timeout": quiet, "auto_decompress": False})


def version_of(info: Mapping[str, object]) -> str:
    """The fingerprint in what a store says of an object: generation, ETag, or time of change."""
    for key in ("generation", "ETag", "etag", "Last-Modified", "LastModified", "created"):
        if info.get(key):
            return str(info[key]).strip('"')
    return ""


def local_version(path: Path) -> tuple[int, str]:
    """Size and time of change (ns) of a local file."""
    stat = path.stat()
    return stat.st_size, str(stat.st_mtime_ns)


def open_at(item: Input, source: Source, position: int) -> Opened:
    """The file, open at byte `position`.

    Raises:
        SourceError: it is not the file that was surveyed.
        OSError, or one of `failures(protocol(item.path))`: as the store says; see `pause_asked`.
    """
    path = local(item.path)
    if path is not None:
        opened = _open_local(path, position)
    elif is_http(item.path):
        page = WebFile(filesystem(item.path, source), item.path, position)
        opened = Opened(page, page.size, version_of(page.headers))
    else:
        file = filesystem(item.path, source).open(item.path, "rb", block_size=_BLOCK, cache_type="readahead")
        file.seek(position)
        opened = Opened(cast("Bytes", file), file.size, version_of(getattr(file, "details", {})))
    if opened.version and item.version not in {"", UNREACHABLE, opened.version}:
        opened.file.close()
        raise SourceError(f"{item.path} changed while the run was reading it. Run again: it is surveyed anew.")
    return opened


def _open_local(path: Path, position: int) -> Opened:
    size, version = local_version(path)
    file = path.open("rb", buffering=0)
    file.seek(position)
    return Opened(cast("Bytes", file), size, version)


@functools.cache
def failures(name: str) -> tuple[type[Exception], ...]:
    """What reading over protocol `name` may raise, beside SourceError."""
    if name in {"http", "https"}:
        return (OSError, import_module("aiohttp").ClientError)
    if name in {"s3", "s3a"}:
        aiohttp, botocore = import_module("aiohttp"), import_module("botocore.exceptions")
        return (OSError, aiohttp.ClientError, botocore.BotoCoreError)
    if name in {"gs", "gcs"}:
        return (OSError, import_module("aiohttp").ClientError, import_module("gcsfs.retry").HttpError)
    return (OSError,)


def is_of_store(error: BaseException) -> bool:
    """Whether a client of an object store or of the web raised it. None of them is imported to find out."""
    return type(error).__module__.partition(".")[0] in {"aiobotocore", "aiohttp", "botocore", "gcsfs"}


def fault_behind(error: BaseException) -> BaseException:
    """What really happened: over HTTP, fsspec says "not found" whatever a question for the size met."""
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and cause is not None and type(cause).__module__.startswith("aiohttp"):
        return cause
    return error


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error stands for."""
    # aiohttp's broken payloads have a `code` 400 of their own: of `code`, only gcsfs means the answer's.
    status = getattr(error, "code" if type(error).__name__ == "HttpError" else "status", None)
    return status if isinstance(status, int) and status >= 400 else None


def pause_asked(error: BaseException) -> float | None:
    """Seconds that the server asks us to wait (0 if it names none); null if asking again is of no use."""
    error = fault_behind(error)
    status = status_of(error)
    if status is not None:
        passing = status in {408, 425, 429} or status >= 500
        return _retry_after(getattr(error, "headers", None) or {}) if passing else None
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError | NotADirectoryError):
        return None
    if type(error).__name__ == "FileExpired" or getattr(error, "errno", None) in _LASTING:
        return None
    return 0.0


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds named by a Retry-After header, as a number or as a date (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if value.isdigit():
        return min(float(value), _LONGEST_PAUSE)
    try:
        until = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return min(max(0.0, until.timestamp() - time.time()), _LONGEST_PAUSE)


def slot(path: str, source: Source) -> threading.BoundedSemaphore | None:
    """The semaphore that keeps the connections to one host below the limit; null for local files."""
    if local(path) is not None:
        return None
    key = (urlsplit(path).netloc, source.connections_per_host)
    with _SLOTS_LOCK:
        return _SLOTS.setdefault(key, threading.BoundedSemaphore(source.connections_per_host))
