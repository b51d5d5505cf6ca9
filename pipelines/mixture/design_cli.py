"""`crawlsieve mix domains`, `design`, `export`, `shards`. Everything heavy is imported by the command that needs it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Runs = Annotated[list[str], typer.Argument(metavar="RUN...", help="Output folders of runs, or Parquet files.")]


def domains_command(
    runs: Runs,
    *,
    domain: Annotated[str, typer.Option(help="A column of documents/, or a DuckDB expression over its columns.")],
    unit: Annotated[
        Literal["bytes", "tokens"], typer.Option(help="What tokens are: bytes of text, or the column token_count.")
    ] = "bytes",
    tokenizer: Annotated[
        str | None, typer.Option(metavar="FILE", help="A tokenizer.json, which then counts the tokens.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="D.csv", help="Write the table there, as CSV or Parquet.")
    ] = None,
) -> None:
    """Count documents, bytes and tokens of each domain: the natural mixture."""
    from rich.console import Console

    from crawlsieve.pipelines.ask.printed import print_table
    from crawlsieve.pipelines.mixture.design.domains import count_domains, save_domains

    found = count_domains(runs, domain, unit, tokenizer)
    if output is not None:
        save_domains(found, output)
    print_table(found.table, Console())
    for note in found.notes:
        typer.echo(f"Note: {note}", err=True)


def design_command(
    domains: Annotated[str, typer.Argument(metavar="D.csv", help="What `mix domains` wrote: CSV, Parquet or YAML.")],
    *,
    output: Annotated[Path, typer.Option(metavar="DESIGN", help="Folder to write.")],
    runs: Annotated[int, typer.Option(min=1, max=10_000, help="How many mixtures.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn at random.")] = 0,
    method: Annotated[Literal["regmix", "space-filling"], typer.Option(help="How mixtures are drawn.")] = "regmix",
    temperature: Annotated[float, typer.Option(help="Power of the natural shares around which is drawn.")] = 0.5,
    strengths: Annotated[str, typer.Option(help="Of the Dirichlet: least,most,number.")] = "0.1,5.0,15",
    most: Annotated[float, typer.Option(help="A domain is at most so many times its natural share; inf: any.")] = 15.0,
    least: Annotated[float, typer.Option(help="Every domain is at least so much.")] = 0.0,
    resolution: Annotated[int, typer.Option(help="Weights are multiples of 1/RESOLUTION.")] = 5000,
    include: Annotated[
        str, typer.Option(help="Known mixtures among the runs: natural, uniform, both, or none, as RegMix has it.")
    ] = "natural,uniform",
    tokens: Annotated[float | None, typer.Option(min=1, help="Tokens to train on: bounds repetition.")] = None,
    max_epochs: Annotated[float, typer.Option(min=0.001, help="How often a token may be seen; with --tokens.")] = 4.0,
) -> None:
    """Draw the mixtures that proxies are trained on, and say how well they fill the space."""
    from rich.console import Console

    from crawlsieve.pipelines.mixture.design.design import Sampling
    from crawlsieve.pipelines.mixture.design.design_files import made, save
    from crawlsieve.pipelines.mixture.design.design_text import design_notes, design_table
    from crawlsieve.pipelines.printable import printable

    try:
        low, high, steps = strengths.split(",")
        ladder = float(low), float(high), int(steps)
    except ValueError:
        raise typer.BadParameter(f"'{strengths}': write least,most,number.", param_hint="--strengths") from None
    sampling = Sampling(method, temperature, ladder, most, least, resolution)
    known = [name.strip() for name in include.split(",") if name.strip()] if include.strip() != "none" else []
    design = made(domains, runs, seed, sampling, None if tokens is None else (tokens, max_epochs), known)
    save(design, output)
    Console().print(design_table(design))
    for note in design_notes(design):
        typer.echo(printable(note))


def export_command(
    weights: Annotated[str, typer.Argument(metavar="WEIGHTS.yaml", help="Weights of the domains: YAML or CSV.")],
    *,
    to: Annotated[
        str, typer.Option(help="regmix, megatron, nanotron, mosaicml, levanter, or levanter-configs for old versions.")
    ],
    paths: Annotated[
        list[str] | None,
        typer.Option(metavar="DOMAIN=PATH,...", help="Where data are for that trainer. May be given several times."),
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there, and do not print.")] = None,
) -> None:
    """Write weights as a trainer reads them."""
    from crawlsieve.pipelines.cli_options import pairs
    from crawlsieve.pipelines.mixture.hand_over.export import export
    from crawlsieve.stages.files import writing

    given = [one for text in paths or [] for one in text.split(",") if one.strip()]
    text = export(weights, to, pairs(given, "--paths"))
    if output is None:
        typer.echo(text, nl=False)
        return
    with writing(str(output)) as file:
        file.write(text.encode())


def shards_command(
    runs: Runs,
    *,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Write there; it has to be empty.")],
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAME,...", help="Text or whole numbers; id,text,domain,epoch if not given."),
    ] = None,
    shard_mib: Annotated[int, typer.Option(min=1, max=4095, help="Size of a shard.")] = 64,
) -> None:
    """Write documents as shards of MosaicML's StreamingDataset (MDS), in the order of their files."""
    from crawlsieve.pipelines.mixture.hand_over.mds import write_shards

    names = None if columns is None else [name.strip() for name in columns.split(",")]
    count = write_shards(runs, output, names, shard_mib << 20)
    typer.echo(f"{output}: {count:,} documents.")
