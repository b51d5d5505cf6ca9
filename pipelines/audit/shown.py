"""An audit as tables for people."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.audit.documents import Tables
from crawlsieve.pipelines.printable import printable

PAIRS = 5
"""Pairs of each kind that are printed; `audit.json` has more."""

_AROUND = 80  # characters before the first difference
_WINDOW = 600


def print_audit(found: dict[str, Any], console: Console) -> None:
    """All of an audit, without any text of a document."""
    console.print(
        f"{found['name']}: {found['method']}, {found['bands']} bands of {found['rows']}; samples of {found['sample']},"
        f" seed {found['seed']}; alike from a Jaccard similarity of {found['alike']:g}; intervals of 95 % (Wilson)",
        highlight=False,
    )
    _print_removed(found["removed"], found["alike"], console)
    _print_kept(found["kept"], console)
    _print_injected(found["injected"], console)


def print_texts(run: str, found: dict[str, Any], console: Console) -> None:
    """The texts of the pairs that `print_audit` lists, side by side, from shortly before they differ.

    Raises:
        CrawlsieveError: it is no finished run.
    """
    tables = Tables(run, manifest(run))
    pairs = [(pair["id"], pair["twin_id"]) for pair in found["removed"]["pairs"][:PAIRS]]
    pairs += [(pair["id"], pair["other_id"]) for pair in found["kept"]["pairs"][:PAIRS]]
    names = {name for pair in pairs for name in pair}
    texts = tables.texts_of("duplicates", names) | tables.texts_of("documents", names)
    for one, other in pairs:
        shown = Table(Column(one, ratio=1), Column(other, ratio=1), expand=True)
        shown.add_row(*map(Text, windows(texts[one], texts[other])))
        console.print(shown)


def windows(one: str, other: str) -> tuple[str, str]:
    """What stands around the first difference of two texts, 600 characters at most, fit for a terminal."""
    differ = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    begin = max(0, differ - _AROUND)
    cut = (text[begin : begin + _WINDOW] for text in (one, other))
    first, second = (printable(text, but="\n") for text in cut)
    return first, second


def _print_removed(found: dict[str, Any], alike: float, console: Console) -> None:
    title = f"{found['removed']} removed, {found['sampled']} compared with their twins"
    table = _table(title, "at least", "pairs")
    for row in [
        {"jaccard": alike, **found["precision"]},
        *(row for row in found["at_least"] if row["jaccard"] != alike),
    ]:
        table.add_row(f"Jaccard {row['jaccard']:g}", *_share(row))
    table.add_row(f"containment {alike:g}", *_share(found["precision_by_containment"]))
    console.print(table if found["sampled"] else title, highlight=False)
    said = {"without_twin": "not checkable: a Bloom filter names no twin", "without_text": found["why"]}
    for name, why in said.items():
        if found[name]:
            console.print(f"{found[name]} {name.replace('_', ' ')}: {why}", highlight=False, soft_wrap=True)
    _print_pairs("least alike", found["pairs"], "twin_id", console)


def _print_kept(found: dict[str, Any], console: Console) -> None:
    title = f"{found['sampled']} of {found['compared_with']} kept documents compared with all of these"
    table = _table(title, "nearest kept neighbour", "documents", "pairs", "S-curve")
    for row in found["bins"]:
        chance = "-" if row["chance_of_bands"] is None else f"{row['chance_of_bands']:.1%}"
        table.add_row(_range(row), *_share(row["documents"]), str(row["pairs"]), chance)
    table.add_row(f"any from {found['least']:g}", *_share(found["with_neighbour"]), "", "")
    console.print(table)
    _print_pairs("most alike and both kept", found["pairs"], "other_id", console)


def _print_injected(found: dict[str, Any], console: Console) -> None:
    last = ("recall",) if found["verified"] else ()
    table = _table(f"{found['copies']} near-copies made", "Jaccard", "found by bands", "S-curve", *last)
    for row in found["bins"]:
        curve = "-" if row["s_curve"] is None else f"{row['s_curve']:.1%}"
        mark = "" if row["as_expected"] in {None, True} else " (outside)"
        verified = (_percent(row["recall"]["share"]),) if found["verified"] else ()
        table.add_row(_range(row), *_share(row["by_bands"]), curve + mark, *verified)
    console.print(table)


def _print_pairs(title: str, pairs: Sequence[dict[str, Any]], other: str, console: Console) -> None:
    if not pairs:
        return
    table = Table(title=title, title_justify="left", show_edge=False)
    for name in ("id", other):
        table.add_column(name, no_wrap=True, min_width=32)
    table.add_column("alike", justify="right", no_wrap=True)
    for pair in pairs[:PAIRS]:
        table.add_row(pair["id"], pair[other], f"{pair['jaccard']:.3f}")
    console.print(table)


def _table(title: str, what: str, counted: str, *more: str) -> Table:
    table = Table(title=Text(title), title_justify="left", show_edge=False)
    table.add_column(what)
    for name in (counted, "share", "interval", *more):
        table.add_column(name, justify="right")
    return table


def _share(row: dict[str, Any]) -> tuple[str, str, str]:
    return f"{row['count']} of {row['of']}", _percent(row["share"]), f"{row['low']:.1%} to {row['high']:.1%}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _range(row: dict[str, Any]) -> str:
    return f"{row['from']:g} to {row['to']:g}"
