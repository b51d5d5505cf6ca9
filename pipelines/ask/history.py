"""What was typed in the shell, kept for the next time: in a file of the user's own, of bounded size."""

import os
from pathlib import Path

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from crawlsieve.stages.files import writing

_ENTRIES = 1_000
_BYTES = 1 << 20


def history_path() -> Path:
    """The file, in the folder that XDG names for state."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return folder / "crawlsieve" / "sql_history"


def opened_history(path: Path) -> History:
    """The history in `path`, readable by nobody else; one in memory where no file can be written.

    At most 1,000 of the newest entries, and 1 MiB of them, outlive a session.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        path.chmod(0o600)
        _cut(path)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _cut(path: Path) -> None:
    """Leave the newest entries in the file, as far as the bounds allow. An entry begins with a line of `#`."""
    whole = path.read_bytes()
    entries = whole.split(b"\n# ")
    kept: list[bytes] = []
    size = 0
    for entry in reversed(entries):
        size += len(entry) + 3
        if len(kept) == _ENTRIES or size > _BYTES:
            break
        kept.append(entry)
    if len(kept) == len(entries):
        return
    with writing(str(path)) as file:
        file.write(b"\n# " + b"\n# ".join(reversed(kept)))
    path.chmod(0o600)
