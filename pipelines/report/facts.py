"""All that a report says, as JSON: sections in the order in which they are read."""

from collections.abc import Callable
from typing import Any

from crawlsieve.pipelines.report.blocks import Block
from crawlsieve.pipelines.report.content import languages, lengths, sites
from crawlsieve.pipelines.report.copies import copies
from crawlsieve.pipelines.report.hostile import shown
from crawlsieve.pipelines.report.mixture import mixture
from crawlsieve.pipelines.report.overview import balance, funnel
from crawlsieve.pipelines.report.rules import rules
from crawlsieve.pipelines.report.samples import samples
from crawlsieve.pipelines.report.signals import signals
from crawlsieve.pipelines.report.tables import Tables
from crawlsieve.pipelines.report.work import about, failures, speed

Section = Callable[[Tables], Block | None]
"""Tables -> what a section shows; None where the run has nothing for it."""

SECTIONS: tuple[Section, ...] = (
    balance,
    funnel,
    rules,
    signals,
    languages,
    sites,
    lengths,
    copies,
    samples,
    mixture,
    failures,
    speed,
    about,
)
"""A section is added by a line here: what it shows is made of blocks that the page can draw already."""


def facts(tables: Tables, more: tuple[Section, ...] = ()) -> dict[str, Any]:
    """The name of the run, its balance, and its sections.

    Args:
        tables: of the run.
        more: sections that are shown before the others.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    found = [section(tables) for section in (*more, *SECTIONS)]
    return {
        "name": shown(tables.manifest["name"], 200),
        "crawlsieve": tables.manifest["crawlsieve"],
        "balance": tables.manifest.get("balance"),
        "sections": [each for each in found if each is not None],
    }
