"""Markdown around values that anybody may have written: they neither leave their cell nor become markup or HTML."""

import re
from collections.abc import Iterable, Sequence

from crawlsieve.pipelines.printable import printable

_ACTIVE = re.compile(r"([\\`*_\[\]|~$#!])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_FENCE = 3


def line(value: str) -> str:
    """A value on one line, without control characters."""
    return " ".join(printable(value).split())


def text(value: str) -> str:
    """A value as text in a paragraph or a cell, and as nothing else."""
    plain = "".join(_ENTITIES.get(character, character) for character in line(value))
    return _ACTIVE.sub(r"\\\1", plain)


def paragraphs(value: str) -> list[str]:
    """The paragraphs of a text, each on one line, with an empty line between them."""
    parts = [text(part) for part in re.split(r"\n\s*\n", value.replace("\r\n", "\n"))]
    return [entry for part in parts if part for entry in (_no_block(part), "")][:-1]


def code(value: str) -> str:
    """A value as code in a cell of a table, where a vertical bar needs a backslash."""
    plain = line(value).replace("|", "\\|")
    if not plain:
        return "(empty)"
    mark = "`" * (1 + _longest(plain))
    around = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{mark}{around}{plain}{around}{mark}"


def fenced(value: str, language: str) -> list[str]:
    """Lines of a block of code that nothing in it ends."""
    mark = "`" * max(_FENCE, 1 + _longest(value))
    plain = printable(value.strip("\n"), but="\t\n").split("\n")
    return [f"{mark}{language}", *plain, mark]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> list[str]:
    """Lines of a table whose last `numbers` columns are numbers. The cells are Markdown already."""
    marks = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    return [f"| {' | '.join(cells)} |" for cells in (head, marks, *rows)]


def percent(part: int, whole: int) -> str:
    """A share in percent; of nothing there is none."""
    return f"{part / whole:.2%}" if whole else "-"


def _longest(value: str) -> int:
    return max((len(run) for run in re.findall("`+", value)), default=0)


def _no_block(paragraph: str) -> str:
    """A paragraph whose first characters begin no list, heading or rule."""
    return re.sub(r"^([-+=]|\d+[.)])", lambda found: "".join(f"&#{ord(c)};" for c in found[0]), paragraph)
