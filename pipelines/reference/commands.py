"""Every command's own help, as Markdown."""

import re
from collections.abc import Iterator

from typer.testing import CliRunner

from crawlsieve.pipelines.cli import app

_WIDTH = {"COLUMNS": "100", "TERMINAL_WIDTH": "100"}
_GROUP = "Commands:"


def commands() -> str:
    """A section for each command: what `--help` prints."""
    return "\n\n".join(f"### `crawlsieve {' '.join(path)}`\n\n```text\n{said}\n```" for path, said in _helps(()))


def _helps(path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """(names, help) of each command below `path`; groups themselves have no section."""
    told = CliRunner().invoke(app, [*path, "--help"], env=_WIDTH, prog_name="crawlsieve").output.strip()
    _, is_group, listed = told.partition(_GROUP)
    if not is_group:
        yield path, told
    for name in re.findall(r"^  (\S+)", listed, re.MULTILINE) if is_group else ():
        yield from _helps((*path, name))
