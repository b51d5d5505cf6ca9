"""Where a statement that is typed line by line ends."""

import re
from collections.abc import Iterable, Iterator

_CLOSED = re.compile(
    r"""
    [eE]'(?:\\.|''|[^'\\])*'         # E'it\'s'
    | (?<![eE])'(?:''|[^'])*'        # 'it''s'
    | "(?:""|[^"])*"                 # "a name"
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$  # $$it's$$
    | --[^\n]*
    | /\*.*?\*/
    """,
    re.DOTALL | re.VERBOSE,
)
_OPEN = re.compile(r"""['"]|/\*|\$(?:[A-Za-z_]\w*)?\$""")


def ended(text: str) -> bool:
    """Whether `text` ends with a semicolon that is in no string, name or comment."""
    bare = _CLOSED.sub(" ", text)
    return bare.rstrip().endswith(";") and _OPEN.search(bare) is None


def empty(text: str) -> bool:
    """Whether nothing but white space, comments and semicolons is there."""
    return not _CLOSED.sub(lambda part: "" if part[0].startswith(("--", "/*")) else "x", text).strip(" \t\r\n;")


def commands(lines: Iterable[str]) -> Iterator[str]:
    """Commands with a dot, one a line, and statements, each with all its lines; the last may lack its semicolon."""
    held = ""
    for line in lines:
        if empty(held) and line.lstrip().startswith("."):
            held = ""
            yield line.strip()
            continue
        held += line if line.endswith("\n") else f"{line}\n"
        if ended(held):
            yield held
            held = ""
    if not empty(held):
        yield held
