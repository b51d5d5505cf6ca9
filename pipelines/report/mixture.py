"""The weighted mixture: what was asked of each domain, what it got, and the pictures that stand beside the weights."""

import base64
from typing import Any

from crawlsieve.pipelines.mixture.picture_files import pictures_beside
from crawlsieve.pipelines.report.blocks import Block, note, section, table
from crawlsieve.pipelines.report.hostile import shown
from crawlsieve.pipelines.report.tables import Tables
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import reading

_DRAWN = 100
_MOST_BYTES = 500_000
"""Of a picture. Larger ones are named, not shown: the report stays small."""


def mixture(tables: Tables) -> Block | None:
    """What was asked of each domain, and what it got."""
    told = tables.manifest.get("mixture")
    if not told:
        return None
    domains = dict(sorted(told["domains"].items(), key=lambda item: (-item[1]["weight"], item[0])))
    asked = [(shown(name, 80) or "(empty)", [each["weight"], each["share"]]) for name, each in domains.items()]
    return section(
        "mixture",
        "The mixture",
        f"{told['documents']:,} documents, {told['size']:,} {told['unit']}, weighted by domain ({told['domain']}, seed "
        f"{told['seed']}).",
        {"kind": "paired", "caption": "Weight asked for, and share reached", "series": ["weight", "share"],
         "rows": [{"name": name, "values": values} for name, values in asked[:_DRAWN]], "unit": "share"},
        table(
            [("domain", "text"), ("weight", "share"), ("share", "share"), (told["unit"], "number"),
             ("documents", "number"), ("unique documents", "number"), ("epochs", "decimal")],
            [
                (shown(name, 80) or "(empty)", each["weight"], each["share"], each["size"], each["documents"],
                 each["unique_documents"], each["epochs"])
                for name, each in domains.items()
            ],
            "Domains",
        ),
        *_pictures(tables.manifest["recipe"]),
    )  # fmt: skip


def _pictures(recipe: dict[str, Any]) -> list[Block | None]:
    """What `mix recommend` drew of these weights, if they are in a file and its pictures are still beside it."""
    weights = _weights(recipe)
    if not isinstance(weights, str):
        return []
    try:
        found = pictures_beside(weights)
        return [_picture(title, place) for title, place in found.items()]
    except (OSError, CrawlsieveError) as error:
        return [note(f"The pictures beside the weights could not be read: {shown(str(error), 300)}", "warning")]


def _picture(title: str, place: str) -> Block | None:
    """An SVG as an image: whatever it holds, a browser runs no script of an image."""
    with reading(place) as file:
        drawn = file.read(_MOST_BYTES + 1)
    if len(drawn) > _MOST_BYTES:
        return note(f"{title}: {shown(place, 300)} is too large to be shown here.")
    return {
        "kind": "picture",
        "caption": title,
        "source": f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}",
    }


def _weights(recipe: dict[str, Any]) -> object:
    """The option of the step `mix`, or of the command that mixed."""
    steps: list[dict[str, Any]] = [step for step in recipe.get("steps", []) if "mix" in step]
    mix = steps[-1]["mix"] if steps else recipe.get("mix", {})
    return mix.get("weights") if isinstance(mix, dict) else None
