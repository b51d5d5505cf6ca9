"""A rule: bounds on a measured column. It judges an Arrow batch, and says the same in SQL."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LANGUAGE = "language"
"""Column whose value picks a rule's exceptions."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The values that are good, both ends included. None: no bound at that end.

    Raises:
        ValueError: an end is NaN, or the lower end lies above the upper one.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "strict": True}

    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        low, high = self.ends
        if math.isnan(low) or math.isnan(high):
            raise ValueError("a bound is a number, not NaN")
        if low > high:
            raise ValueError(f"nothing is at least {low} and at most {high}")

    @property
    def ends(self) -> tuple[float, float]:
        """The two ends as numbers, infinite where there is no bound."""
        low = -math.inf if self.at_least is None else float(self.at_least)
        high = math.inf if self.at_most is None else float(self.at_most)
        return low, high

    def overridden(self, other: "Bounds") -> "Bounds":
        """These bounds, with the ends that `other` names in their place."""
        return Bounds(
            at_least=self.at_least if other.at_least is None else other.at_least,
            at_most=self.at_most if other.at_most is None else other.at_most,
        )


@dataclass(frozen=True)
class Rule:
    """Bounds on a measured column, both ends included; other bounds for some languages.

    Args:
        name: what stands in `reasons` when the rule rejects.
        column: a numeric column. Null and NaN are rejected: what cannot be measured is not good.
        at_least: lower end, None for none.
        at_most: upper end, None for none.
        exceptions: (value of column `language`, bounds that hold there instead).
    """

    name: str
    column: str
    at_least: float | None = None
    at_most: float | None = None
    exceptions: tuple[tuple[str, Bounds], ...] = ()

    def __post_init__(self) -> None:
        _ = self.bounds

    @property
    def bounds(self) -> Bounds:
        """The bounds that hold where no exception does."""
        return Bounds(at_least=self.at_least, at_most=self.at_most)

    def bounds_for(self, language: str | None) -> Bounds:
        """The bounds that hold for a document in `language`."""
        return dict(self.exceptions).get(language or "", self.bounds)

    def with_bounds(self, bounds: Bounds) -> "Rule":
        """The rule with the given ends in place of its own, for every language."""
        try:
            merged = self.bounds.overridden(bounds)
            exceptions = tuple((label, own.overridden(bounds)) for label, own in self.exceptions)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        return replace(self, at_least=merged.at_least, at_most=merged.at_most, exceptions=exceptions)

    def rejects(self, batch: pa.RecordBatch) -> pa.Array:
        """bool[n], never null: true where the value is out of bounds, null or NaN."""
        value = batch.column(self.column).cast(pa.float64())
        low, high = self._ends(batch)
        inside = pc.and_(pc.greater_equal(value, low), pc.less_equal(value, high))
        return pc.invert(pc.fill_null(inside, fill_value=False))

    def sql(self, *, by_language: bool = True) -> str:
        """A boolean SQL expression over the measured columns: true where the rule rejects.

        Args:
            by_language: whether the table has a column `language`; without it the rule has no exceptions.
        """
        return self._sql(_numbers, by_language=by_language)

    def asked_sql(self, *, by_language: bool = True) -> str:
        """Like `sql`, with the bounds `at_least` and `at_most` of whoever asks, as a macro's body has them.

        A bound that equals the rule's own stands for the rule as it judged, exceptions included. Any other holds for
        every language, as by `with_bounds`; NULL is no bound at that end.

        Args:
            by_language: as in `sql`.
        """

        def end(place: int, own: Bounds) -> str:
            asked, none = _ASKED[place]
            given = f"coalesce({asked}::DOUBLE, {none})"
            if own.ends[place] == self.bounds.ends[place]:
                return given
            kept, default = sql_number(own.ends[place]), self.defaults_sql[place]
            return f"CASE WHEN {asked}::DOUBLE IS NOT DISTINCT FROM {default} THEN {kept} ELSE {given} END"

        return self._sql(lambda own: (end(0, own), end(1, own)), by_language=by_language)

    @property
    def defaults_sql(self) -> tuple[str, str]:
        """The rule's own `at_least` and `at_most` in SQL, NULL where there is no bound."""
        low, high = ("NULL::DOUBLE" if end is None else sql_number(float(end)) for end in (self.at_least, self.at_most))
        return low, high

    def _sql(self, ends: Callable[[Bounds], tuple[str, str]], *, by_language: bool) -> str:
        """What `sql` says, with `ends` as SQL in place of bounds."""

        def between(bounds: Bounds) -> str:
            # Both ends always stand there: SQL takes NaN for the largest number, and no NaN is within two ends.
            low, high = ends(bounds)
            return f"{sql_name(self.column)} BETWEEN {low} AND {high}"

        inside = between(self.bounds)
        if self.exceptions and by_language:
            cases = " ".join(f"WHEN {sql_text(label)} THEN {between(own)}" for label, own in self.exceptions)
            inside = f"CASE {sql_name(LANGUAGE)} {cases} ELSE {inside} END"
        return f"NOT coalesce({inside}, false)"

    def _ends(self, batch: pa.RecordBatch) -> tuple[pa.Array | pa.Scalar, pa.Array | pa.Scalar]:
        """Lower and upper end: one for all rows, or float64[n] where languages differ."""
        if not self.exceptions or LANGUAGE not in batch.schema.names:
            low, high = self.bounds.ends
            return pa.scalar(low), pa.scalar(high)
        codes = batch.column(LANGUAGE).dictionary_encode(null_encoding="encode")
        ends = [self.bounds_for(label).ends for label in codes.dictionary.to_pylist()]
        table = np.array(ends, np.float64).reshape(-1, 2)
        return pa.array(table[:, 0]).take(codes.indices), pa.array(table[:, 1]).take(codes.indices)


def _numbers(bounds: Bounds) -> tuple[str, str]:
    """The two ends in SQL."""
    low, high = bounds.ends
    return sql_number(low), sql_number(high)


def sql_number(value: float) -> str:
    """A DOUBLE with exactly this value. Plain decimals read as in the recipe, all else goes through a string.

    A longer decimal than 15 digits is cast inexactly by DuckDB before 2.0.
    """
    digits = repr(value)
    figures = digits.lstrip("-").replace(".", "")
    plain = figures.isdigit() and len(figures) <= 15
    return f"{digits}::DOUBLE" if plain else f"'{digits}'::DOUBLE"


def sql_name(column: str) -> str:
    """The column as a quoted SQL identifier."""
    escaped = column.replace('"', '""')
    return f'"{escaped}"'


def sql_text(value: str) -> str:
    """The value as a SQL string."""
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


_ASKED = (("at_least", sql_number(-math.inf)), ("at_most", sql_number(math.inf)))
"""Parameters of a macro, and what stands for no bound."""
