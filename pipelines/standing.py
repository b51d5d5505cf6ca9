"""What an output folder says of the run in it: its state from the start, its manifest from the end."""

from typing import Any

from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, read_json

_MANIFEST = ("name", "key", "crawlsieve")
_STATE = ("name", "common", "inputs")


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
