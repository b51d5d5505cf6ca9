"""Documents to look at: some that one run alone keeps, and some that both keep with different texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import groupby
from typing import Any

from crawlsieve.filters.rule import sql_name, sql_text
from crawlsieve.pipelines.ask.macros import rule_macros
from crawlsieve.pipelines.ask.verdict import finite, rejecting
from crawlsieve.pipelines.compare.pair import Pair, Question, Side

TEXT = 1_200
"""Code points of a text that are shown."""
MOST_DIFFERED = 50_000
"""Code points of a text in which a difference is looked for."""
_ADDRESS = 300
_LINES = 12
_WIDTH = 160
_AROUND = 40

_CHOSEN = """
    SELECT hexed(id) AS id, hexed(other_id) AS other_id, kind, reasons, kept_id FROM why_{own}
    ORDER BY md5(hexed(id) || $seed), id LIMIT $most
"""
_TEXTS = """
    SELECT id, left(url, $address) AS url, left(text, $most) AS text, length(text) AS length FROM {files}
    WHERE id IN ({ids})
"""
_CHANGED = """
    SELECT hexed(a_id) AS a_id, hexed(b_id) AS b_id, a_bytes, b_bytes FROM changed WHERE differs
    ORDER BY md5(hexed(a_id) || $seed), a_id LIMIT $most
"""


@dataclass(frozen=True)
class Decided:
    """A rule of the other run that rejects a document: its signal, and the bounds that held for its language."""

    rule: str
    column: str
    value: float | None
    at_least: float | None
    at_most: float | None


@dataclass(frozen=True)
class Sample:
    """A document that one run alone keeps.

    Attributes:
        id, url: of it.
        kind: of KINDS: what became of it in the other run.
        reasons: of the other run.
        decided: what those of them that are rules with bounds have measured, where the other run has kept it.
        kept_id, kept_url: what the other run keeps in its place, if it is a copy.
        text: its beginning, as the keeper has it.
        length: of the whole text, in code points.
    """

    id: str
    url: str | None
    kind: str
    reasons: tuple[str, ...]
    decided: tuple[Decided, ...]
    kept_id: str | None
    kept_url: str | None
    text: str
    length: int


@dataclass(frozen=True)
class Changed:
    """A document that both keep with different texts.

    Attributes:
        a_id, b_id: its ids; one, if runs are compared by id.
        url: of A.
        a_bytes, b_bytes: UTF-8 bytes of the texts.
        diff: the first lines of a unified diff from A to B; long lines are cut to where they differ.
    """

    a_id: str
    b_id: str
    url: str | None
    a_bytes: int
    b_bytes: int
    diff: tuple[str, ...]


def samples(pair: Pair, own: Side, other: Side, question: Question) -> tuple[Sample, ...]:
    """Some that `own` alone keeps, chosen by a hash of id and seed."""
    chosen = pair.rows(_CHOSEN.format(own=own.letter), seed=str(question.seed), most=question.samples)
    found = _texts(pair, own, [row["id"] for row in chosen], TEXT)
    kept = _texts(pair, other, [row["kept_id"] for row in chosen if row["kept_id"]], 0)
    measured = _measured(pair, other, [row["other_id"] for row in chosen if row["kind"] == "rejected"])
    return tuple(
        Sample(
            row["id"],
            found[row["id"]]["url"],
            row["kind"],
            tuple(row["reasons"]),
            _decided(other, row["reasons"], measured.get(row["other_id"], {})),
            row["kept_id"],
            kept.get(row["kept_id"], {}).get("url"),
            found[row["id"]]["text"],
            found[row["id"]]["length"],
        )
        for row in chosen
    )


def changed(pair: Pair, question: Question) -> tuple[Changed, ...]:
    """Some that both keep with different texts, chosen by a hash of id and seed."""
    chosen = pair.rows(_CHANGED, seed=str(question.seed), most=question.samples)
    one = _texts(pair, pair.a, [row["a_id"] for row in chosen], MOST_DIFFERED)
    other = _texts(pair, pair.b, [row["b_id"] for row in chosen], MOST_DIFFERED)
    return tuple(
        Changed(
            row["a_id"], row["b_id"], one[row["a_id"]]["url"], row["a_bytes"], row["b_bytes"],
            difference(one[row["a_id"]]["text"], other[row["b_id"]]["text"]),
        )
        for row in chosen
    )  # fmt: skip


def difference(one: str, other: str) -> tuple[str, ...]:
    """At most 12 lines of the unified diff from one text to the other, without its head."""
    lines = list(unified_diff(one.split("\n"), other.split("\n"), n=1, lineterm=""))[2:]
    if not lines:
        return (f"(no difference in the first {MOST_DIFFERED:,} characters)",)
    shown = list(_narrowed(lines[: _LINES + 1]))
    return (*shown[:_LINES], f"({len(lines) - _LINES:,} more lines)") if len(lines) > _LINES else tuple(shown)


def _narrowed(lines: Sequence[str]) -> Iterator[str]:
    """The lines, each cut to the part in which it differs from the line that takes its place."""
    blocks = [[*block] for _, block in groupby(lines, key=lambda line: line[:1])]
    for place, block in enumerate(blocks):
        sign = block[0][:1]
        step = {"-": 1, "+": -1}.get(sign, 0)
        beside = blocks[place + step] if step and 0 <= place + step < len(blocks) else []
        fellows = beside if beside and beside[0][:1] in {"-", "+"} else []
        for number, line in enumerate(block):
            yield _cut(line, fellows[number] if number < len(fellows) else "")


def _cut(line: str, fellow: str) -> str:
    same = next((n for n, (one, other) in enumerate(zip(line[1:], fellow[1:], strict=False)) if one != other), 0)
    start = max(0, same - _AROUND)
    end = 1 + start + _WIDTH
    return line[:1] + ("…" if start else "") + line[1 + start : end] + ("…" if len(line) > end else "")


def _texts(pair: Pair, side: Side, ids: Sequence[str], most: int) -> dict[str, dict[str, Any]]:
    """Id -> url, beginning of the text and its length, of kept documents."""
    if not ids:
        return {}
    query = _TEXTS.format(files=side.files("documents"), ids=", ".join(map(sql_text, ids)))
    return {row["id"]: row for row in pair.rows(query, address=_ADDRESS, most=most)}


def _measured(pair: Pair, side: Side, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Id -> the signals that rules look at, where the run has kept them."""
    there = side.tables.schema("signals").names
    wanted = {rule["column"] for rule in side.manifest.get("rules", [])} | {"language"}
    columns = ", ".join(sql_name(name) for name in there if name in wanted)
    if not ids or not columns:
        return {}
    listed = ", ".join(map(sql_text, ids))
    rows = pair.rows(f"SELECT id, {columns} FROM {side.files('signals')} WHERE id IN ({listed})")  # noqa: S608 - own text
    return {row["id"]: row for row in rows}


def _decided(side: Side, reasons: Sequence[str], measured: dict[str, Any]) -> tuple[Decided, ...]:
    said = rejecting(rule_macros(side.manifest), measured, [*reasons])
    ends = ((each, finite(each.at_least), finite(each.at_most)) for each in said)
    found = [Decided(each.rule, each.column, finite(each.value), low, high) for each, low, high in ends]
    return tuple(dict.fromkeys(found))
