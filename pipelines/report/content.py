"""What the documents are: languages, sites, lengths."""

import math
from collections import Counter, defaultdict
from typing import Any

from crawlsieve.filters.url import canonical_site
from crawlsieve.pipelines.report.blocks import OUTCOMES, Block, bars, note, section, table
from crawlsieve.pipelines.report.hostile import shown
from crawlsieve.pipelines.report.tables import Part, Tables

MOST_URLS = 1_000_000
"""Rows of a table whose URLs are read."""
MOST_TEXTS = 100_000
"""Kept documents whose text is measured. One file at least, and that has at most 768 MB of text."""
_SHOWN = 25
_HOSTS = 400
_NAME = 100

_LANGUAGES = """
    SELECT coalesce(language, '') AS name, outcome, count(*) AS documents FROM {part} GROUP BY ALL
"""
_KEPT_LANGUAGES = """
    SELECT coalesce(language, '') AS name, 'documents' AS outcome, count(*) AS documents FROM {part} GROUP BY ALL
"""
HOST = r"^\s*[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(?:[wW]{3}\d*\.)?(\[[^\]]*\]|[^/?#:\\]+)"
"""The first group is the host of an address, without user, port and a leading www."""
_SITES = """
    SELECT outcome, lower(regexp_extract(url, $host, 1)) AS host, count(*) AS documents
    FROM ({tables}) WHERE url IS NOT NULL GROUP BY ALL
"""
_MOST = "SELECT host FROM sites WHERE host <> '' GROUP BY host ORDER BY sum(documents) DESC, host LIMIT $most"
_TOTALS = """
    SELECT count(DISTINCT host) FILTER (host <> '') AS hosts, sum(documents)::BIGINT AS documents,
        coalesce(sum(documents) FILTER (host = ''), 0)::BIGINT AS without FROM sites
"""
_LENGTHS = """
    SELECT floor(4 * log2(greatest(1, strlen(text))))::INT AS place, count(*) AS documents, sum(strlen(text))::BIGINT
    AS bytes FROM {part} GROUP BY place ORDER BY place
"""


def languages(tables: Tables) -> Block | None:
    """Languages by outcome where the signals have them, of kept documents elsewhere."""
    if "language" in tables.schema("signals").names:
        part = tables.part("signals", MOST_URLS)
        rows = tables.rows(_LANGUAGES.format(part=part.sql))
    else:
        part = tables.part("documents", MOST_URLS)
        rows = tables.rows(_KEPT_LANGUAGES.format(part=part.sql))
        if all(row["name"] == "" for row in rows):
            return None
    if not rows:
        return None
    found = _by_outcome([(row["name"] or "(not identified)", row["outcome"], row["documents"]) for row in rows])
    return section(
        "languages",
        "Languages",
        f"{len(found)} labels of the language model, by outcome. Documents that left before a step asked have none.",
        note(part.sampled, "sampled"),
        *_ranking(found, "Documents by language", "language"),
    )


def sites(tables: Tables) -> Block | None:
    """The sites with most records."""
    parts = {name: tables.part(name, MOST_URLS) for name in OUTCOMES}
    union = " UNION ALL ".join(f"SELECT '{name}' AS outcome, url FROM {part.sql}" for name, part in parts.items())  # noqa: S608
    tables.connection.execute(f"CREATE TEMP TABLE sites AS {_SITES.format(tables=union)}", {"host": HOST})
    (totals,) = tables.rows(_TOTALS)
    if not totals["hosts"]:
        return None
    most = [row["host"] for row in tables.rows(_MOST, most=_HOSTS)]
    rows = tables.rows("SELECT outcome, host, documents FROM sites WHERE list_contains($most, host)", most=most)
    names = {host: shown(canonical_site(f"http://{host}") or host, _NAME) or "" for host in most}
    found = _by_outcome([(names[row["host"]], row["outcome"], row["documents"]) for row in rows])
    without = f" {totals['without']:,} records have no address, or one without a host." if totals["without"] else ""
    return section(
        "sites",
        "Sites",
        f"{totals['hosts']:,} hosts in {totals['documents']:,} addresses, without a leading “www”.{without}",
        *(note(f"{name}: {part.sampled}", "sampled") for name, part in parts.items() if part.sampled),
        *_ranking(found, "Records by site", "site"),
    )


def _by_outcome(rows: list[tuple[str, str, int]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for name, outcome, documents in rows:
        found[name][outcome] += documents
    return dict(sorted(found.items(), key=lambda pair: (-pair[1].total(), pair[0])))


def _ranking(found: dict[str, Counter[str]], caption: str, kind: str) -> tuple[Block | None, ...]:
    """The first 25 as bars, and as a table with the share that is kept."""
    first = list(found.items())[:_SHOWN]
    rest = sum((counts for _, counts in list(found.items())[_SHOWN:]), Counter())
    more = len(found) - len(first)
    told = f"and {more} more, with {rest.total():,} documents" if more else ""
    columns: list[tuple[str, Any]] = [(kind, "text"), *((_KEPT.get(name, name), "number") for name in OUTCOMES)]
    rows = [
        (name, *(counts[outcome] for outcome in OUTCOMES), counts["documents"] / counts.total())
        for name, counts in first
    ]
    return (
        bars(caption, OUTCOMES, [(name, [counts[outcome] for outcome in OUTCOMES]) for name, counts in first]),
        note(told),
        table([*columns, ("share kept", "share")], rows, caption),
    )


_KEPT = {"documents": "kept"}


def lengths(tables: Tables) -> Block | None:
    """How long the kept texts are, and which lengths hold most of the text."""
    part = tables.part("documents", MOST_TEXTS)
    rows = tables.rows(_LENGTHS.format(part=part.sql))
    if not rows:
        return None
    least, most = rows[0]["place"], rows[-1]["place"]
    found = {row["place"]: row for row in rows}
    places = range(least, most + 1)
    documents, size = sum(row["documents"] for row in rows), sum(row["bytes"] for row in rows)
    return section(
        "lengths",
        "Lengths",
        f"Kept texts have {size / documents:,.0f} UTF-8 bytes on average. The few long ones hold much of the text: "
        "compare the two charts.",
        note(part.sampled, "sampled"),
        _length_columns(
            "Kept documents by length", [found.get(p, {}).get("documents", 0) for p in places], least, part
        ),
        _length_columns("Their text, in bytes", [found.get(p, {}).get("bytes", 0) for p in places], least, part),
    )


def _length_columns(caption: str, values: list[int], least: int, part: Part) -> Block:
    """Columns over an axis on which four steps double the length."""
    edges = [math.ceil(2 ** (place / 4)) for place in range(least, least + len(values) + 1)]
    return {
        "kind": "columns",
        "caption": caption,
        "axis": "length of a text in UTF-8 bytes",
        "edges": edges,
        "values": values,
        "unit": "bytes" if "bytes" in caption else "number",
        "of": part.rows,
    }
