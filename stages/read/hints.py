"""The nearest right answer to a path that leads nowhere."""

import difflib
from collections import Counter
from itertools import islice
from pathlib import Path

from crawlsieve.stages.read.formats import named_format
from crawlsieve.stages.read.places import local

_MANY = 10_000  # names of a folder that are looked at


def inside(folder: Path) -> str:
    """`; did you mean FOLDER/*.warc.gz?`, with the ending that most files there have."""
    endings = Counter("".join(path.suffixes[-2:]) for path in _names(folder) if named_format(path.name))
    if not endings:
        return " and holds no file of a known format; name files or a glob such as data/*.warc.gz"
    ending = min(endings, key=lambda name: (-endings[name], name))
    return f"; did you mean {folder}/*{ending}?"


def nearby(path: str) -> str:
    """`; did you mean X?` with the name beside it that looks most like it; empty if nothing does."""
    here = local(path)
    if here is None:
        return ""
    folder = next(parent for parent in here.parents if parent.is_dir())
    below = here.relative_to(folder).parts[0]
    names = sorted(name.name for name in _names(folder))
    close = difflib.get_close_matches(below, names, 1, 0.5)
    if close:
        rest = here.relative_to(folder).parts[1:]
        return f"; did you mean {folder.joinpath(close[0], *rest)}?"
    held = f"{len(names)} entries, such as {names[0]}" if names else "nothing"
    return f"; {folder} holds {held}"


def _names(folder: Path) -> list[Path]:
    return list(islice(folder.iterdir(), _MANY))
