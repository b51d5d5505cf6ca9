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
    compare: Annotated[
        str | None, typer.Option(metavar="OTHER", help="Say first what differs from another run, as `compare` does.")
    ] = None,
) -> None:
    """Write the report of a finished run: one HTML file that opens offline."""
    from crawlsieve.pipelines.report.write import report

    if compare is None:
        typer.echo(report(run, output))
        return
    from crawlsieve.pipelines.compare.section import against

    typer.echo(report(run, output, (against(compare),)))
