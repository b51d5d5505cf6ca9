"""The commands that ask a finished run."""

from typing import Annotated, Literal

import typer

from crawlsieve.pipelines.cli_options import INTERRUPTED, RunPath


def sql_command(
    run: RunPath,
    query: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help="SQL over documents, rejected, ...; a shell if not given.")
    ] = None,
    *,
    form: Annotated[Literal["table", "csv", "json"], typer.Option("--format", help="How rows are printed.")] = "table",
    output: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the result there: FILE.parquet, .csv or .json.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--query", metavar="NAME", help="Ask a documented query; `list` lists them.")
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option("--read", metavar="PATH", help="What SQL may read, too. May be given several times."),
    ] = None,
) -> None:
    """Ask DuckDB about a run; without QUERY, a shell. Nothing is written but --output.

    Views: documents, rejected, duplicates, failed, signals, keys, mixture. Macros: judged, and one for each rule.
    """
    from crawlsieve.pipelines.ask import queries, shell, sql

    if query is not None and name is not None:
        raise typer.BadParameter("give a QUERY or the name of one, not both.", param_hint="--query")
    if name == "list":
        typer.echo("\n".join(f"{each.name:<24}{each.question}" for each in queries.QUERIES))
        return
    asked = query if name is None else queries.named(name).sql
    try:
        if asked is not None:
            sql.sql_command(run, asked, form, output=output, also=also or ())
        elif output is not None:
            raise typer.BadParameter(
                "is for a QUERY; in the shell, `.once FILE` writes a result.", param_hint="--output"
            )
        else:
            shell.shell(run, form, also or ())
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None


def catalog_command(
    run: RunPath,
    *,
    write: Annotated[bool, typer.Option("--write", help="Write it into the run directory, too.")] = False,
) -> None:
    """Print catalog.sql: the tables and rules of a run as views and macros, for any client of DuckDB."""
    from crawlsieve.pipelines.ask import catalog

    if write:
        catalog.write_catalog(run)
    typer.echo(catalog.catalog_text(run), nl=False)


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
