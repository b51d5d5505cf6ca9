"""`crawlsieve mix ...`. Everything heavy is imported by the command that needs it."""

import typer

from crawlsieve.pipelines.mixture.apply_cli import apply_command
from crawlsieve.pipelines.mixture.regression_cli import fit_command, predict_command, recommend_command

app = typer.Typer(
    help="Mixtures of domains: from proxy runs to weights, and to the dataset that has them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("fit")(fit_command)
app.command("predict")(predict_command)
app.command("recommend")(recommend_command)
app.command("apply")(apply_command)
