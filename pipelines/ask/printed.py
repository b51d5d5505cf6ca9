"""Rows as a terminal shows them."""

from collections.abc import Iterator
from typing import Literal

import pyarrow as pa
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawlsieve.pipelines.ask.forms import flat, rows_of
from crawlsieve.pipelines.printable import printable

_ROWS_SHOWN = 100
_CELL_CHARACTERS = 200
_LEAST_WIDTH = 16


def print_first(schema: pa.Schema, batches: Iterator[pa.RecordBatch], console: Console) -> None:
    """`print_table` of what comes first; the rest is not asked for."""
    first: list[pa.RecordBatch] = []
    for batch in batches:
        first.append(batch)
        if sum(map(len, first)) > _ROWS_SHOWN:
            break
    more = next(batches, None) is not None
    print_table(pa.Table.from_batches(first, schema=schema), console, more=more)


def print_table(found: pa.Table, console: Console, *, more: bool = False) -> None:
    """The first 100 rows, one on a line, or a value on a line where the terminal is too narrow for that.

    What does not fit is cut and marked.

    Args:
        found: what to show.
        console: where.
        more: whether there are more rows than those found.
    """
    if found.num_columns == 0:
        return
    names = [cell(name).plain for name in found.column_names]  # PIVOT makes names of values
    rows = [[cell(value) for value in row] for row in rows_of(found.slice(0, _ROWS_SHOWN))]
    wanted = [max(cell_len(str(line)) for line in column) for column in zip(names, *rows, strict=True)]
    widths = _shared(console.width - 3 * len(wanted), wanted)
    if all(width >= min(most, _LEAST_WIDTH) for width, most in zip(widths, wanted, strict=True)):
        console.print(_across(found.schema, names, rows, widths))
    else:
        _print_down(names, rows, console)
    if found.num_rows > _ROWS_SHOWN:
        many = "many" if more else str(found.num_rows)
        console.print(f"{_ROWS_SHOWN} of {many} rows. All of them: --format csv or json, or --output FILE.")


def _shared(room: int, wanted: list[int]) -> list[int]:
    """`room` characters, shared out: narrow columns get what they want, wide ones equal parts of the rest."""
    widths = [0] * len(wanted)
    for done, place in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        widths[place] = min(wanted[place], max(0, room) // (len(wanted) - done))
        room -= widths[place]
    return widths


def _across(schema: pa.Schema, names: list[str], rows: list[list[Text]], widths: list[int]) -> Table:
    """A row a line."""
    shown = Table(show_edge=False)
    for field, name, width in zip(schema, names, widths, strict=True):
        right = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        justify: Literal["left", "right"] = "right" if right else "left"
        shown.add_column(Text(name), justify=justify, no_wrap=True, overflow="ellipsis", width=width)
    for row in rows:
        shown.add_row(*row)
    return shown


def _print_down(names: list[str], rows: list[list[Text]], console: Console) -> None:
    """A value a line, behind its name; a line between rows."""
    indent = max(len(name) for name in names)
    for number, row in enumerate(rows, 1):
        console.print(Text(f"row {number}", style="dim"))
        for name, value in zip(names, row, strict=True):
            line = Text.assemble((f"{name:<{indent}}  ", "dim"), value)
            console.print(line, no_wrap=True, overflow="ellipsis")


def cell(value: object) -> Text:
    """A value on one line, at most 200 characters, without characters that a terminal would obey."""
    if value is None:
        return Text("-", style="dim")
    line = printable(str(flat(value))[: _CELL_CHARACTERS + 1])
    return Text(line if len(line) <= _CELL_CHARACTERS else line[:_CELL_CHARACTERS] + "…")
