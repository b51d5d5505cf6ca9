"""`crawlsieve mix ...`. Everything heavy is imported by the command that needs it."""

import typer

from crawlsieve.pipelines.mixture.apply_cli import apply_command

app = typer.Typer(
    help="Mixtures of domains: from proxy runs to weights, and to the dataset that has them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("apply")(apply_command)


@app.callback()
def mix() -> None:
    """Mixtures of domains: from proxy runs to weights, and to the dataset that has them."""
