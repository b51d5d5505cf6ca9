"""What a recipe may say about the dataset, under `card:`. No run can know it, and none of it changes a row."""

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import ClassVar, Literal

from crawlsieve.pipelines.cards.licenses import IDENTIFIERS, identifier

_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, kw_only=True)
class Creator:
    """Who made the dataset."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "strict": True}

    name: str
    """As it is to be cited."""

    type: Literal["person", "organization"] = "organization"
    """What schema.org calls it."""

    url: str | None = None
    """Of a page about them."""

    def __post_init__(self) -> None:
        _one_line("name", self.name)
        _address("url", self.url)


@dataclass(frozen=True, kw_only=True)
class Card:
    """What `README.md` and `croissant.json` say of the dataset that no run can know.

    What is not given is left out of both; nothing is invented.

    Raises:
        ValueError: a licence that nobody knows, an address that is none, ...
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "strict": True}

    title: str | None = None
    """One line for people; the name of the run if not given."""

    description: str | None = None
    """Plain text: what the dataset is for. Paragraphs are separated by an empty line."""

    license: str | None = None
    """The Hugging Face Hub's name or the SPDX identifier of the licence (`odc-by`, `CC-BY-4.0`); any other name with
    `license_url`."""

    license_url: str | None = None
    """Where the text of the licence stands."""

    creators: tuple[Creator, ...] = ()
    """Who made the dataset."""

    citation: str | None = None
    """How to cite it, best as BibTeX."""

    homepage: str | None = None
    """Address of the dataset's page."""

    version: str | None = None
    """Of the dataset, as Semantic Versioning has it: 1.0.0."""

    date_published: str | None = None
    """Day of publication, as 2025-06-30. Files have no clock, so it is never filled in."""

    keywords: tuple[str, ...] = ()
    """More tags."""

    def __post_init__(self) -> None:
        for name in ("title", "license"):
            _one_line(name, getattr(self, name))
        for word in self.keywords:
            _one_line("keywords", word)
        for name in ("license_url", "homepage"):
            _address(name, getattr(self, name))
        _license(self.license, self.license_url)
        if self.version is not None and not _VERSION.fullmatch(self.version):
            raise ValueError(f"'version' = {self.version!r}: write MAJOR.MINOR.PATCH, as in 1.0.0")
        if self.date_published is not None and not _day(self.date_published):
            raise ValueError(f"'date_published' = {self.date_published!r}: write a day, as in 2025-06-30")


def _one_line(name: str, value: str | None) -> None:
    if value is not None and not (value.strip() and value.isprintable()):
        raise ValueError(f"'{name}' = {value!r}: one line of text, without control characters")


def _address(name: str, value: str | None) -> None:
    if value is not None and not (_ADDRESS.fullmatch(value) and value.isprintable()):
        raise ValueError(f"'{name}' = {value!r}: write an address that begins with https:// or http://")


def _license(name: str | None, url: str | None) -> None:
    if name is None and url is not None:
        raise ValueError("'license_url' needs 'license', the name of the licence")
    if name is not None and url is None and identifier(name) in {None, "other"}:
        close = get_close_matches(name.lower(), IDENTIFIERS, n=1, cutoff=0.7)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise ValueError(f"'license' = {name!r}: no licence of this name is known.{hint} Any other needs 'license_url'")


def _day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
