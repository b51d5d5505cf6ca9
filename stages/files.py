"""Files that a run writes, on any address that fsspec knows. A file under its final name is whole, or is not there."""

import glob
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem


def join(folder: str, *names: str) -> str:
    """The address of `names` under `folder`."""
    return "/".join([folder.rstrip("/"), *names])


@contextmanager
def writing(path: str) -> Iterator[IO[bytes]]:
    """A binary file that appears under `path` when the block ends without an error.

    Locally it is written beside its place and renamed; an object store completes an object at its end (one PUT, or one
    completed multipart upload), so a reader never sees half a file. What the block had written before an error is
    thrown away.
    """
    system, place = fsspec.core.url_to_fs(path)
    if not isinstance(system, LocalFileSystem):
        yield from _uploading(system.open(place, "wb"))
        return
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    part = Path(f"{place}.part-{os.getpid()}")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _uploading(file: Any) -> Iterator[IO[bytes]]:  # noqa: ANN401 - whatever fsspec opens
    """The open object, completed only when the block ends: to close it, as `with` does, completes it in any case."""
    try:
        yield file
    except BaseException:  # Ctrl-C too: the object must not appear
        try:
            file.discard()
        finally:
            file.closed = True  # else the garbage collector closes it, and so completes it
        raise
    file.close()


def reading(path: str) -> IO[bytes]:
    """An existing file, opened for random access."""
    system, place = fsspec.core.url_to_fs(path)
    file: IO[bytes] = system.open(place, "rb")
    return file


def write_json(path: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write `value` with sorted keys."""
    with writing(path) as file:
        file.write(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n")


def read_json(path: str) -> dict[str, Any] | None:
    """The JSON object at `path`, or None where there is no such file."""
    system, place = fsspec.core.url_to_fs(path)
    try:
        with system.open(place, "rb") as file:
            value: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        return None
    return value


def sizes(folder: str) -> dict[str, int]:
    """Path below `folder` -> bytes, of every file there. The folder may have any name, `out[1]` too."""
    system, place = fsspec.core.url_to_fs(folder)
    found = system.find(place, detail=True)
    return {str(os.path.relpath(path, place)): int(entry["size"]) for path, entry in found.items()}


def remove(path: str) -> None:
    """Remove a file or a folder with all in it; nothing happens where there is none."""
    system, place = fsspec.core.url_to_fs(path)
    if not system.exists(place):
        return
    if not isinstance(system, LocalFileSystem):
        place = glob.escape(place)  # other file systems remove all that matches
    system.rm(place, recursive=True)
