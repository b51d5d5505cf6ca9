"""`crawlsieve sql`: what a query selects from the tables of a run."""

from typing import Literal

import duckdb
import pyarrow as pa
import typer
from rich.console import Console

from crawlsieve.pipelines.ask.forms import as_csv, as_json
from crawlsieve.pipelines.ask.printed import print_table
from crawlsieve.pipelines.ask.views import asking
from crawlsieve.stages.errors import CrawlsieveError

Format = Literal["table", "csv", "json"]


def query(run: str, sql: str) -> pa.Table:
    """The rows that `sql` selects from the views of a run; no rows for a statement that selects nothing.

    Raises:
        CrawlsieveError: it is no run, or DuckDB refuses the statement; with DuckDB's words.
    """
    with asking(run) as connection:
        try:
            relation = connection.sql(sql)
            return pa.table({}) if relation is None else relation.to_arrow_table()
        except duckdb.Error as error:
            raise CrawlsieveError(f"sql: {error}") from None


def sql_command(run: str, sql: str, form: Format = "table") -> None:
    """Print what `sql` selects: a table for reading, or CSV or JSON for programs.

    Raises:
        CrawlsieveError: as `query`.
    """
    found = query(run, sql)
    if form == "table":
        print_table(found, Console())
    else:
        write = {"csv": as_csv, "json": as_json}[form]
        typer.echo(write(found), nl=False)
