"""Which domain a document belongs to: a DuckDB expression over its columns, looked at before it is used."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.mix.documents import is_text

NULL = "null"
"""The domain of documents for which the expression is null."""

MOST_DOMAINS = 65_536
"""Of one input: an expression that gives more is no domain but, say, a URL."""

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_CLOCKS = {"current_timestamp", "current_time", "localtimestamp", "localtime"}
"""Names that DuckDB takes for functions, without parentheses, and lists nowhere."""
_CHANGING = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"


@dataclass(frozen=True)
class Domain:
    """Evaluates `expression` for each row of a batch by itself: no aggregate, window, subquery, clock or chance."""

    expression: str

    def columns(self, schema: pa.Schema) -> list[str]:
        """Columns of `schema` that the expression reads.

        Raises:
            RecipeError: it is no expression that gives a text for every document, with DuckDB's words.
        """
        return [self.expression] if self.expression in schema.names else list(_columns(self.expression, schema))

    def answers(self, schema: pa.Schema) -> tuple[str, ...] | None:
        """All domains that there can be, where the expression is a CASE between texts; None where it is not.

        Raises:
            RecipeError: as `columns`.
        """
        self.columns(schema)
        if self.expression in schema.names:
            return None
        with _connected() as engine:
            node = _tree(engine, self.expression)["statements"][0]["node"]["select_list"][0]
        try:
            return tuple(dict.fromkeys(_texts(node)))
        except _NoTextError:
            return None

    @contextmanager
    def evaluating(self) -> Iterator["Evaluation"]:
        """The expression, ready for batches."""
        with ExitStack() as stack:
            yield Evaluation(self.expression, stack)


class Evaluation:
    """The expression over batches, by one connection, which is opened when it is needed."""

    def __init__(self, expression: str, stack: ExitStack) -> None:
        self._expression = expression
        self._stack = stack

    def __call__(self, rows: pa.Table) -> pa.Array:
        """string[n]: the domain of each row, without null.

        Raises:
            RecipeError: the expression fails for a row; with the kind of its error only, whose words may quote it.
        """
        if self._expression in rows.column_names and is_text(rows[self._expression].type):
            found = rows[self._expression].combine_chunks()
        else:
            found = self._asked(rows)
        return pc.fill_null(found.cast(pa.string()), NULL)

    def _asked(self, rows: pa.Table) -> pa.Array:
        self._engine.register("documents", rows)
        try:
            query = f"SELECT {_value(self._expression, rows.schema)} FROM documents"  # noqa: S608 - as it was asked
            return self._engine.sql(query).to_arrow_table()[0].combine_chunks()
        except duckdb.Error as error:
            raise RecipeError(f"domain: the expression fails for a document: {type(error).__name__}") from None
        finally:
            self._engine.unregister("documents")

    @cached_property
    def _engine(self) -> duckdb.DuckDBPyConnection:
        return self._stack.enter_context(_connected())


@cache
def _columns(expression: str, schema: pa.Schema) -> tuple[str, ...]:
    """Columns of `schema` that an expression reads, once it is known to be one that can be used."""
    with _connected() as engine:
        tree = _tree(engine, expression)
        changing = _CLOCKS | {name for (name,) in engine.execute(_CHANGING).fetchall()}
        _refuse(tree, changing - {name.lower() for name in schema.names})
        _bind(engine, expression, schema)
    names = {name.lower() for node in _nodes(tree) for name in node.get("column_names", [])}
    return tuple(name for name in schema.names if name.lower() in names)


def _tree(engine: duckdb.DuckDBPyConnection, expression: str) -> dict[str, Any]:
    ((told,),) = engine.execute("SELECT json_serialize_sql(?)", [f"SELECT {expression}"]).fetchall()
    tree: dict[str, Any] = json.loads(told)
    if tree["error"]:
        raise RecipeError(f"domain: {expression!r} is no expression of DuckDB: {tree['error_message']}")
    node = tree["statements"][0]["node"]
    if len(tree["statements"]) != 1 or node.get("from_table", {}).get("type") != "EMPTY":
        raise RecipeError(f"domain: {expression!r} is a query; an expression over the columns is wanted")
    if len(node["select_list"]) != 1:
        raise RecipeError(f"domain: {expression!r} has {len(node['select_list'])} values; one is wanted")
    return tree


def _refuse(tree: dict[str, Any], changing: set[str]) -> None:
    for node in _nodes(tree):
        if node.get("class") == "SUBQUERY":
            raise RecipeError("domain: a subquery sees more than one document, and is not allowed")
        if node.get("class") == "STAR":
            raise RecipeError("domain: a star is several columns; one value is wanted")
        names = {str(node.get("function_name", "")).lower(), *map(str.lower, node.get("column_names", []))}
        for name in sorted(names & changing):
            raise RecipeError(f"domain: '{name}' gives another value another time, and is not allowed")


def _bind(engine: duckdb.DuckDBPyConnection, expression: str, schema: pa.Schema) -> None:
    engine.register("documents", schema.empty_table())
    try:
        # DuckDB refuses aggregates, windows and unnest in a WHERE.
        value = _value(expression, schema)
        engine.execute(f"SELECT 1 FROM documents WHERE ({value}) IS NULL").fetchall()  # noqa: S608 - as it was asked
    except duckdb.Error as error:
        raise RecipeError(f"domain: {expression!r}: {_words(error)}") from None


def _value(expression: str, schema: pa.Schema) -> str:
    """The expression as text. The name of a column is that column, also where DuckDB would want it quoted."""
    quoted = expression.replace('"', '""')
    return f'"{quoted}"::VARCHAR' if expression in schema.names else f"({expression})::VARCHAR"


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=_SETTINGS) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute("SET lock_configuration = true")
        yield engine


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


class _NoTextError(Exception):
    """An expression is neither a text nor a choice between texts."""


def _texts(node: dict[str, Any]) -> Iterator[str]:
    """The texts that a CASE, within another CASE too, gives.

    Raises:
        _NoTextError: it gives something else.
    """
    literal = node.get("literal", {})
    if node.get("type") == "CASE_EXPR":
        for branch in [*(check["then_expr"] for check in node["case_checks"]), node["else_expr"]]:
            yield from _texts(branch)
    elif literal.get("kind") == "STRING":
        yield literal["text"]
    elif literal.get("kind") == "NULL_LITERAL":
        yield NULL
    else:
        raise _NoTextError


def _words(error: duckdb.Error) -> str:
    """What DuckDB says, without the query around it, and without a list of all functions of a name."""
    said = str(error).split("\n\nLINE ")[0].split("Candidate functions:")[0]
    return " ".join(line.strip() for line in said.splitlines() if line.strip())
