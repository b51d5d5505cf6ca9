"""The command that writes the cards of a finished run anew."""

import typer

from crawlsieve.pipelines.cli_options import Changes, RunPath, pairs


def card_command(run: RunPath, *, changes: Changes = None) -> None:
    """Write README.md and croissant.json of a finished run anew, with other words if --set card.KEY=VALUE says so."""
    from crawlsieve.pipelines.cards.command import rewrite_cards

    for path in rewrite_cards(run, pairs(changes)):
        typer.echo(path)
