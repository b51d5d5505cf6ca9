"""`crawlsieve mix fit`, `predict` and `recommend`. Everything heavy is imported by the command that needs it."""

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from crawlsieve.stages.errors import CrawlsieveError

FitPath = Annotated[Path, typer.Argument(metavar="FIT", help="The folder that `mix fit` wrote.")]
Mixtures = Annotated[
    str, typer.Option(metavar="M.csv", help="CSV or Parquet: `index`, then the weight of each domain.")
]
Seed = Annotated[int, typer.Option(min=0, help="Of all that is drawn at random.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print results and warnings, but no progress.")]


def fit_command(
    *,
    mixtures: Mixtures,
    losses: Annotated[
        str, typer.Option(metavar="L.csv", help="The same runs: `index`, then a column for each metric.")
    ],
    output: Annotated[Path, typer.Option(metavar="FIT", help="Folder to write.")],
    regressor: Annotated[
        str, typer.Option(help="auto (the best by cross-validation), linear, loglinear, lightgbm or gp.")
    ] = "auto",
    objective: Annotated[
        str, typer.Option(help="A metric, or a part of its name; 'mean'; or metric=weight,metric=weight.")
    ] = "mean",
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Fit losses to mixtures, and check on held-out runs how well that ranks."""
    _need("lightgbm", "matplotlib", "scipy")
    from crawlsieve.pipelines.mixture.pictures import draw_predictions
    from crawlsieve.pipelines.mixture.recommendation.told import checks_text
    from crawlsieve.pipelines.mixture.regression.fit import fit_runs
    from crawlsieve.pipelines.mixture.regression.runs import read_runs
    from crawlsieve.pipelines.mixture.regression.store import PICTURE, claim, save

    claim(output)
    found = fit_runs(read_runs(mixtures, losses), objective, regressor, seed, _silent if quiet else _tell)
    save(found, output)
    draw_predictions(found, output / PICTURE)
    typer.echo(checks_text(found), nl=False)


def predict_command(
    fit: FitPath,
    *,
    mixtures: Mixtures,
    output: Annotated[Path, typer.Option(metavar="P.csv", help="CSV or Parquet to write.")],
) -> None:
    """Predict each metric, and the objective, for mixtures. Their columns may come in any order."""
    _need("lightgbm", "scipy")
    from crawlsieve.pipelines.mixture.regression.predict import predict_table
    from crawlsieve.pipelines.mixture.regression.store import load

    count, notes = predict_table(load(fit), mixtures, output)
    for note in notes:
        typer.echo(f"Note: {note}.", err=True)
    typer.echo(f"{output}: {count:,} mixtures.")


def recommend_command(
    fit: FitPath,
    *,
    output: Annotated[
        Path,
        typer.Option(metavar="WEIGHTS.yaml", help="File to write; pictures go beside it: WEIGHTS_loss.svg and others."),
    ],
    prior: Annotated[
        str | None,
        typer.Option(
            help="Shares to simulate around, by domain: CSV, Parquet, YAML. If not given: --unique, or the runs."
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=100, max=10_000_000, help="Mixtures to simulate.")] = 100_000,
    best: Annotated[int, typer.Option(min=1, help="How many of the best are averaged.")] = 128,
    tokens: Annotated[float | None, typer.Option(min=1, help="Tokens to train on; needs --unique.")] = None,
    unique: Annotated[
        str | None, typer.Option(metavar="U.csv", help="Unique tokens of each domain: CSV, Parquet, YAML.")
    ] = None,
    max_epochs: Annotated[
        float | None, typer.Option(help="How often a domain may be repeated; 4 if not given.")
    ] = None,
    parameters: Annotated[
        float | None,
        typer.Option(
            min=1, help="Of the model to train, for its loss by the law; those that suit --tokens if not given."
        ),
    ] = None,
    resamples: Annotated[int, typer.Option(min=10, max=10_000, help="Refits for the intervals.")] = 50,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Recommend weights, with intervals, and say what speaks against them."""
    _need("lightgbm", "matplotlib", "scipy")
    from rich.console import Console

    from crawlsieve.pipelines.mixture.pictures import draw_recommendation
    from crawlsieve.pipelines.mixture.recommendation.budget import budget_of, read_by_domain
    from crawlsieve.pipelines.mixture.recommendation.recommend import Asked, recommend
    from crawlsieve.pipelines.mixture.recommendation.told import recommended_text, weights_table, write_weights
    from crawlsieve.pipelines.mixture.regression.store import load
    from crawlsieve.pipelines.printable import printable

    if output.is_dir():
        raise CrawlsieveError(f"--output {output} is a folder. Name a file: {output}/weights.yaml.")
    loaded = load(fit)
    domains = loaded.runs.domains
    budget = budget_of(tokens, unique, max_epochs, domains, parameters)
    around = None if prior is None else read_by_domain(prior, domains)
    asked = Asked(around, budget, samples, min(best, samples), resamples, seed)
    found = recommend(loaded, asked, _silent if quiet else _tell)
    write_weights(loaded, found, output)
    draw_recommendation(loaded, found, output)
    Console(width=200).print(weights_table(loaded, found))
    typer.echo(recommended_text(loaded, found), nl=False)
    for warning in found.warnings:
        typer.echo(printable(f"Warning: {warning}"), err=True)


def _need(*modules: str) -> None:
    """Look for what the extra brings.

    Raises:
        CrawlsieveError: a package is not installed.
    """
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        raise CrawlsieveError(
            f"mix needs packages that are not installed ({', '.join(missing)}): pip install 'crawlsieve[mix]'"
        )


def _tell(what: str) -> None:
    typer.echo(f"{what} ...", err=True)


def _silent(_: str) -> None:
    return
