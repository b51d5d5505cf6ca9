"""`crawlsieve mix train`. Everything heavy is imported when it runs."""

from typing import Annotated, Literal

import typer

from crawlsieve.pipelines.cli_options import Address, Workers, going_on


def train_command(
    design: Annotated[
        str, typer.Argument(metavar="DESIGN", help="What `mix design` wrote; or CSV or Parquet: index, then domains.")
    ],
    *,
    data: Annotated[
        list[str],
        typer.Option(help="A folder of DOMAIN/train* and DOMAIN/valid*; with --domain: runs or Parquet files."),
    ],
    output: Annotated[str, typer.Option(metavar="RUNS", help="Write there: losses.csv, mixtures.csv, runs.parquet.")],
    domain: Annotated[
        str | None, typer.Option(metavar="EXPR", help="A column of documents, or a DuckDB expression.")
    ] = None,
    valid_share: Annotated[
        float, typer.Option(min=0.0001, max=0.5, help="Of documents of runs, for validation, by a hash of their ids.")
    ] = 0.05,
    tokenizer: Annotated[
        str | None, typer.Option(metavar="FILE", help="A tokenizer.json; bytes are the tokens, if not given.")
    ] = None,
    proxy: Annotated[
        Literal["transformer", "ngram"], typer.Option(help="What is trained; ngram takes seconds, and no PyTorch.")
    ] = "transformer",
    size: Annotated[str, typer.Option(help="Of the transformer: tiny, or 1m for a GPU.")] = "tiny",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Of the optimiser; what the size says, if not given.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Sequences a step; what the size says, if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the first weights and of what is sampled.")] = 0,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="auto takes a GPU, if there is one.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, max=256, help="Of a run on a CPU. Another number, other digits.")] = 1,
    workers: Workers = None,
    engine: Annotated[Literal["local", "ray"], typer.Option("--engine", help="Who runs it.")] = "local",
    address: Address = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Train a small model on every mixture of a design, or go on with it: losses by domain, as `fit` reads them."""
    from rich.console import Console

    from crawlsieve.pipelines.engines.choice import Asked, chosen
    from crawlsieve.pipelines.engines.options import Engines
    from crawlsieve.pipelines.mixture.proxy.command import Wanted, train_design
    from crawlsieve.pipelines.progress import Progress

    wanted = Wanted(
        design, tuple(data), output, domain, valid_share, tokenizer, proxy, size, steps, batch, seed, device, threads
    )
    options = chosen(Engines(), Asked(engine, workers, None, address, None))
    say = (Progress.silent() if quiet else Progress(Console(stderr=True))).say
    with going_on(output):
        say(f"losses: {train_design(wanted, options, say)}")
