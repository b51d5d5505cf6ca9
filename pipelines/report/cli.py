"""`crawlsieve report`."""

from typing import Annotated

import typer

from crawlsieve.pipelines.cli_options import RunPath


def report_command(
    run: RunPath,
    *,
    output: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write there, not to report.html in the run directory.")
    ] = None,
) -> None:
    """Write the report of a finished run: one HTML file that opens offline."""
    from crawlsieve.pipelines.report.write import report

    typer.echo(report(run, output))
