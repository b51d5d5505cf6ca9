"""What each rule removes: in all, alone, and together with which others."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from crawlsieve.pipelines.ask.macros import rule_macros
from crawlsieve.pipelines.report.blocks import Block, bars, note, section, table
from crawlsieve.pipelines.report.tables import Part, Tables

MOST_ROWS = 2_000_000
"""Rejected rows that are read; more than that, and it is a sample of whole files."""
_MATRIX = 24
_BARS = 40

_ALONE = """
    SELECT list_distinct(reasons)[1] AS rule, count(*) AS documents FROM {part}
    WHERE len(list_distinct(reasons)) = 1 GROUP BY rule
"""
_PAIRS = """
    WITH combinations AS (
        SELECT list_sort(list_distinct(reasons)) AS broken, count(*) AS documents FROM {part} GROUP BY broken
    ), firsts AS (SELECT broken, documents, unnest(broken) AS first FROM combinations
    ), pairs AS (SELECT first, unnest(broken) AS second, documents FROM firsts)
    SELECT first, second, sum(documents)::BIGINT AS documents FROM pairs GROUP BY first, second
"""


def rules(tables: Tables) -> Block | None:
    """Each rule with what it removes, and what it removes alone; and a matrix of overlaps."""
    counted = reason_counts(tables.manifest)
    judges = {rule["name"] for rule in judging(tables.manifest)}
    if not counted and not judges:
        return None
    part = tables.part("rejected", MOST_ROWS)
    alone = {row["rule"]: row["documents"] for row in tables.rows(_ALONE.format(part=part.sql))}
    pairs = {(row["first"], row["second"]): row["documents"] for row in tables.rows(_PAIRS.format(part=part.sql))}
    names = sorted({*counted, *judges}, key=lambda name: (-counted.get(name, 0), name))
    fired = [name for name in names if (name, name) in pairs]
    return section(
        "rules",
        "The rules",
        "All rules that a document breaks are on record, so a rule can be asked what it removes that no other does. "
        "Rules of a step that settles a record (a blocked address, another language) end its way: later rules never "
        "saw those documents, so “alone” there means before the others had their say.",
        note(part.sampled, "sampled"),
        bars(
            "Rejected documents by rule",
            ["alone", "with others"],
            [(name, [alone.get(name, 0), pairs[name, name] - alone.get(name, 0)]) for name in fired[:_BARS]],
        ),
        note(f"The {_BARS} rules with most documents; the table below has all." if len(fired) > _BARS else ""),
        _overlap(fired[:_MATRIX], pairs, len(fired)),
        _numbers(names, tables.manifest, alone, part),
    )


def judging(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules of every judge step as the manifest has them; with exceptions only where the language was known."""
    return [
        rule if macro.by_language else {**rule, "exceptions": []}
        for rule, macro in zip(manifest.get("rules", []), rule_macros(manifest), strict=True)
    ]


def reason_counts(manifest: dict[str, Any]) -> dict[str, int]:
    """Reason -> documents that have it, as the run counted them."""
    found = manifest.get("counts", {}).get("sink", {})
    return {name.removeprefix("reason/"): count for name, count in found.items() if name.startswith("reason/")}


def _overlap(names: Sequence[str], pairs: dict[tuple[str, str], int], of: int) -> Block | None:
    """Square: documents with both rules."""
    if len(names) < 2:
        return None
    told = f"The {len(names)} of {of} rules with most documents. " if of > len(names) else ""
    return {
        "kind": "matrix",
        "caption": "Rules that remove the same documents",
        "told": f"{told}A row says: of the documents that this rule rejects, which share does the rule of the column "
        "reject, too. A row of strong colour has little to say that others do not.",
        "names": list(names),
        "values": [[pairs.get((row, column), 0) for column in names] for row in names],
    }


def _numbers(names: Sequence[str], manifest: dict[str, Any], alone: dict[str, int], part: Part) -> Block:
    counted, sizes = reason_counts(manifest), manifest.get("counts", {}).get("text_bytes", {})
    judges: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for rule in judging(manifest):
        judges[rule["name"]].append(rule)
    records = manifest["balance"]["records"]
    rows = [
        (
            name,
            judges[name][0]["column"] if name in judges else None,
            bounds_of(judges[name]) if name in judges else None,
            counted.get(name, 0),
            counted.get(name, 0) / records if records else None,
            sizes.get(f"reason/{name}"),
            alone.get(name, 0),
        )
        for name in names
    ]
    columns: list[tuple[str, Any]] = [
        ("rule", "code"), ("signal", "code"), ("bounds", "text"), ("documents", "number"), ("of the input", "share"),
        ("text", "bytes"), ("alone, in the sample" if part.sampled else "alone", "number"),
    ]  # fmt: skip
    return table(columns, rows, "Every rule, those too that removed nothing")


def bounds_of(rules: Sequence[dict[str, Any]]) -> str:
    """The bounds of the rules of a name; behind the step where several judge by different ones."""
    told = {rule["step"]: _bounds(rule) for rule in rules}
    if len({*told.values()}) == 1:
        return next(iter(told.values()))
    return "; ".join(f"{step}: {said}" for step, said in told.items())


def _bounds(rule: dict[str, Any]) -> str:
    """`at least 50, at most 100,000`, and for how many languages it is another."""
    ends = [f"{name.replace('_', ' ')} {rule[name]:,}" for name in ("at_least", "at_most") if rule[name] is not None]
    others = len(rule.get("exceptions") or [])
    told = f" (other bounds for {others} language labels)" if others else ""
    return ", ".join(ends) + told
