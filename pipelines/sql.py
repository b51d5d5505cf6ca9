"""`crawlsieve sql`: the tables of a run as DuckDB views."""

import csv
import glob
import io
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import duckdb
import pyarrow as pa
import typer
from fsspec.implementations.local import LocalFileSystem
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawlsieve.pipelines.standing import opened, standing_manifest
from crawlsieve.schemas import tables
from crawlsieve.schemas.mix import MIXTURE
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join
from crawlsieve.stages.read.places import failures, protocol

VIEWS = {
    "documents": tables.DOCUMENTS,
    "rejected": tables.REJECTED,
    "duplicates": tables.DUPLICATES,
    "failed": tables.FAILED,
    "signals": tables.SIGNALS_HEAD,
    "mixture": MIXTURE,
}
"""Name of a view and its schema where the run has no file of that table."""

Format = Literal["table", "csv", "json"]

_ROWS_SHOWN = 100
_CELL_CHARACTERS = 200
_LEAST_WIDTH = 16


def connect(run: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory whose views are the tables of a run: those of VIEWS.

    A table that the run has not is empty. The files are read where they are and nothing is written to them. Times are
    in UTC; the configuration is locked, and no extension is downloaded.

    Args:
        run: a run directory, local or on any address that fsspec knows.

    Raises:
        CrawlsieveError: it is no finished run.
    """
    manifest(run)
    system, place = opened(run)
    connection = duckdb.connect()
    try:
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET TimeZone = 'UTC'")
        if not isinstance(system, LocalFileSystem):
            connection.register_filesystem(system)
            place = system.unstrip_protocol(place)
        for name, schema in VIEWS.items():
            if system.glob(join(glob.escape(place), name, "*.parquet")):
                files = join(glob.escape(place), name, "*.parquet").replace("'", "''")
                connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{files}')")  # noqa: S608 - own text
            else:
                connection.register(name, schema.empty_table())
        connection.execute("SET lock_configuration = true")
    except duckdb.Error:
        connection.close()
        raise
    return connection


@contextmanager
def asking(run: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """`connect`, closed when the block ends.

    Raises:
        CrawlsieveError: it is no finished run, or one of its files is damaged; with DuckDB's words.
    """
    try:
        with connect(run) as connection:
            yield connection
    except duckdb.Error as error:
        raise CrawlsieveError(f"{run}: its tables cannot be read. {error}") from None


def manifest(run: str) -> dict[str, Any]:
    """The manifest of a finished run.

    Raises:
        CrawlsieveError: there is none; says what stands there instead.
    """
    opened(run)
    try:
        return _manifest(run)
    except failures(protocol(run)) as error:
        raise CrawlsieveError(f"'{run}' cannot be reached: {error}.") from None


def _manifest(run: str) -> dict[str, Any]:
    system, place = opened(run)
    if not system.isdir(place):
        raise CrawlsieveError(f"{run}: no such directory. Name the `output` of a recipe that has run.")
    found = standing_manifest(run)
    if found is not None:
        return found
    if system.exists(join(place, "_work")):
        raise CrawlsieveError(f"{run}: the run is not finished. `crawlsieve run` with its recipe goes on with it.")
    raise CrawlsieveError(f"{run}: not a run directory, it has no manifest.json. Name the `output` of a recipe.")


def query(run: str, sql: str) -> pa.Table:
    """The rows that `sql` selects from the views of a run; no rows for a statement that selects nothing.

    Raises:
        CrawlsieveError: it is no run, or DuckDB refuses the statement; with DuckDB's words.
    """
    with asking(run) as connection:
        try:
            relation = connection.sql(sql)
            return pa.table({}) if relation is None else relation.to_arrow_table()
        except duckdb.Error as error:
            raise CrawlsieveError(f"sql: {error}") from None


def sql_command(run: str, sql: str, form: Format = "table") -> None:
    """Print what `sql` selects: a table for reading, or CSV or JSON for programs.

    Raises:
        CrawlsieveError: as `query`.
    """
    found = query(run, sql)
    if form == "table":
        print_table(found, Console())
    else:
        write = {"csv": as_csv, "json": as_json}[form]
        typer.echo(write(found), nl=False)


def print_table(found: pa.Table, console: Console) -> None:
    """The first 100 rows, one on a line, or a value on a line where the terminal is too narrow for that.

    What does not fit is cut and marked.
    """
    if found.num_columns == 0:
        return
    rows = [[cell(value) for value in row] for row in _rows(found.slice(0, _ROWS_SHOWN))]
    wanted = [max(cell_len(str(line)) for line in column) for column in zip(found.column_names, *rows, strict=True)]
    widths = _shared(console.width - 3 * len(wanted), wanted)
    if all(width >= min(most, _LEAST_WIDTH) for width, most in zip(widths, wanted, strict=True)):
        console.print(_across(found.schema, rows, widths))
    else:
        _print_down(found.column_names, rows, console)
    if found.num_rows > _ROWS_SHOWN:
        console.print(f"{_ROWS_SHOWN} of {found.num_rows} rows. All of them: --format csv or json.")


def _shared(room: int, wanted: list[int]) -> list[int]:
    """`room` characters, shared out: narrow columns get what they want, wide ones equal parts of the rest."""
    widths = [0] * len(wanted)
    for done, place in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        widths[place] = min(wanted[place], max(0, room) // (len(wanted) - done))
        room -= widths[place]
    return widths


def _across(schema: pa.Schema, rows: list[list[Text]], widths: list[int]) -> Table:
    """A row a line."""
    shown = Table(show_edge=False)
    for field, width in zip(schema, widths, strict=True):
        right = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        justify: Literal["left", "right"] = "right" if right else "left"
        shown.add_column(Text(field.name), justify=justify, no_wrap=True, overflow="ellipsis", width=width)
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
    line = str(_flat(value))[: _CELL_CHARACTERS + 1]
    line = "".join(character if character.isprintable() else " " for character in line)
    return Text(line if len(line) <= _CELL_CHARACTERS else line[:_CELL_CHARACTERS] + "…")


def as_csv(found: pa.Table) -> str:
    """CSV with a line of names; null is empty, lists and structs are JSON, bytes hex."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(found.column_names)
    writer.writerows([_flat(value) for value in row] for row in _rows(found))
    return written.getvalue()


def as_json(found: pa.Table) -> str:
    """A JSON array of objects, one on a line; a name that is there twice gets a number."""
    names = _unique(found.column_names)
    lines = [
        json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False, allow_nan=False)
        for row in _rows(found)
    ]
    return "[" + ",".join(f"\n{line}" for line in lines) + "\n]\n"


def _rows(found: pa.Table) -> list[tuple[object, ...]]:
    """Rows as tuples, since two columns may have one name."""
    columns = [column.to_pylist() for column in found.columns]
    return list(zip(*columns, strict=True))


def _unique(names: list[str]) -> list[str]:
    """The names; each one that was there before gets `_2`, `_3`, ..."""
    return [
        name if names.index(name) == place else f"{name}_{names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]


def _flat(value: object) -> object:
    """A text or a number for the value; nested values as JSON."""
    plain = _plain(value)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, list | dict) else plain


def _plain(value: object) -> object:
    """The value as JSON has it: times in ISO 8601, bytes in hex, NaN and infinity as null."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):  # sums of integers come as DECIMAL(38, 0)
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _word(value)


def _word(value: object) -> str:
    """A text for a value that JSON has no form for."""
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
