"""Duplicates: how they were found, how large their clusters are, and twins side by side."""

from typing import Any

from crawlsieve.pipelines.report.blocks import Block, bars, note, section, table
from crawlsieve.pipelines.report.hostile import shown
from crawlsieve.pipelines.report.samples import ADDRESS, TEXT
from crawlsieve.pipelines.report.tables import Tables

MOST_ROWS = 1_000_000
"""Rows of `duplicates` of which twins are chosen."""
_EACH = 4
_LARGEST = 10

_SIZES = """
    SELECT floor(log2(duplicates + 1))::INT AS place, count(*) AS clusters, sum(duplicates)::BIGINT AS removed
    FROM {part} GROUP BY place ORDER BY place
"""
_TOP = """
    SELECT duplicates, word_count, left(url, $address) AS url, id FROM {part} WHERE duplicates > 0
    ORDER BY duplicates DESC, id LIMIT $most
"""
_TWINS = """
    SELECT method, unnest(arg_min(id, md5(id || $seed), $each)) AS id FROM {part}
    WHERE twin_id IS NOT NULL GROUP BY method
"""
_PAIRS = """
    SELECT id, method, similarity, band, twin_id, url, left(text, $most) AS text, length(text) AS length
    FROM {part} WHERE id IN ({ids}) ORDER BY method, md5(id || $seed), source_path, source_offset
"""
_KEPT = """
    SELECT id, url, left(text, $most) AS text, length(text) AS length, '{table}' AS outcome FROM {part}
    WHERE id IN ({ids})
"""


def copies(tables: Tables) -> Block | None:
    """Methods, cluster sizes and twins; None where nothing was a duplicate."""
    counted = {
        name.removeprefix("method/"): count
        for name, count in tables.manifest.get("counts", {}).get("decide", {}).items()
        if name.startswith("method/")
    }
    if not tables.part("duplicates").rows:
        return None
    documents = tables.part("documents")
    sizes = tables.rows(_SIZES.format(part=documents.sql))
    largest = tables.rows(_TOP.format(part=documents.sql), address=ADDRESS, most=_LARGEST)
    pairs, told = _pairs(tables)
    return section(
        "duplicates",
        "Duplicates",
        "A removed document is a copy of one that is kept. A cluster is a kept document with all that it stands for.",
        bars(
            "Removed documents by method", ["duplicates"],
            [(name, [count]) for name, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))],
        ),
        bars("Clusters by size", ["documents"], [(_size(row["place"]), [row["clusters"]]) for row in sizes], log=True),
        table(
            [("copies removed", "number"), ("words", "number"), ("address", "text"), ("id", "code")],
            [(row["duplicates"], row["word_count"], shown(row["url"], ADDRESS), row["id"]) for row in largest],
            "The largest clusters",
        ) if largest else None,
        {"kind": "pairs", "caption": "Twins side by side", "items": pairs} if pairs else None,
        note(told),
    )  # fmt: skip


def _size(place: int) -> str:
    low, high = 2**place, 2 ** (place + 1) - 1
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _pairs(tables: Tables) -> tuple[list[dict[str, Any]], str]:
    """A few removed documents of each method beside the twin that won, and how they were chosen."""
    part = tables.part("duplicates", MOST_ROWS)
    seed = str(tables.manifest["recipe"].get("seed", 0))
    chosen = [row["id"] for row in tables.rows(_TWINS.format(part=part.sql), seed=seed, each=_EACH)]
    if not chosen:
        return [], "None of them names its twin: it was published by another run, or a filter answered for it."
    gone = tables.rows(_PAIRS.format(part=part.sql, ids=_list(chosen)), most=TEXT + 1, seed=seed)
    twins = _list([row["twin_id"] for row in gone if row["twin_id"]])
    won: dict[str, dict[str, Any]] = {}
    for table_ in ("duplicates", "documents"):  # a copy that is kept goes before one that fell to another later
        query = _KEPT.format(part=tables.part(table_).sql, table=table_, ids=twins)
        won |= {row["id"]: row for row in tables.rows(query, most=TEXT + 1)}
    pairs, seen = [], set()
    for row in gone:
        if row["id"] not in seen and row["twin_id"]:
            seen.add(row["id"])
            pairs.append(_pair(row, won.get(row["twin_id"])))
    told = (
        f"{len(pairs)} pairs, at most {_EACH} of a method, chosen by a hash of id and seed out of {part.rows:,} rows."
    )
    if tables.manifest["recipe"].get("keep_rejected") != "text":
        told += " The text of removed documents is not stored: the recipe does not say `keep_rejected: text`."
    return pairs, told


def _pair(gone: dict[str, Any], won: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "method": gone["method"],
        "similarity": gone["similarity"],
        "removed": _side(gone, "duplicates"),
        "twin": _side(won, won["outcome"])
        if won
        else {"id": gone["twin_id"], "url": None, "text": None, "outcome": ""},
    }


def _side(row: dict[str, Any], outcome: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "url": shown(row["url"], ADDRESS),
        "text": shown(row["text"], TEXT),
        "length": row["length"],
        "outcome": outcome,
    }


def _list(ids: list[str]) -> str:
    """Ids as a SQL list of texts, which files are skipped by."""
    return ", ".join("'{}'".format(name.replace("'", "''")) for name in dict.fromkeys(ids)) or "NULL"
