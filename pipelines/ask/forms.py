"""Rows as programs read them: CSV and JSON, batch by batch."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

import pyarrow as pa

Rows: TypeAlias = pa.Table | pa.RecordBatch


def as_csv(found: pa.Table) -> str:
    """CSV with a line of names; null is empty, lists and structs are JSON, bytes hex."""
    return "".join(csv_parts(found.column_names, [found]))


def csv_parts(names: list[str], batches: Iterable[Rows]) -> Iterator[str]:
    """The text of `as_csv` in parts, one for the names and one for each batch."""
    yield _csv_lines([names])
    for batch in batches:
        yield _csv_lines([flat(value) for value in row] for row in rows_of(batch))


def _csv_lines(rows: Iterable[list[object] | list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def as_json(found: pa.Table) -> str:
    """A JSON array of objects, one on a line; a name that is there twice gets a number."""
    return "".join(json_parts(found.column_names, [found]))


def json_parts(names: list[str], batches: Iterable[Rows]) -> Iterator[str]:
    """The text of `as_json` in parts."""
    keys = unique(names)
    before = "[\n"
    for batch in batches:
        for row in rows_of(batch):
            line = json.dumps(dict(zip(keys, map(_plain, row), strict=True)), ensure_ascii=False, allow_nan=False)
            yield before + line
            before = ",\n"
    yield "[\n]\n" if before == "[\n" else "\n]\n"


def rows_of(found: Rows) -> list[tuple[object, ...]]:
    """Rows as tuples, since two columns may have one name."""
    columns = [column.to_pylist() for column in found.columns]
    return list(zip(*columns, strict=True))


def unique(names: list[str]) -> list[str]:
    """The names; each one that was there before gets `_2`, `_3`, ..."""
    return [
        name if names.index(name) == place else f"{name}_{names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]


def flat(value: object) -> object:
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
