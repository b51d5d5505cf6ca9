"""Which statements SQL may have about a run: those that read, and those that change tables in memory."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb
from duckdb import StatementType

from crawlsieve.stages.errors import CrawlsieveError

_READS = frozenset({StatementType.SELECT, StatementType.CALL, StatementType.PRAGMA, StatementType.MULTI})
_IN_MEMORY = frozenset(
    {
        StatementType.INSERT,
        StatementType.UPDATE,
        StatementType.DELETE,
        StatementType.MERGE_INTO,
        StatementType.CREATE,
        StatementType.CREATE_FUNC,
        StatementType.DROP,
        StatementType.ALTER,
        StatementType.ANALYZE,
        StatementType.VACUUM,
        StatementType.TRANSACTION,
        StatementType.SET,  # the configuration is locked, variables are free
        StatementType.VARIABLE_SET,
    }
)
_WRITERS = {b"copy": "COPY_TO_FILE", b"enable_logging": "ENABLE_LOGGING"}
"""Word of a statement -> operator of its plan that writes a file. DuckDB before 2.0 lets a locked one log to files."""


def statements(connection: duckdb.DuckDBPyConnection, sql: str) -> list[duckdb.Statement]:
    """The statements of `sql`, when each of them may run.

    Raises:
        CrawlsieveError: one is not SQL, or would write files, open other databases or load code.
    """
    found = _parsed(connection, sql)
    for statement in found:
        _check(connection, statement)
    return found


def answers(statement: duckdb.Statement) -> bool:
    """Whether the statement selects rows; the others only do something."""
    return _kind(statement) in _READS | {StatementType.EXPLAIN}


def _check(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> None:
    kind = _kind(statement)
    if kind == StatementType.EXPLAIN:  # EXPLAIN ANALYZE runs what it explains
        for inner in _explained(connection, statement.query):
            _check(connection, inner)
    elif kind not in _READS | _IN_MEMORY:
        raise _refused("unknown" if kind is None else kind.name)
    else:
        _check_plan(connection, statement.query)


def _parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> list[duckdb.Statement]:
    try:
        return connection.extract_statements(sql)
    except duckdb.Error as error:
        raise CrawlsieveError(f"sql: {error}") from None


def _kind(statement: duckdb.Statement) -> StatementType | None:
    """None for one that is newer than DuckDB's own list of kinds."""
    try:
        return statement.type
    except ValueError:
        return None


def _explained(connection: duckdb.DuckDBPyConnection, query: str) -> list[duckdb.Statement]:
    """What stands behind EXPLAIN and its options: the longest end of the text that is a statement of its own."""
    text = query.encode()
    for place, _ in duckdb.tokenize(query)[1:]:
        try:
            found = connection.extract_statements(text[place:].decode())
        except duckdb.Error:
            continue
        if found and _kind(found[0]) != StatementType.EXPLAIN:
            return found
    raise _refused("EXPLAIN")


def _check_plan(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Refuse what writes a file from within: WITH x AS (COPY ...) SELECT, or a function that logs.

    DuckDB takes these at the top level of a statement alone, never out of a view or a macro: a statement without their
    words need not be planned.
    """
    text = query.encode()
    said = {word for place, _ in duckdb.tokenize(query) for word in _WRITERS if _begins(text[place:], word)}
    if not said:
        return
    try:
        plans = connection.execute(f"EXPLAIN (FORMAT json) {query}").fetchall()
    except duckdb.Error as error:
        raise CrawlsieveError(f"sql: {error}") from None
    planned = {name.strip() for _, plan in plans for top in json.loads(plan) for name in _operators(top)}
    for word in sorted(said):
        if any(_WRITERS[word] in name for name in planned):
            raise _refused(word.decode().upper())


def _begins(text: bytes, word: bytes) -> bool:
    """Whether `text` begins with `word`, quoted or not, whatever its case."""
    return text[: len(word) + 1].lstrip(b'"').lower().startswith(word)


def _operators(node: dict[str, Any]) -> Iterator[str]:
    yield node["name"]
    for child in node.get("children", []):
        yield from _operators(child)


def _refused(kind: str) -> CrawlsieveError:
    word = kind.replace("_", " ")
    return CrawlsieveError(
        f"sql: a statement of the kind {word} is refused: a run is only read. Results are written to files by "
        "--output FILE, and in the shell by .once FILE and .output FILE."
    )
