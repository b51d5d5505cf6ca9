"""`HEAD` of a history index: one small file that names the present generation, and changes as a whole or not at all.

Locally it is compared and replaced under a lock (`flock`) that goes with its process. On S3 it is one PUT with
`If-Match` (the ETag that was read), or `If-None-Match: *` for the first; Amazon has both since November 2024, botocore
from 1.35.70.
"""

import fcntl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, writing
from crawlsieve.stages.read.places import failures, protocol

_LOST = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")
"""HEAD is another one, is being written at this moment, or has been removed."""
_ATTEMPTS = 5


class HistoryError(CrawlsieveError):
    """A history index is not there, is damaged, was made with other parameters, or cannot take what it is given."""


class LostRaceError(HistoryError):
    """Somebody else has published meanwhile. Nothing has changed; publish again."""


@dataclass(frozen=True)
class Head:
    """What was read.

    Attributes:
        content: the file.
        etag: its version on S3, empty elsewhere.
    """

    content: bytes
    etag: str


def read_head(index: str) -> Head | None:
    """The present HEAD of the index at this address; None where there is none.

    Raises:
        HistoryError: nobody knows the protocol, or the store cannot be reached.
    """
    try:
        system, place = fsspec.core.url_to_fs(join(index, "HEAD"))
        return _read_s3(system, place) if _is_s3(system) else Head(system.cat_file(place), "")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ImportError, ValueError) as error:
        raise HistoryError(f"'{index}': {error}.") from None
    except failures(protocol(index)) as error:
        raise HistoryError(f"'{index}' cannot be reached: {error}.") from None


def check_swaps(index: str) -> None:
    """Whether HEAD can be swapped at this address, asked before any work is done.

    Raises:
        HistoryError: the store has no conditional write that we know.
    """
    try:
        system, _ = fsspec.core.url_to_fs(index)
    except (ImportError, ValueError) as error:
        raise HistoryError(f"'{index}': {error}.") from None
    if isinstance(system, LocalFileSystem):
        return
    if not _is_s3(system):
        raise HistoryError(f"'{index}': an index is written to a local folder or to s3://, and read from anywhere.")
    system.connect()
    shape = system.s3.meta.service_model.operation_model("PutObject").input_shape
    if not {"IfMatch", "IfNoneMatch"} <= set(shape.members):  # s3fs would leave them out without a word
        raise HistoryError(f"'{index}': this botocore has no conditional PUT. Install botocore 1.35.70 or newer.")


def swap_head(index: str, before: Head | None, content: bytes) -> None:
    """Make `content` the HEAD if it still is what was read, or still is not there.

    Args:
        index: address of the index.
        before: what `read_head` gave.
        content: never the same twice, so that an equal HEAD is the very one that was read.

    Raises:
        LostRaceError: it is another one by now.
    """
    system, place = fsspec.core.url_to_fs(join(index, "HEAD"))
    swapped = _put(system, place, before, content) if _is_s3(system) else _replace(Path(place), before, content)
    if not swapped:
        raise LostRaceError(
            f"'{index}': somebody else has published there meanwhile. Nothing of this was added; the same command again"
            " adds it to the new generation."
        )


def _replace(place: Path, before: Head | None, content: bytes) -> bool:
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        now = place.read_bytes() if place.exists() else None
        if now != (before.content if before else None):
            return False
        with writing(str(place)) as file:
            file.write(content)
    return True


def _put(system: AbstractFileSystem, place: str, before: Head | None, content: bytes) -> bool:
    condition = {"IfMatch": before.etag} if before else {"IfNoneMatch": "*"}
    try:
        system.pipe_file(place, content, **condition)
    except OSError as error:
        if _code(error) not in _LOST:
            raise
        try:
            now = _read_s3(system, place)
        except FileNotFoundError:
            return False
        return now.content == content  # a PUT whose answer was lost, sent again by the client
    return True


def _code(error: OSError) -> str:
    """What S3 calls the error behind one of s3fs; empty if it is none of S3."""
    response: dict[str, Any] = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _read_s3(system: AbstractFileSystem, place: str) -> Head:
    """Content and ETag of one version."""
    etag = system.info(place, refresh=True)["ETag"]
    for _ in range(_ATTEMPTS):
        content = system.cat_file(place)
        after = system.info(place, refresh=True)["ETag"]
        if after == etag:
            return Head(content, etag)
        etag = after
    raise LostRaceError(f"'{place}' changes all the time.")


def _is_s3(system: AbstractFileSystem) -> bool:
    return "s3" in ((system.protocol,) if isinstance(system.protocol, str) else system.protocol)
