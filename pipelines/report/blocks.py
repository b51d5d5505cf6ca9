"""What a section of the report is made of. `assets/` has one renderer for each kind, and knows nothing of sections."""

from collections.abc import Sequence
from typing import Any, Literal

Block = dict[str, Any]
"""JSON: `kind`, and what that kind holds."""

Unit = Literal["text", "code", "number", "bytes", "share", "seconds", "decimal"]
"""How the values of a column are written; all but the first two stand at the right."""

OUTCOMES = ("documents", "rejected", "duplicates", "failed")
"""Names of series that have a colour of their own."""


def section(name: str, title: str, lead: str, *blocks: Block | None) -> Block:
    """A part of the page.

    Args:
        name: its anchor.
        title: its heading.
        lead: a sentence or two on what it shows.
        blocks: what stands in it; None is left out.
    """
    return {"id": name, "title": title, "lead": lead, "blocks": [block for block in blocks if block is not None]}


def note(text: str, tone: Literal["plain", "sampled", "warning"] = "plain") -> Block | None:
    """A paragraph; none for an empty text."""
    return {"kind": "note", "text": text, "tone": tone} if text else None


def tiles(*each: tuple[str, float | str, Unit, str]) -> Block:
    """Large numbers: (label, value, unit, what it says beside)."""
    return {
        "kind": "tiles",
        "tiles": [{"label": label, "value": value, "unit": unit, "note": said} for label, value, unit, said in each],
    }


def table(columns: Sequence[tuple[str, Unit]], rows: Sequence[Sequence[Any]], caption: str) -> Block:
    """Rows under (name, unit) of each column. A value that is null is a dash."""
    head = [{"name": name, "unit": unit} for name, unit in columns]
    return {"kind": "table", "caption": caption, "columns": head, "rows": [list(row) for row in rows]}


def bars(
    caption: str,
    series: Sequence[str],
    rows: Sequence[tuple[str, Sequence[float]]],
    *,
    unit: Unit = "number",
    log: bool = False,
) -> Block:
    """A bar for each (name, value of each series), the series end to end.

    Args:
        caption: what is counted.
        series: names; those of OUTCOMES have their colours.
        rows: names and values, in the order in which they are drawn.
        unit: of the values.
        log: a logarithmic axis; for one series only.
    """
    listed = [{"name": name, "values": list(values)} for name, values in rows]
    return {"kind": "bars", "caption": caption, "series": list(series), "rows": listed, "unit": unit, "log": log}
