"""The command line. Everything heavy is imported by the command that needs it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from crawlsieve.pipelines.ask.cli import catalog_command, digest_command, explain_command, sql_command
from crawlsieve.pipelines.cards.cli import card_command
from crawlsieve.pipelines.cli_options import (
    Address,
    BeamOption,
    Changes,
    EngineName,
    Output,
    RecipePath,
    Runner,
    Workers,
    going_on,
    pairs,
    said,
)
from crawlsieve.pipelines.compare.cli import compare_command
from crawlsieve.pipelines.forecast.cli import (
    FormatOption,
    SampleOption,
    ScratchOption,
    SeedOption,
    forecast_of,
    needs_sample,
    shown_as,
)
from crawlsieve.pipelines.index.cli import app as index_app
from crawlsieve.pipelines.judge.cli import judge_command
from crawlsieve.pipelines.mixture.cli import app as mix_app
from crawlsieve.pipelines.printable import printable
from crawlsieve.pipelines.report.cli import report_command
from crawlsieve.stages.errors import CrawlsieveError

if TYPE_CHECKING:
    from crawlsieve.pipelines.recipe.load import Recipe

app = typer.Typer(
    help="Common Crawl shards in, curated Parquet out, every record accounted for.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command("run")
def run_command(
    recipe: RecipePath,
    *,
    changes: Changes = None,
    output: Output = None,
    workers: Workers = None,
    engine: EngineName = "local",
    runner: Runner = None,
    beam_option: BeamOption = None,
    address: Address = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify-inputs", help="Hash the inputs of finished shards again; read changed ones anew.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(metavar="gen-K", help="Generation of the history to check against, if not the present one."),
    ] = None,
) -> None:
    """Run a recipe, or go on with a run that was stopped."""
    from rich.console import Console

    from crawlsieve.pipelines import curate
    from crawlsieve.pipelines.engines.choice import Asked, chosen
    from crawlsieve.pipelines.progress import Progress
    from crawlsieve.pipelines.recipe.check import check

    loaded = _load(recipe, changes, output)
    asked = Asked(engine, workers, runner, address, pairs(beam_option, "--beam-option"))
    engine_options = chosen(loaded.engine, asked)
    inputs = check(loaded)
    shown = Progress.silent() if quiet else Progress(Console(stderr=True))
    with going_on(loaded.output):
        curate.run(loaded, inputs, engine=engine_options, progress=shown, verify=verify, against=against)


@app.command("dedup")
def dedup_command(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Parquet or JSONL: files, globs, lists; or runs.")],
    *,
    output: Annotated[str | None, typer.Option(metavar="FOLDER", help="Write there.")] = None,
    by: Annotated[str, typer.Option(help="Keys of exact duplicates, in order; 'none' for none.")] = "url,text",
    method: Annotated[
        Literal["minhash_lsh", "lshbloom", "none"], typer.Option(help="How near-duplicates are found.")
    ] = "minhash_lsh",
    threshold: Annotated[float | None, typer.Option(help="Jaccard similarity, instead of bands and rows.")] = None,
    bands: Annotated[int | None, typer.Option(help="Bands of a signature; 14 if not given.")] = None,
    rows: Annotated[int | None, typer.Option(help="Values of a band; 8 if not given.")] = None,
    ngram: Annotated[int, typer.Option(help="Words or characters of a shingle.")] = 5,
    unit: Annotated[Literal["words", "characters"], typer.Option(help="What a shingle is made of.")] = "words",
    verify: Annotated[
        str | None, typer.Option(help="Least similarity: 0.8 as signatures estimate it, or exact:0.8, containment:0.9.")
    ] = None,
    priority: Annotated[
        str | None, typer.Option(help="Columns that say which copy is kept, highest first: word_count, or -date.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the permutations, and of what is audited.")] = 0,
    changes: Changes = None,
    workers: Workers = None,
    engine: EngineName = "local",
    runner: Runner = None,
    beam_option: BeamOption = None,
    address: Address = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors, and the audit.")] = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="Measure precision and recall; without --output, those of the RUN at PATH.")
    ] = False,
    sample: Annotated[int, typer.Option(min=1, max=100_000, help="Documents of each sample of the audit.")] = 200,
    alike: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exact Jaccard similarity from which the audit calls two alike.")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Print texts of audited pairs, too.")] = False,
) -> None:
    """Deduplicate Parquet or JSONL files, or the documents of a run, without a recipe of your own."""
    from rich.console import Console

    from crawlsieve.pipelines import curate
    from crawlsieve.pipelines.dedup_command import Wanted, checked, recipe_of, recipe_text
    from crawlsieve.pipelines.engines.choice import Asked, chosen
    from crawlsieve.pipelines.progress import Progress

    if output is None and not (audit and len(paths) == 1):
        raise typer.BadParameter("say where the result goes. (--audit alone takes one RUN.)", param_hint="--output")
    if output is None:
        _audit(paths[0], sample, seed, alike, show=show)
        return
    near = {"threshold": threshold, "bands": bands, "rows": rows, "ngram": ngram, "unit": unit}
    wanted = Wanted(tuple(paths), output, by, method, near, verify, priority, seed, keep_text=audit)
    loaded = recipe_of(wanted, pairs(changes))
    if audit and loaded.near is None:
        raise typer.BadParameter("there is nothing to audit without near_duplicates.", param_hint="--audit")
    asked = Asked(engine, workers, runner, address, pairs(beam_option, "--beam-option"))
    engine_options = chosen(loaded.engine, asked)
    inputs = checked(loaded)
    if not quiet:
        typer.echo(recipe_text(loaded), err=True)
    shown = Progress.silent() if quiet else Progress(Console(stderr=True))
    with going_on(loaded.output):
        curate.run(loaded, inputs, engine=engine_options, progress=shown)
    if audit:
        _audit(loaded.output, sample, seed, alike, show=show)


@app.command("plan")
def plan_command(
    recipe: RecipePath,
    *,
    changes: Changes = None,
    output: Output = None,
    workers: Workers = None,
    engine: EngineName = "local",
    runner: Runner = None,
    beam_option: BeamOption = None,
    address: Address = None,
    sample: SampleOption = None,
    seed: SeedOption = None,
    form: FormatOption = "text",
    scratch: ScratchOption = None,
) -> None:
    """Check a recipe and print what it would do; of the inputs, only lists, footers and first bytes are read.

    With --sample, a part of them goes through the steps, and what the whole would give and cost is told, too.
    """
    from crawlsieve.pipelines.engines.choice import Asked, chosen
    from crawlsieve.pipelines.plan_text import plan_text
    from crawlsieve.pipelines.recipe.check import check
    from crawlsieve.pipelines.recipe.output import output_state

    needs_sample(sample, seed, form, scratch)
    loaded = _load(recipe, changes, output)
    asked = Asked(engine, workers, runner, address, pairs(beam_option, "--beam-option"))
    engine_options = chosen(loaded.engine, asked)
    inputs = check(loaded, writes=False)
    text = plan_text(loaded, inputs, output_state(loaded), engine_options)
    if sample is not None:
        text = shown_as(form, forecast_of(loaded, inputs, engine_options, (sample, seed, scratch)), text)
    typer.echo(text, nl=False)


@app.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of recipes, for editors."""
    import json

    from crawlsieve.pipelines.recipe.json_schema import recipe_schema

    typer.echo(json.dumps(recipe_schema(), indent=2, ensure_ascii=False))


app.command("sql")(sql_command)
app.command("catalog")(catalog_command)
app.command("explain")(explain_command)
app.command("digest")(digest_command)
app.command("report")(report_command)
app.command("judge")(judge_command)
app.command("compare")(compare_command)
app.command("card")(card_command)
app.add_typer(index_app, name="index")
app.add_typer(mix_app, name="mix")


@app.command("sample")
def sample_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write it.")],
) -> None:
    """Write a small crawl to try recipes on; no network is needed."""
    from crawlsieve.pipelines.sample import write_sample

    write_sample(folder)


@app.command("version")
def version_command() -> None:
    """Print the version."""
    from crawlsieve import __version__

    typer.echo(__version__)


def main() -> None:
    """Run the command line. A user's mistake is a message and exit status 1; misuse of the command itself is 2."""
    try:
        app()
    except CrawlsieveError as error:
        _end(error, error)
    except OSError as error:
        _end(error, said(error))
    except Exception as error:
        from crawlsieve.stages.read.places import is_of_store

        if not is_of_store(error):
            raise
        _end(error, f"an object store cannot be used: {error}")


def _end(error: Exception, told: object) -> NoReturn:
    """Say what stopped the command, on a terminal that the message does not steer."""
    typer.echo(printable(f"{type(error).__name__}: {told}", but="\n"), err=True)
    sys.exit(1)


def _audit(run: str, sample: int, seed: int, alike: float | None, *, show: bool) -> None:
    from rich.console import Console

    from crawlsieve.pipelines.audit.report import Audit, audit
    from crawlsieve.pipelines.audit.shown import print_audit, print_texts

    console = Console()
    found = audit(Audit(run, sample, seed, alike))
    print_audit(found, console)
    if show:
        print_texts(run, found, console)


def _load(path: str, changes: list[str] | None, output: str | None) -> "Recipe":
    from crawlsieve.pipelines.recipe.load import load

    return load(path, pairs(changes) | ({} if output is None else {"output": output}))
