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
_WRITES_A_FILE = "COPY_TO_FILE"


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
    elif _says_copy(statement.query) and _copies(connection, statement.query):
        raise _refused("COPY")


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


def _says_copy(query: str) -> bool:
    """Whether COPY is a word of the statement: DuckDB takes it as part of another one only at its top level."""
    text = query.encode()
    return any(text[place : place + 4].lower() == b"copy" for place, _ in duckdb.tokenize(query))


def _copies(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    """Whether a COPY hides in the plan, as in WITH x AS (COPY ...) SELECT; in doubt, it does."""
    try:
        plans = connection.execute(f"EXPLAIN (FORMAT json) {query}").fetchall()
    except duckdb.Error as error:
        raise CrawlsieveError(f"sql: {error}") from None
    return any(_WRITES_A_FILE in name for _, plan in plans for top in json.loads(plan) for name in _operators(top))


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
