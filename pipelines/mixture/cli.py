"""`crawlsieve mix ...`. Everything heavy is imported by the command that needs it."""

import typer

from crawlsieve.pipelines.mixture.apply_cli import apply_command
from crawlsieve.pipelines.mixture.design_cli import design_command, domains_command, export_command, shards_command
from crawlsieve.pipelines.mixture.regression_cli import fit_command, predict_command, recommend_command
from crawlsieve.pipelines.mixture.train_cli import train_command

app = typer.Typer(
    help="Mixtures of domains: from proxy runs to weights, and to the dataset that has them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("domains")(domains_command)
app.command("design")(design_command)
app.command("train")(train_command)
app.command("fit")(fit_command)
app.command("predict")(predict_command)
app.command("recommend")(recommend_command)
app.command("apply")(apply_command)
app.command("export")(export_command)
app.command("shards")(shards_command)
