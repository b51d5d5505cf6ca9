"""What `crawlsieve plan --sample` does."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crawlsieve.pipelines.cli_options import INTERRUPTED, interrupts

if TYPE_CHECKING:
    from crawlsieve.pipelines.engines.options import EngineOptions
    from crawlsieve.pipelines.forecast.forecast import Forecast
    from crawlsieve.pipelines.recipe.load import Recipe
    from crawlsieve.stages.read import Input

SampleOption = Annotated[
    str | None,
    typer.Option(
        "--sample", metavar="SIZE", help="Run a sample and forecast the whole from it: 1%, 0.01, or '8 shards'."
    ),
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", min=0, help="Of the sample; the recipe's, if not given. Needs --sample.")
]
FormatOption = Annotated[
    Literal["text", "json"], typer.Option("--format", help="Of a forecast: for people, or for programs.")
]
ScratchOption = Annotated[
    str | None,
    typer.Option(
        "--scratch",
        metavar="FOLDER",
        help="Where the sample's files are while it runs; this machine's temporary folder, if not given.",
    ),
]


def needs_sample(sample: str | None, seed: int | None, form: str, scratch: str | None) -> None:
    """Options of a forecast say nothing without one, and a wrong size is told before anything is read.

    Raises:
        BadParameter: one was given without `--sample`.
        CrawlsieveError: the size makes no sense.
    """
    if sample is not None:
        from crawlsieve.pipelines.forecast.asked import sample_size

        sample_size(sample)
        return
    given = {"--seed": seed is not None, "--format": form != "text", "--scratch": scratch is not None}
    for option, there in given.items():
        if there:
            raise typer.BadParameter("says nothing without --sample.", param_hint=option)


def forecast_of(
    recipe: "Recipe",
    inputs: "tuple[Input, ...]",
    engine: "EngineOptions",
    wanted: tuple[str, int | None, str | None],
) -> "Forecast":
    """The forecast, with progress on standard error.

    Args:
        recipe: as loaded and checked.
        inputs: what the survey found.
        engine: who does it.
        wanted: `--sample`, `--seed` and `--scratch` as given.

    Raises:
        Exit: Ctrl-C.
        CrawlsieveError: the size makes no sense; or as the run itself would.
    """
    from rich.console import Console

    from crawlsieve.pipelines.forecast.asked import sample_size
    from crawlsieve.pipelines.forecast.forecast import Wanted, forecast
    from crawlsieve.pipelines.progress import Progress

    sample, seed, scratch = wanted
    asked = Wanted(sample_size(sample), recipe.seed if seed is None else seed, scratch)
    with interrupts() as came:
        try:
            return forecast(recipe, inputs, asked, engine, Progress(Console(stderr=True)))
        except BaseException as error:
            if came or isinstance(error, KeyboardInterrupt):
                typer.echo("Stopped. Nothing is left of the sample.", err=True)
                raise typer.Exit(INTERRUPTED) from None
            raise


def shown_as(form: Literal["text", "json"], found: "Forecast", plan: str) -> str:
    """What is printed: the forecast below the plan, or JSON alone."""
    from crawlsieve.pipelines.forecast.shown import forecast_json, forecast_text

    return forecast_json(found) if form == "json" else f"{plan}\n{forecast_text(found)}"
