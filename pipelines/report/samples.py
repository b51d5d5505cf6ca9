"""Some documents, kept and rejected, with what decided."""

from typing import Any

from crawlsieve.pipelines.ask.macros import rule_macros
from crawlsieve.pipelines.ask.verdict import finite, rejecting
from crawlsieve.pipelines.report.blocks import Block, note, section
from crawlsieve.pipelines.report.hostile import shown
from crawlsieve.pipelines.report.tables import Part, Tables

TEXT = 1_200
"""Code points of a text that are shown."""
ADDRESS = 300
"""Code points of an address that are shown."""
MOST_ROWS = 100_000
"""Rows out of which samples are chosen; a whole file at least."""
_KEPT = 30
_EACH = 3
_RULES = 50

_ANY = "SELECT unnest(arg_min(id, md5(id || $seed), $most)) AS id FROM {part}"
_OF_RULES = """
    SELECT rule, unnest(arg_min(id, md5(id || $seed), $most)) AS id
    FROM (SELECT id, unnest(list_distinct(reasons)) AS rule FROM {part}) GROUP BY rule ORDER BY rule
"""
_ROWS = """
    SELECT id, source_path, source_offset, left(url, $address) AS url, {reasons} AS reasons,
        left(text, $most) AS text, length(text) AS length
    FROM {part} WHERE list_contains($ids, id) ORDER BY md5(id || $seed), source_path, source_offset
"""


def samples(tables: Tables) -> Block | None:
    """Kept documents, and some of each rule's."""
    seed = str(tables.manifest["recipe"].get("seed", 0))
    kept, rejected = tables.part("documents", MOST_ROWS), tables.part("rejected", MOST_ROWS)
    ids = [row["id"] for row in tables.rows(_ANY.format(part=kept.sql), seed=seed, most=_KEPT)]
    items = _items(tables, kept, "documents", ids, seed)
    by_rule = tables.rows(_OF_RULES.format(part=rejected.sql), seed=seed, most=_EACH)
    first = list(dict.fromkeys(row["rule"] for row in by_rule))[:_RULES]
    gone = list(dict.fromkeys(row["id"] for row in by_rule if row["rule"] in first))
    items += _items(tables, rejected, "rejected", gone, seed)
    if not items:
        return None
    has_text = tables.manifest["recipe"].get("keep_rejected") == "text"
    return section(
        "samples",
        "Samples",
        f"{len(items)} documents: up to {_KEPT} that were kept, and up to {_EACH} of each rule. They are chosen by a "
        f"hash of id and seed, the same ones every time, out of {kept.rows:,} of {kept.all_rows:,} kept and "
        f"{rejected.rows:,} of {rejected.all_rows:,} rejected. Texts are cut at {TEXT:,} characters.",
        note(
            "" if has_text or not rejected.all_rows else
            "The text of rejected documents is not stored, as the recipe does not say `keep_rejected: text`; their "
            "addresses and reasons are."
        ),
        {"kind": "samples", "items": items},
    )  # fmt: skip


def _items(tables: Tables, part: Part, outcome: str, ids: list[str], seed: str) -> list[dict[str, Any]]:
    if not ids:
        return []
    reasons = "reasons" if outcome == "rejected" else "NULL::VARCHAR[]"
    query = _ROWS.format(part=part.sql, reasons=reasons)
    rows = tables.rows(query, ids=ids, seed=seed, address=ADDRESS + 1, most=TEXT + 1)
    measured = _measured(tables, ids) if outcome == "rejected" else {}
    return [
        {
            "outcome": outcome,
            "id": row["id"],
            "url": shown(row["url"], ADDRESS),
            "where": f"{shown(row['source_path'], ADDRESS)} @ {row['source_offset']}",
            "reasons": row["reasons"] or [],
            "verdicts": _verdicts(tables, row, measured.get((row["id"], row["source_path"], row["source_offset"]))),
            "text": shown(row["text"], TEXT),
            "length": row["length"],
        }
        for row in rows
    ]


def _measured(tables: Tables, ids: list[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """(id, path, offset) -> the signals that rules look at."""
    there = set(tables.schema("signals").names)
    columns = {rule["column"] for rule in tables.manifest.get("rules", [])} | {"language"}
    wanted = ", ".join('"{}"'.format(name.replace('"', '""')) for name in sorted(columns & there))
    part = tables.part("signals")
    if not wanted or not part.rows:
        return {}
    listed = ", ".join(f"'{name}'" for name in ids if name.isalnum())
    query = f"SELECT id, source_path, source_offset, {wanted} FROM {part.sql} WHERE id IN ({listed or 'NULL'})"  # noqa: S608
    return {(row["id"], row["source_path"], row["source_offset"]): row for row in tables.rows(query)}


def _verdicts(tables: Tables, row: dict[str, Any], signals: dict[str, Any] | None) -> list[dict[str, Any]]:
    """For each rule that rejects the document: what was measured, and the bounds that held when it judged."""
    said = rejecting(rule_macros(tables.manifest), signals or {}, row["reasons"] or [])
    return [
        {
            "rule": each.rule,
            "column": each.column,
            "value": finite(each.value),
            "at_least": each.at_least,
            "at_most": each.at_most,
        }
        for each in said
    ]
