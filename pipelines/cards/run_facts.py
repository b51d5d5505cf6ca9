"""A finished run as the cards see it."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crawlsieve.pipelines.cards.languages import code_of
from crawlsieve.pipelines.cards.options import Card
from crawlsieve.pipelines.cards.published import Published
from crawlsieve.pipelines.recipe.step_names import step_names

_CRAWL = re.compile(r"CC-MAIN-\d{4}-\d{2}(?!\d)")
_CONFIGS = {"documents": "default", "mixture": "mixture"}
_CRAWLED = {"warc", "arc", "wet"}
_WITH_TEXT = ("rejected", "duplicates")


@dataclass(frozen=True)
class Facts:
    """What is known of a run: its manifest, its tables, and what the recipe says under `card`."""

    manifest: dict[str, Any]
    published: Published
    card: Card

    @property
    def name(self) -> str:
        """Of the run."""
        return str(self.manifest["name"])

    @property
    def title(self) -> str:
        """What people call it."""
        return self.card.title or self.name

    @property
    def recipe(self) -> dict[str, Any]:
        """As it ran, with all defaults."""
        recipe: dict[str, Any] = self.manifest["recipe"]
        return recipe

    @property
    def mixture(self) -> dict[str, Any] | None:
        """What the manifest says of a mixture; None where there is none."""
        mixture: dict[str, Any] | None = self.manifest.get("mixture")
        return mixture

    @property
    def weights_itself(self) -> bool:
        """Whether the documents themselves are a mixture, as `mix apply` makes one."""
        return self.mixture is not None and self.mixture.get("table") == "documents"

    @cached_property
    def steps(self) -> dict[str, dict[str, Any]]:
        """Name of a step -> its options, in order."""
        steps = self.recipe.get("steps", [])
        return {name: options for name, step in zip(step_names(steps), steps, strict=True) for options in step.values()}

    def count(self, step: str, name: str) -> int:
        """What was counted at a step; 0 where nothing was."""
        return int(self.manifest["counts"].get(step, {}).get(name, 0))

    def counts(self, step: str, kind: str) -> dict[str, int]:
        """Name -> count, of everything of one kind (`reason`, `method`, `error`), most first."""
        found = {
            name.partition("/")[2]: int(count)
            for name, count in self.manifest["counts"].get(step, {}).items()
            if name.startswith(f"{kind}/")
        }
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    @cached_property
    def crawls(self) -> list[str]:
        """Crawls of Common Crawl that the paths of the inputs name."""
        return sorted({name for item in self.manifest["inputs"] for name in _CRAWL.findall(str(item["path"]))})

    @cached_property
    def formats(self) -> set[str]:
        """Formats of the inputs, as far as they are known."""
        return {item["format"] for item in self.manifest["inputs"] if "format" in item}

    @property
    def is_crawled(self) -> bool:
        """Whether some input is what a crawler wrote."""
        return bool(self.formats & _CRAWLED)

    @cached_property
    def codes(self) -> list[str]:
        """ISO 639 codes of the documents' languages, most documents first."""
        found = (code_of(language.label) for language in self.published.languages)
        return list(dict.fromkeys(code for code in found if code is not None))

    @property
    def configs(self) -> dict[str, str]:
        """Table -> what Hugging Face's `load_dataset` calls it. Rejects are worth loading where they have a text."""
        texts = _WITH_TEXT if self.recipe.get("keep_rejected") == "text" else ()
        there = {table.name for table in self.published.tables}
        named = _CONFIGS | {name: name for name in texts}
        return {table: name for table, name in named.items() if table in there}
