"""The commands that ask a finished run."""

from typing import Annotated, Literal

import typer

from crawlsieve.pipelines.cli_options import RunPath


def sql_command(
    run: RunPath,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="SQL over documents, rejected, duplicates, ...")],
    *,
    form: Annotated[Literal["table", "csv", "json"], typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Ask DuckDB about a run: views documents, rejected, duplicates, failed, signals, mixture."""
    from crawlsieve.pipelines.ask import sql

    sql.sql_command(run, query, form)


def explain_command(
    run: RunPath, page: Annotated[str, typer.Argument(metavar="URL-OR-ID", help="The document: its URL or id.")]
) -> None:
    """Say what happened to a page: every rule with its value and bound."""
    from crawlsieve.pipelines.ask import explain

    explain.explain_command(run, page)


def digest_command(run: RunPath) -> None:
    """Print one number for the rows of each table: equal runs, equal digests."""
    from crawlsieve.pipelines.ask.digest import digest

    for table, number in digest(run).items():
        typer.echo(f"{number}  {table}")
