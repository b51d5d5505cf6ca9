"""The distribution of every signal, with the bounds of the rules that look at it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from crawlsieve.pipelines.report.blocks import Block, note, section
from crawlsieve.pipelines.report.rules import judging, reason_counts
from crawlsieve.pipelines.report.tables import Part, Tables
from crawlsieve.schemas.tables import SIGNALS_HEAD

MOST_ROWS = 2_000_000
"""Rows of signals that are read; more than that, and it is a sample of whole files."""
BINS = 40
_FEWEST = 8
TAILS = (0.002, 0.998)
"""Quantiles between which the bins lie: what is beyond counts to the first and the last bin."""
_QUANTILES = (TAILS[0], 0.05, 0.25, 0.5, 0.75, 0.95, TAILS[1])
_SHARES = ("5 %", "25 %", "50 %", "75 %", "95 %")
_HEAVY = 30.0
"""A signal that is never negative and whose upper tail is so many times its median has a logarithmic axis."""
_CELLS = 8_000_000
"""Values that one query holds for its quantiles: 64 MB and what DuckDB needs to sort them."""


@dataclass(frozen=True)
class Axis:
    """Where the bins of a signal lie. On a logarithmic one, x stands at ln(1 + x)."""

    low: float
    step: float
    bins: int
    log: bool

    @property
    def edges(self) -> list[float]:
        """Bins + 1 values, in units of the signal."""
        ends = [self.low + self.step * number for number in range(self.bins + 1)]
        return [math.expm1(end) for end in ends] if self.log else ends

    def sql(self, value: str) -> str:
        """An expression: the bin of a finite value."""
        place = f"ln(1 + {value})" if self.log else value
        found = f"floor(({place} - {self.low!r}::DOUBLE) / {self.step!r}::DOUBLE)"
        return f"greatest(0, least({self.bins - 1}, {found}))::UTINYINT"


def signals(tables: Tables) -> Block | None:
    """A histogram of every numeric signal, by outcome."""
    part = tables.part("signals", MOST_ROWS)
    columns = _numeric(tables.schema("signals"))
    if not columns or not part.rows:
        return None
    rejects = reason_counts(tables.manifest)
    items = [
        _item(column, found, judging(tables.manifest), rejects)
        for batch in _batches(columns, part.rows)
        for column, found in _measured(tables, part, batch)
    ]
    return section(
        "signals",
        "The signals",
        "Every number that was measured, by outcome. A line is a bound of a rule: what lies in the shade is "
        "rejected. A dashed line is another bound for some languages.",
        note(part.sampled, "sampled"),
        {"kind": "histograms", "items": sorted(items, key=lambda item: (not item["edges"], not item["rules"]))},
        note("Values beyond the ends of an axis are in its first and last bar; " + _TOLD_TAILS),
    )


_TOLD_TAILS = "an axis holds at least the values between the quantiles 0.2 % and 99.8 %, and bounds that are near."


def _numeric(schema: pa.Schema) -> list[pa.Field]:
    head = set(SIGNALS_HEAD.names)
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return [field for field in schema if field.name not in head and any(is_kind(field.type) for is_kind in kinds)]


def _batches(columns: Sequence[pa.Field], rows: int) -> Iterator[Sequence[pa.Field]]:
    width = max(1, _CELLS // max(1, rows))
    for start in range(0, len(columns), width):
        yield columns[start : start + width]


@dataclass(frozen=True)
class Found:
    """What DuckDB says of a column."""

    least: float | None
    most: float | None
    quantiles: list[float]
    axis: Axis | None
    counts: dict[str, list[int]]
    nulls: dict[str, int]


def _measured(tables: Tables, part: Part, columns: Sequence[pa.Field]) -> Iterator[tuple[pa.Field, Found]]:
    """Each column with its range and its bins; two queries for all of them."""
    values = [_finite(field.name) for field in columns]
    asked = ", ".join(f"min({value}), max({value}), quantile_disc({value}, {list(_QUANTILES)})" for value in values)
    (told,) = tables.connection.sql(f"SELECT {asked} FROM {part.sql}").fetchall()  # noqa: S608 - own columns
    ranges = [told[place : place + 3] for place in range(0, len(told), 3)]
    axes = [
        None if least == most else _axis(field, quantiles, _bounds(field.name, judging(tables.manifest)))
        for field, (least, most, quantiles) in zip(columns, ranges, strict=True)
    ]
    bins = [
        f"histogram({axis.sql(value)}) FILTER ({value} IS NOT NULL), count(*) - count({value})"
        if axis
        else f"NULL, count(*) - count({value})"
        for axis, value in zip(axes, values, strict=True)
    ]
    query = f"SELECT outcome, {', '.join(bins)} FROM {part.sql} GROUP BY outcome ORDER BY outcome"  # noqa: S608
    rows = tables.connection.sql(query).fetchall()
    for place, (field, (least, most, quantiles), axis) in enumerate(zip(columns, ranges, axes, strict=True)):
        counts = {row[0]: _filled(row[1 + 2 * place], axis.bins) for row in rows} if axis else {}
        nulls = {row[0]: row[2 + 2 * place] for row in rows if row[2 + 2 * place]}
        yield field, Found(least, most, quantiles or [], axis, counts, nulls)


def _finite(name: str) -> str:
    """The value as a DOUBLE, null where it is null, NaN or infinite."""
    column = '"{}"'.format(name.replace('"', '""'))
    return f"CASE WHEN isfinite({column}::DOUBLE) THEN {column}::DOUBLE END"


def _filled(found: dict[int, int] | None, bins: int) -> list[int]:
    return [(found or {}).get(number, 0) for number in range(bins)]


def _bounds(name: str, rules: Sequence[dict[str, Any]]) -> list[float]:
    """The ends of the rules that look at a column, where no exception holds."""
    ends = [rule[end] for rule in rules if rule["column"] == name for end in ("at_least", "at_most")]
    return [float(end) for end in ends if end is not None]


def _axis(field: pa.Field, quantiles: Sequence[float], bounds: Sequence[float]) -> Axis:
    low, middle, high = quantiles[0], quantiles[3], quantiles[-1]
    log = low >= 0 and high > 1 and (1 + high) > _HEAVY * (1 + middle)
    log = log or (low >= 0 and any(bound > _HEAVY * (1 + high) for bound in bounds))
    placed = [math.log1p(value) if log else value for value in (low, high, *(bound for bound in bounds if bound > -1))]
    low, high = placed[:2]
    room = max(high - low, 1e-9)
    reach = 1.0 if log else 0.5
    near = [bound for bound in placed[2:] if low - reach * room <= bound <= high + reach * room]
    low, high = min([low, *near]), max([high, *near])
    whole = pa.types.is_integer(field.type) or pa.types.is_boolean(field.type)
    if whole and not log and high - low < BINS:
        return Axis(math.floor(low) - 0.5, 1.0, max(_FEWEST, math.floor(high) - math.floor(low) + 1), log=False)
    if high == low:
        high = low + max(1.0, abs(low)) / 10
    return Axis(low, (high - low) / BINS, BINS, log)


def _item(field: pa.Field, found: Found, rules: Sequence[dict[str, Any]], rejects: dict[str, int]) -> dict[str, Any]:
    told = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return {
        "name": field.name,
        "doc": told.get("doc", ""),
        "unit": told.get("unit", ""),
        "log": bool(found.axis and found.axis.log),
        "edges": found.axis.edges if found.axis else [],
        "counts": found.counts,
        "nulls": found.nulls,
        "least": found.least,
        "most": found.most,
        "quantiles": dict(zip(_SHARES, found.quantiles[1:-1], strict=False)),
        "rules": [
            {
                "name": rule["name"],
                "at_least": rule["at_least"],
                "at_most": rule["at_most"],
                "exceptions": _exceptions(rule),
                "rejects": rejects.get(rule["name"], 0),
            }
            for rule in rules
            if rule["column"] == field.name
        ],
    }


def _exceptions(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """Languages that share other bounds."""
    grouped: dict[tuple[float | None, float | None], list[str]] = {}
    for each in rule.get("exceptions") or []:
        grouped.setdefault((each["at_least"], each["at_most"]), []).append(each["language"])
    return [{"languages": names, "at_least": low, "at_most": high} for (low, high), names in grouped.items()]
