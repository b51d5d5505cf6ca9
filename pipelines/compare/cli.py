"""`crawlsieve compare`."""

from typing import Annotated, Literal

import typer

from crawlsieve.pipelines.cli_options import INTERRUPTED


def compare_command(
    one: Annotated[str, typer.Argument(metavar="A", help="The output folder of a run.")],
    other: Annotated[str, typer.Argument(metavar="B", help="That of another.")],
    *,
    by: Annotated[
        Literal["id", "url", "text"],
        typer.Option(help="What one document is: its id; its canonical URL or its text, over months or sources."),
    ] = "id",
    samples: Annotated[int, typer.Option(min=0, max=1000, help="Documents shown of each kind.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice of samples.")] = 0,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="How the answer is printed.")] = "text",
    output: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write every document that one run alone keeps there: .parquet or .csv."),
    ] = None,
) -> None:
    """Say what differs between two runs: recipes, funnels, and what is kept by one only, with reasons and samples."""
    from crawlsieve.pipelines.compare.command import Wanted, compare_runs

    try:
        compare_runs(Wanted(one, other, by, samples, seed, form, output))
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None
