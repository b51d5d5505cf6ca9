"""The one total order of documents: the best copy is the first in it."""

import difflib
from dataclasses import dataclass

import pyarrow as pa

from crawlsieve.dedup.exact import has_order, order_of
from crawlsieve.schemas.column import column
from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.plan import Batch

_INTERNAL = ("shard", "row", "source_offset", "settled")
"""Columns that say where a record lay, not what it is: an order by them would not survive another cut of the input."""


@dataclass(frozen=True)
class TotalOrder:
    """Documents by some columns, then by id.

    Args:
        priority: columns, highest first, `-column` for lowest first, unknown last.

    Raises:
        ValueError: a column is named twice, or has no name.
    """

    priority: tuple[str, ...]

    def __post_init__(self) -> None:
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise ValueError(f"'priority' names {', '.join(twice)} more than once")
        if "" in self.columns:
            raise ValueError("'priority' has an empty name")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns without their signs."""
        return tuple(name.removeprefix("-") for name in self.priority)

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that a step has to add."""
        return tuple(name for name in self.columns if name not in RECORD.names)

    def schema(self) -> pa.Schema:
        """`order_0` and so on, int64: smaller is better."""
        return pa.schema(
            [
                column(f"order_{place}", pa.int64(), f"place by {name}, smaller is better")
                for place, name in enumerate(self.priority)
            ]
        )

    def check(self, step: str, signals: pa.Schema) -> None:
        """Compare the order with the columns that a document has: those of RECORD and `signals`.

        Raises:
            RecipeError: a column of the order is missing, or has no order.
        """
        known = {field.name: field.type for field in [*RECORD, *signals]}
        sortable = [name for name, kind in known.items() if has_order(kind) and name not in _INTERNAL]
        for name in self.columns:
            if name in sortable:
                continue
            near = difflib.get_close_matches(name, sortable, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            problem = f"is {known[name]}, which has no order" if name in known else "is no column that a step measures"
            problem = "says where a record lay, not what it is" if name in _INTERNAL else problem
            raise RecipeError(f"{step}: priority '{name}' {problem}.{hint} Columns: {', '.join(sortable)}.")

    def places(self, batch: Batch) -> list[pa.Array]:
        """The columns of `schema()` for the documents of a batch."""
        return [
            order_of(batch.column(source), highest_first=not name.startswith("-"))
            for name, source in zip(self.priority, self.columns, strict=True)
        ]
