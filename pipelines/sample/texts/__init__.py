"""Prose written for the sample crawl: a title, then paragraphs, with an empty line between.

An article is called `LANGUAGE_TOPIC.txt`; the other texts are for pages of their own.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Article:
    """One of our texts."""

    language: str
    topic: str
    title: str
    parts: tuple[str, ...]
    """Paragraphs."""

    @property
    def url(self) -> str:
        """Where the original stands."""
        return f"https://{self.language}.magazine.example.org/stories/{self.topic}"

    @property
    def text(self) -> str:
        """Title and paragraphs, one a line."""
        return "\n".join([self.title, *self.parts])


@cache
def articles() -> dict[str, Article]:
    """`LANGUAGE_TOPIC` -> article, in order of name."""
    folder = resources.files(__name__)
    names = sorted(file.name.removesuffix(".txt") for file in folder.iterdir() if file.name.endswith(".txt"))
    return {name: _article(name) for name in names if "_" in name}


def _article(name: str) -> Article:
    language, topic = name.split("_")
    title, parts = read(name)
    return Article(language, topic, title, parts)


def read(name: str) -> tuple[str, tuple[str, ...]]:
    """Title and paragraphs of `NAME.txt`."""
    text = resources.files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    title, *parts = text.strip().split("\n\n")
    return title, tuple(parts)
