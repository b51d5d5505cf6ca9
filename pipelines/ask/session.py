"""A run that answers SQL: its views, the rules as macros, and each statement looked at before it runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from crawlsieve.pipelines.ask.guard import answers, statements
from crawlsieve.pipelines.ask.macros import RuleMacro, comment_on_judged, judged, rule_macros
from crawlsieve.pipelines.ask.views import connect, manifest
from crawlsieve.stages.errors import CrawlsieveError

BATCH_ROWS = 8192


@dataclass(frozen=True)
class Answer:
    """What a statement selects, as it comes. No names: it selects nothing."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    """To be read before the next statement runs: each raises CrawlsieveError where DuckDB stops."""


NOTHING = Answer(pa.schema([]), iter(()))


@dataclass(frozen=True)
class Session:
    """A run that is open for questions."""

    run: str
    connection: duckdb.DuckDBPyConnection
    manifest: dict[str, Any]
    macros: tuple[RuleMacro, ...]

    def ask(self, sql: str) -> Iterator[Answer]:
        """What each statement of `sql` selects. A statement runs when the answer before it is done with.

        Raises:
            CrawlsieveError: a statement may not run (then none does), or DuckDB refuses it; with DuckDB's words.
        """
        for statement in statements(self.connection, sql):
            with self._answer(statement) as found:
                yield found

    @contextmanager
    def ask_last(self, sql: str) -> Iterator[Answer]:
        """What the last statement of `sql` selects; the others run before.

        Raises:
            CrawlsieveError: as `ask`.
        """
        given = statements(self.connection, sql)
        for statement in given[:-1]:
            with self._answer(statement):
                pass
        with self._answer(given[-1] if given else None) as found:
            yield found

    @contextmanager
    def _answer(self, statement: duckdb.Statement | None) -> Iterator[Answer]:
        """The answer, open while the block is: a connection has one result at a time."""
        try:
            reader = None if statement is None else self._run(statement)
        except (duckdb.Error, OSError) as error:
            raise _stopped(error) from None
        if reader is None:
            yield NOTHING
            return
        with reader:
            yield Answer(reader.schema, _read(reader))

    def _run(self, statement: duckdb.Statement) -> pa.RecordBatchReader | None:
        if not answers(statement):
            self.connection.execute(statement)
            return None
        relation = self.connection.sql(statement)
        if relation is None:
            return None
        return relation.to_arrow_reader(BATCH_ROWS)


@contextmanager
def session(run: str, also: Sequence[str] = ()) -> Iterator[Session]:
    """A run, open for questions until the block ends.

    Args:
        run: a run directory, local or on any address that fsspec knows.
        also: local files and folders that SQL may read, too.

    Raises:
        CrawlsieveError: it is no finished run, or one of its files is damaged; with DuckDB's words.
    """
    told = manifest(run)
    try:
        with connect(run, only_read=True, also=also) as connection:
            yield Session(run, connection, told, _with_macros(connection, told))
    except duckdb.Error as error:
        raise CrawlsieveError(f"{run}: its tables cannot be read. {error}") from None


def _with_macros(connection: duckdb.DuckDBPyConnection, told: dict[str, Any]) -> tuple[RuleMacro, ...]:
    macros = rule_macros(told)
    for macro in macros:
        connection.execute(macro.create)
        connection.execute(macro.comment)
    asked = judged(macros, [name for name, *_ in connection.execute("DESCRIBE signals").fetchall()])
    if asked is not None:
        connection.execute(asked)
        connection.execute(comment_on_judged())
    return macros


def _read(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise _stopped(error) from None


def _stopped(error: Exception) -> CrawlsieveError:
    """DuckDB's words, and the way to a file that it may not open."""
    shut = "disabled by configuration" in str(error)
    hint = "\nSQL reads the run alone; `--read PATH` adds a file or a folder." if shut else ""
    return CrawlsieveError(f"sql: {str(error).strip()}{hint}")
