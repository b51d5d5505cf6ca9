"""How the documents that one run alone keeps differ from those that both keep: in what was measured of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crawlsieve.filters.rule import sql_name
from crawlsieve.pipelines.compare.pair import Pair, Question, Side
from crawlsieve.schemas.tables import SIGNALS_HEAD

MOST = 20_000
"""Documents of each of the two sets that are looked at, chosen by a hash of id and seed."""
_QUANTILES = (0.1, 0.5, 0.9)
_SHOWN = 20

_CHOSEN = """
    CREATE TEMP TABLE chosen_{own} AS
    (SELECT id, other_id, true AS alone FROM why_{own} ORDER BY md5(hexed(id) || $seed), id LIMIT {most})
    UNION ALL
    (SELECT {own}_id, {other}_id, false FROM matched WHERE a = 0 AND b = 0
        ORDER BY md5(hexed({own}_id) || $seed), {own}_id LIMIT {most})
"""
_VALUES = """
    SELECT alone, {columns} FROM (SELECT id::UUID AS measured, {columns} FROM {files} WHERE {which})
        JOIN chosen_{own} ON chosen_{own}.{by} = measured
"""


@dataclass(frozen=True)
class Spread:
    """Values of a signal.

    Attributes:
        values: how many there are.
        missing: documents of which it is undefined.
        p10, p50, p90: quantiles; each is one of the values.
    """

    values: int
    missing: int
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True)
class Contrast:
    """A signal of the documents that one run alone keeps, and of those that both keep.

    Attributes:
        column: the signal.
        measured_by: a or b: the run that has the values.
        distance: Kolmogorov-Smirnov distance of the two sets: 0 if they are distributed alike, 1 if no value of one
            lies among those of the other.
        alone, common: the two sets.
    """

    column: str
    measured_by: str
    distance: float
    alone: Spread
    common: Spread


def contrasts(pair: Pair, own: Side, other: Side, question: Question) -> tuple[Contrast, ...]:
    """The 20 signals that differ most between what `own` alone keeps and what both keep, by distance, then name.

    Values are those of `own`; of signals that only the other run has measured, its own. Empty if a set is empty.
    """
    made = _CHOSEN.format(own=own.letter, other=other.letter, most=MOST)
    pair.connection.execute(made, {"seed": str(question.seed)})
    mine = _numeric(own)
    foreign = [name for name in _numeric(other) if name not in mine]
    found = [
        *_of(pair, own, own, mine),
        *_of(pair, own, other, foreign),
    ]
    return tuple(sorted(found, key=lambda each: (-each.distance, each.column))[:_SHOWN])


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of float64[n] and float64[m], n, m >= 1, no NaN: the largest gap of the two CDFs."""
    places = np.unique(np.concatenate([one, other]))
    gaps = [np.searchsorted(np.sort(values), places, side="right") / len(values) for values in (one, other)]
    return float(np.abs(gaps[0] - gaps[1]).max())


def _numeric(side: Side) -> list[str]:
    schema = side.tables.schema("signals")
    return [
        field.name
        for field in schema
        if field.name not in SIGNALS_HEAD.names
        and (pa.types.is_integer(field.type) or pa.types.is_floating(field.type))
    ]


def _of(pair: Pair, own: Side, measured_by: Side, columns: Sequence[str]) -> list[Contrast]:
    """The contrasts in the columns of one run's signals."""
    if not columns:
        return []
    mine = own is measured_by
    query = _VALUES.format(
        own=own.letter,
        columns=", ".join(map(sql_name, columns)),
        files=measured_by.files("signals"),
        which="outcome = 'documents'" if mine else "true",
        by="id" if mine else "other_id",
    )
    values = pair.connection.sql(query).to_arrow_table()
    alone = values["alone"].to_numpy()
    found = (_contrast(name, measured_by.letter, values[name], alone) for name in columns)
    return [each for each in found if each is not None]


def _contrast(column: str, measured_by: str, values: pa.ChunkedArray, alone: np.ndarray) -> Contrast | None:
    numbers = values.cast(pa.float64(), safe=False).to_numpy()
    known = ~np.isnan(numbers)
    sets = [numbers[known & alone], numbers[known & ~alone]]
    if not all(map(len, sets)):
        return None
    missing = [int((~known & alone).sum()), int((~known & ~alone).sum())]
    spreads = [_spread(each, lost) for each, lost in zip(sets, missing, strict=True)]
    return Contrast(column, measured_by, round(distance(*sets), 6), *spreads)


def _spread(values: np.ndarray, missing: int) -> Spread:
    low, middle, high = np.quantile(values, _QUANTILES, method="inverted_cdf").tolist()
    return Spread(len(values), missing, low, middle, high)
