"""`crawlsieve index ...`. Everything heavy is imported by the command that needs it."""

from typing import Annotated, Any, Literal

import typer

app = typer.Typer(
    help="History of band keys: check a crawl against everything published before.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Index = Annotated[str, typer.Argument(metavar="INDEX", help="Its address: a local folder, or s3://bucket/folder.")]
Workers = Annotated[
    int | None, typer.Option(min=1, max=1024, help="Worker processes; as many as there are cores if not given.")
]


@app.command("create")
def create_command(
    index: Index,
    *,
    documents: Annotated[int, typer.Option(min=1, help="How many documents it will hold, over all runs.")],
    rate: Annotated[float, typer.Option(help="Share of new documents that it may find by mistake.")] = 1e-5,
    recipe: Annotated[str | None, typer.Option(help="A recipe whose near_duplicates says how keys are made.")] = None,
    unit: Annotated[Literal["words", "characters"] | None, typer.Option(help="As in near_duplicates.")] = None,
    ngram: Annotated[int | None, typer.Option(help="As in near_duplicates.")] = None,
    ignore: Annotated[str | None, typer.Option(help="As in near_duplicates: case,accents or none.")] = None,
    bands: Annotated[int | None, typer.Option(help="As in near_duplicates.")] = None,
    rows: Annotated[int | None, typer.Option(help="As in near_duplicates.")] = None,
    threshold: Annotated[float | None, typer.Option(help="As in near_duplicates.")] = None,
    permutations: Annotated[int | None, typer.Option(help="As in near_duplicates.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="As in near_duplicates; of a recipe, its `seed`, which is 0.")
    ] = None,
    slices: Annotated[
        int | None, typer.Option(min=1, help="Parts of each band; if not given, so many that a filter has 256 MiB.")
    ] = None,
    when_full: Annotated[
        Literal["warn", "refuse", "grow"], typer.Option(help="What happens to documents beyond --documents.")
    ] = "refuse",
    ids: Annotated[bool, typer.Option("--ids", help="Remember whose key each is: 24 bytes more for each key.")] = False,
) -> None:
    """Make an empty index."""
    from crawlsieve.pipelines.index.make import keys_of, made_for, size_of
    from crawlsieve.pipelines.index.write import create

    given = {
        "unit": unit,
        "ngram": ngram,
        "ignore": ignore,
        "bands": bands,
        "rows": rows,
        "threshold": threshold,
        "permutations": permutations,
        "seed": seed,
    }
    options = {name: value for name, value in given.items() if value is not None}
    keys = keys_of(recipe, options)
    create(index, made_for(keys, size_of(keys, documents, rate, slices), when_full, ids=ids))
    typer.echo(f"{index}: gen-0 is empty, made for {documents:,} documents.")


@app.command("publish")
def publish_command(
    index: Index,
    run: Annotated[str, typer.Argument(metavar="RUN", help="The output folder of a finished run.")],
    *,
    workers: Workers = None,
) -> None:
    """Add the documents of a run. Whoever is stopped, or loses a race, leaves the index as it was."""
    from crawlsieve.pipelines.engines.choice import cores
    from crawlsieve.pipelines.index.write import publish

    _tell(publish(index, run, workers=workers or cores()))


@app.command("merge")
def merge_command(
    index: Index,
    others: Annotated[list[str], typer.Argument(metavar="OTHER...", help="Indexes of equal parameters.")],
    *,
    workers: Workers = None,
) -> None:
    """Add all that other indexes hold."""
    from crawlsieve.pipelines.engines.choice import cores
    from crawlsieve.pipelines.index.write import merge

    _tell(merge(index, others, workers=workers or cores()))


@app.command("info")
def info_command(index: Index) -> None:
    """Print parameters, generations, runs, fill, rate and bytes."""
    from crawlsieve.pipelines.index.info import info_text

    typer.echo(info_text(index), nl=False)


def _tell(written: Any) -> None:  # noqa: ANN401 - `Written`, which is not imported for `--help`
    typer.echo(written.told)
    rate, asked = written.generation.rate, written.generation.made.size.rate
    if rate > asked:
        typer.echo(f"About {rate:.2g} of new documents are found by mistake now, {asked:g} were asked.", err=True)
