"""What an output folder says of the run in it: its state from the start, its manifest from the end."""

from typing import Any

import fsspec
from fsspec import AbstractFileSystem

from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, read_json
from crawlsieve.stages.read.places import protocol

_MANIFEST = ("name", "key", "crawlsieve")
_STATE = ("name", "common", "inputs")


def opened(output: str) -> tuple[AbstractFileSystem, str]:
    """The file system of an output folder, and what it calls the folder.

    Raises:
        CrawlsieveError: nobody knows the protocol, or its package is not installed.
    """
    try:
        system, place = fsspec.core.url_to_fs(output)
    except ImportError as error:
        extra = {"gs": "gcs"}.get(protocol(output), protocol(output))
        said = str(error).rstrip(".")
        raise CrawlsieveError(f"'{output}': {said}. Its extra is crawlsieve[{extra}].") from None
    except ValueError as error:
        raise CrawlsieveError(f"'{output}': {error}.") from None
    return system, place


def manifest_path(output: str) -> str:
    """The last file of a run."""
    return join(output, "manifest.json")


def state_path(output: str) -> str:
    """The first file of a run."""
    return join(output, "_work", "state.json")


def standing_manifest(output: str) -> dict[str, Any] | None:
    """The manifest in `output`; None where no run has ended.

    Raises:
        CrawlsieveError: there is a file of that name which crawlsieve did not write.
    """
    return _own(manifest_path(output), _MANIFEST)


def standing_state(output: str) -> dict[str, Any] | None:
    """What the last run that began in `output` was made of; None where none did.

    Raises:
        CrawlsieveError: there is a file of that name which crawlsieve did not write.
    """
    return _own(state_path(output), _STATE)


def _own(path: str, names: tuple[str, ...]) -> dict[str, Any] | None:
    try:
        found: Any = read_json(path)
    except ValueError:
        found = []
    if found is None:
        return None
    if not isinstance(found, dict) or not found.keys() >= {*names}:
        raise CrawlsieveError(f"'{path}' is not of crawlsieve")
    return found
