"""Every column of every table at rest, as Markdown: type, unit, meaning, source."""

from typing import get_args

import pyarrow as pa

from crawlsieve.pipelines.ask.views import VIEWS
from crawlsieve.stages.clean_lines import CleanLines, LineRuleSet
from crawlsieve.stages.language import Language
from crawlsieve.stages.measure import Measure, Signal


def tables_at_rest() -> str:
    """A section for each table of a run directory."""
    return "\n\n".join(f"### `{name}/`\n\n{_table(schema)}" for name, schema in VIEWS.items())


def signal_tables() -> str:
    """A section for each set of columns that a step can add to `signals/`, with the recipe that adds them."""
    steps = [("language: {keep: [en]}", Language(keep=("en",)).adds)]
    measured: list[Signal] = [name for name in get_args(Signal) if name != "gopher"]  # it is the two behind it
    cleaning: list[LineRuleSet] = [name for name in get_args(LineRuleSet) if "@" in name]  # others are aliases
    steps += [(f"measure: {{signals: [{name}]}}", Measure(signals=(name,)).adds) for name in measured]
    steps += [(f"clean_lines: {{rules: [{name}]}}", CleanLines(rules=(name,)).adds) for name in cleaning]
    return "\n\n".join(f"### `{step}`\n\n{_cited(schema)}{_table(schema)}" for step, schema in steps)


def _cited(schema: pa.Schema) -> str:
    sources = dict.fromkeys(_said(field, "source") for field in schema)
    return "".join(f"Source: {source}.\n\n" for source in sources if source)


def _table(schema: pa.Schema) -> str:
    head = ["| column | type | unit | null | what it holds |", "|---|---|---|---|---|"]
    return "\n".join(head + [_row(field) for field in schema])


def _row(field: pa.Field) -> str:
    null = "may be" if field.nullable else "never"
    cells = [f"`{field.name}`", f"{field.type}", _said(field, "unit"), null, _said(field, "doc")]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _said(field: pa.Field, name: str) -> str:
    """What the field's metadata says under `name`."""
    said: bytes = (field.metadata or {}).get(name.encode(), b"")
    return said.decode()
