"""Runs whose cards are looked at, and the cards as other libraries read them."""

import json
import re

from markdown_it import MarkdownIt

from tests.pipelines.runs import ran, recipe, write_shards

CARD = {
    "title": "Pages of nobody",
    "description": "What nobody wrote.",
    "license": "CC-BY-4.0",
    "creators": [{"name": "Ada", "type": "person", "url": "https://ada.example/"}],
    "citation": "@misc{nobody, title={Pages of nobody}}",
    "homepage": "https://nobody.example/",
    "version": "1.2.0",
    "date_published": "2025-07-01",
    "keywords": ["web"],
}
"""All that Croissant recommends."""


def pages(count, begin=0):
    """Rows of a shard: one a day, in two words each."""
    return [
        {
            "id": str(n),
            "url": f"http://{n}.example/",
            "date": f"2025-06-{1 + n % 28:02}T10:00:00Z",
            "text": f"text {n}",
        }
        for n in range(begin, begin + count)
    ]


def made(folder, *shards, **changes):
    """Run a recipe over shards; its folder and its manifest."""
    write_shards(folder, *shards)
    return folder / "run", ran(recipe(folder, **changes))


def tokens(markdown):
    """Text as a reader of GitHub's Markdown takes it apart."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown)


def body(run):
    """README.md without its metadata."""
    return re.split(r"^---\n", (run / "README.md").read_text("utf-8"), maxsplit=2, flags=re.MULTILINE)[2]


def croissant(run):
    """The JSON of a run's croissant.json."""
    return json.loads((run / "croissant.json").read_text("utf-8"))
