"""What Tab offers in the shell."""

import re
from collections.abc import Callable, Iterable, Iterator

import duckdb
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

_WORD = re.compile(r"[\w.]*$")
_ARGUMENT = re.compile(r"\s*\.(\w+)\s+(\S*)$")


class SqlCompleter(Completer):
    """Tables, columns, macros, keywords and functions of DuckDB, and the commands with a dot with their arguments."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, dots: dict[str, Callable[[], Iterable[str]]]) -> None:
        self._connection = connection
        self._dots = dots
        self._fixed = _fixed(connection)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """The names that begin like the word at the cursor, whatever their case."""
        del complete_event
        before = document.text_before_cursor
        argument = _ARGUMENT.match(before)
        offered: Iterable[tuple[str, str]]
        if argument:
            begun = argument[2]
            offered = ((name, "") for name in self._dots.get(argument[1], list)())
        elif before.lstrip().startswith("."):
            begun = before.lstrip()
            offered = ((f".{name}", "command") for name in self._dots)
        else:
            begun = _begun(before)
            offered = self._names() if begun else ()
        for name, kind in offered:
            if name.lower().startswith(begun.lower()) and name != begun:
                yield Completion(name, -len(begun), display_meta=kind)

    def _names(self) -> Iterator[tuple[str, str]]:
        """Names with what they are; those of tables, which statements change, are asked for anew."""
        found = self._connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
        for kind, names in zip(("table", "column"), zip(*found, strict=True), strict=False):
            yield from ((name, kind) for name in sorted(set(names)))
        yield from self._fixed


def _begun(text: str) -> str:
    """The word at the end, behind the last dot."""
    found = _WORD.search(text)
    return found[0].rpartition(".")[2] if found else ""


def _fixed(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Macros of the run, then keywords, then functions."""
    functions = connection.execute(
        "SELECT DISTINCT function_name, internal FROM duckdb_functions() ORDER BY 1"
    ).fetchall()
    keywords = connection.execute("SELECT DISTINCT upper(keyword_name) FROM duckdb_keywords() ORDER BY 1").fetchall()
    return [
        *((name, "macro") for name, internal in functions if not internal),
        *((name, "keyword") for (name,) in keywords),
        *((name, "function") for name, internal in functions if internal and name.isidentifier()),
    ]
