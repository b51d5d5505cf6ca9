"""The files of the cards, at the end of a run and whenever its recipe says something else under `card`."""

import json
from typing import Any

import fsspec
import pyarrow as pa

from crawlsieve.pipelines.cards.croissant import croissant
from crawlsieve.pipelines.cards.options import Card
from crawlsieve.pipelines.cards.published import published
from crawlsieve.pipelines.cards.readme import readme
from crawlsieve.pipelines.cards.run_facts import Facts
from crawlsieve.pipelines.recipe.options import OptionsError, build
from crawlsieve.pipelines.standing import manifest_path
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, write_json, writing
from crawlsieve.stages.read.places import failures, protocol

README, CROISSANT = "README.md", "croissant.json"


def write_cards(output: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """Write README.md and croissant.json from what a manifest and the tables say.

    Args:
        output: the run directory, whose tables are published.
        manifest: of the run; its recipe may have a part `card`.

    Returns:
        What was read from the tables, for the manifest: languages and days of capture.

    Raises:
        CrawlsieveError: a file that the manifest lists is not there or damaged, or its store cannot be reached.
    """
    try:
        found = published(output, manifest["files"])
    except (pa.ArrowException, *failures(protocol(output))) as error:
        raise CrawlsieveError(f"{output}: its tables cannot be read. {error}") from None
    facts = Facts(_as_stored(manifest), found, card_of(manifest))
    with writing(join(output, README)) as file:
        file.write(readme(facts).encode())
    write_json(join(output, CROISSANT), croissant(facts))
    return found.told()


def refresh_cards(output: str, manifest: dict[str, Any], card: dict[str, Any]) -> bool:
    """Write the cards of a finished run anew if they say another thing than `card`, or are not there.

    Args:
        output: the run directory.
        manifest: as it stands; its recipe gets `card`.
        card: what a recipe says under `card`, defaults written out.

    Returns:
        Whether anything was written.

    Raises:
        CrawlsieveError: as `write_cards`.
    """
    if manifest["recipe"].get("card") == card and all(_stands(join(output, name)) for name in (README, CROISSANT)):
        return False
    manifest["recipe"]["card"] = card
    manifest["published"] = write_cards(output, manifest)
    write_json(manifest_path(output), manifest)
    return True


def card_of(manifest: dict[str, Any]) -> Card:
    """What the recipe in a manifest says of the dataset.

    Raises:
        CrawlsieveError: it is not what crawlsieve writes.
    """
    try:
        return build(Card, manifest["recipe"].get("card") or {})
    except OptionsError as error:
        told = " ".join(problem for _, problem in error.problems)
        raise CrawlsieveError(f"manifest.json, recipe, card: {told}") from None


def _as_stored(manifest: dict[str, Any]) -> dict[str, Any]:
    """In the order in which `write_json` stores it, so that cards that are written again are the same."""
    stored: dict[str, Any] = json.loads(json.dumps(manifest, sort_keys=True))
    return stored


def _stands(path: str) -> bool:
    system, place = fsspec.core.url_to_fs(path)
    return bool(system.exists(place))
