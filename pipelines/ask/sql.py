"""`crawlsieve sql`: what a query selects from the tables of a run."""

import sys
from collections.abc import Sequence
from typing import Literal

import pyarrow as pa
from rich.console import Console

from crawlsieve.pipelines.ask.forms import csv_parts, json_parts
from crawlsieve.pipelines.ask.interruptible import interruptible
from crawlsieve.pipelines.ask.printed import print_first
from crawlsieve.pipelines.ask.session import Answer, Session, session
from crawlsieve.pipelines.ask.written import check_output, write_answer
from crawlsieve.pipelines.printable import printable

Format = Literal["table", "csv", "json"]


def query(run: str, sql: str) -> pa.Table:
    """The rows that the last statement of `sql` selects; no rows for one that selects nothing.

    Raises:
        CrawlsieveError: it is no run, a statement may not run, or DuckDB refuses it; with DuckDB's words.
    """
    with session(run) as asked, asked.ask_last(sql) as found:
        return pa.Table.from_batches(found.batches, schema=found.schema)


def sql_command(
    run: str, sql: str, form: Format = "table", *, output: str | None = None, also: Sequence[str] = ()
) -> None:
    """Print what `sql` selects, a table for reading, or CSV or JSON for programs; or write it to a file.

    Raises:
        CrawlsieveError: as `query`, or `output` cannot be written.
    """
    if output is not None:
        check_output(output, run)
    with session(run, also) as asked:
        interruptible(asked.connection, lambda: _deliver(asked, sql, form, output))


def show(found: Answer, form: Format) -> None:
    """Print an answer; on a terminal without what it would obey, elsewhere as it is."""
    if form == "table":
        print_first(found.schema, found.batches, Console())
    elif found.schema.names:
        parts = {"csv": csv_parts, "json": json_parts}[form](found.schema.names, found.batches)
        if sys.stdout.isatty():
            parts = (printable(part, but="\n") for part in parts)
        sys.stdout.writelines(parts)
        sys.stdout.flush()


def _deliver(asked: Session, sql: str, form: Format, output: str | None) -> None:
    with asked.ask_last(sql) as found:
        if output is None:
            show(found, form)
        else:
            write_answer(found, output, asked.run)
