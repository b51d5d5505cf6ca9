"""`crawlsieve card`: the cards of a finished run, written anew."""

from collections.abc import Mapping
from typing import Any

from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.cards.options import Card
from crawlsieve.pipelines.cards.write import CROISSANT, README, write_cards
from crawlsieve.pipelines.lock import sole_writer
from crawlsieve.pipelines.recipe.changes import apply_changes
from crawlsieve.pipelines.recipe.load import Header, Problems
from crawlsieve.pipelines.recipe.options import plain
from crawlsieve.pipelines.standing import manifest_path
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.files import join, write_json


def rewrite_cards(run: str, changes: Mapping[str, str]) -> list[str]:
    """Write both cards, and what they say into the manifest's recipe. No row changes.

    Args:
        run: a run directory.
        changes: `card.title` -> value, as `--set` takes them.

    Returns:
        The files that were written.

    Raises:
        CrawlsieveError: it is no finished run, or no card can say that.
    """
    told = manifest(run)
    with sole_writer(join(run, "_work")):
        told["recipe"]["card"] = _changed(run, told["recipe"].get("card") or {}, changes)
        told["published"] = write_cards(run, told)
        write_json(manifest_path(run), told)
    return [join(run, name) for name in (README, CROISSANT)]


def _changed(run: str, card: dict[str, Any], changes: Mapping[str, str]) -> dict[str, Any]:
    strange = next((key for key in changes if not key.startswith("card.")), None)
    if strange:
        raise RecipeError(f"--set {strange}: only what stands under `card` may change, as in card.license=odc-by.")
    given = {"card": dict(card)}
    problems = Problems(run, apply_changes(given, changes, Header))
    made = problems.build(Card, given["card"], ("card",), f"{run} card")
    problems.report()
    return plain(made)
