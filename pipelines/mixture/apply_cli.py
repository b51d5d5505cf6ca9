"""`crawlsieve mix apply`."""

from typing import Annotated, Literal

import typer

from crawlsieve.pipelines.cli_options import Address, BeamOption, EngineName, Runner, Workers, going_on, pairs


def apply_command(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Finished runs; or Parquet files with id and text.")],
    *,
    weights: Annotated[str, typer.Option(metavar="FILE", help="YAML or CSV: a weight for each domain; they sum to 1.")],
    domain: Annotated[str, typer.Option(metavar="EXPR", help="A column of documents, or a DuckDB expression.")],
    tokens: Annotated[int, typer.Option(min=1, help="Size of the whole mixture, in --unit.")],
    output: Annotated[str, typer.Option(metavar="FOLDER", help="Write there.")],
    unit: Annotated[
        Literal["bytes", "tokens"],
        typer.Option(help="What is counted: bytes of text, or tokens, by --tokenizer or column token_count."),
    ] = "bytes",
    tokenizer: Annotated[
        str | None, typer.Option(metavar="FILE", help="A tokenizer.json, which then counts the tokens.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of which documents are taken, and of the shuffle.")] = 0,
    max_epochs: Annotated[
        str, typer.Option(metavar="NUMBER", help="More repetition of a domain is an error; 'none' for no limit.")
    ] = "4",
    workers: Workers = None,
    engine: EngineName = "local",
    runner: Runner = None,
    beam_option: BeamOption = None,
    address: Address = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Make a weighted dataset of finished runs: whole documents, some several times, shuffled; or go on with one."""
    from rich.console import Console

    from crawlsieve.pipelines.engines.choice import Asked, chosen
    from crawlsieve.pipelines.engines.options import Engines
    from crawlsieve.pipelines.mixture.weighted.apply import apply, checked
    from crawlsieve.pipelines.mixture.weighted.options import epochs_of, mix_of
    from crawlsieve.pipelines.progress import Progress

    asked = Asked(engine, workers, runner, address, pairs(beam_option, "--beam-option"))
    engine_options = chosen(Engines(), asked)
    options = {"weights": weights, "domain": domain, "tokens": tokens, "unit": unit, "tokenizer": tokenizer}
    made = checked(runs, mix_of({**options, "seed": seed, "max_epochs": epochs_of(max_epochs)}), output)
    shown = Progress.silent() if quiet else Progress(Console(stderr=True))
    with going_on(output):
        apply(made, engine=engine_options, progress=shown)
