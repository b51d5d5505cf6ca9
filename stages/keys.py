"""From documents to the keys that decide what is a duplicate: the only rows that leave the shard's task."""

import difflib
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from crawlsieve.dedup.exact import has_order, hash_pieces, order_of
from crawlsieve.filters.folded import fold_texts
from crawlsieve.filters.url import canonical_url
from crawlsieve.schemas.column import column
from crawlsieve.schemas.keys import ADDRESS, ID
from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.plan import Batch

_PLACE = [field for field in ADDRESS if field.name != "shard"]


@dataclass(frozen=True, kw_only=True)
class ExactDuplicates:
    """Documents with an equal key are one; the first in total order is kept. Equal ids are always one record.

    Not a step of the chain: it stands at its end and turns kept rows into keys.

    Args:
        by: keys in the order of the passes. `url`: the canonical URL (SURT). `text`: the text in NFC, case folded,
            white space collapsed.
        priority: columns of the total order, highest first, `-column` for lowest first, unknown last; then the id.

    Raises:
        ValueError: a key or a column is named twice.
    """

    version: ClassVar[int] = 2

    by: tuple[Literal["url", "text"], ...] = ("url", "text")
    priority: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for option, names in (("by", self.by), ("priority", self._columns)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"'{option}' names {', '.join(twice)} more than once")
        if "" in self._columns:
            raise ValueError("'priority' has an empty name")

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the order that a step has to add."""
        return tuple(name for name in self._columns if name not in RECORD.names)

    def schema(self) -> pa.Schema:
        """Row, id, `order_0` and so on (smaller is better), then `url_key` and `text_key` as asked for.

        The shard is not there: staged keys outlive the list of inputs in which it is a position.
        """
        orders = [
            column(f"order_{place}", pa.int64(), f"place by {name}, smaller is better")
            for place, name in enumerate(self.priority)
        ]
        keys = [column(f"{name}_key", ID, _MEANING[name], nullable=True) for name in self.by]
        return pa.schema([*_PLACE, *orders, *keys])

    def check(self, signals: pa.Schema) -> None:
        """Compare the order with the columns that a document has: those of RECORD and `signals`.

        Raises:
            RecipeError: a column of the order is missing, or has no order.
        """
        known = {field.name: field.type for field in [*RECORD, *signals]}
        sortable = [name for name, kind in known.items() if has_order(kind) and name not in _INTERNAL]
        for name in self._columns:
            if name in sortable:
                continue
            near = difflib.get_close_matches(name, sortable, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            problem = f"is {known[name]}, which has no order" if name in known else "is no column that a step measures"
            problem = "says where a record lay, not what it is" if name in _INTERNAL else problem
            raise RecipeError(f"exact_duplicates: priority '{name}' {problem}.{hint} Columns: {', '.join(sortable)}.")

    def keys(self, batch: Batch) -> Batch:
        """One row of `schema()` for each document of the batch."""
        columns = [batch.column(field.name) for field in _PLACE]
        for name, source in zip(self.priority, self._columns, strict=True):
            columns.append(order_of(batch.column(source), highest_first=not name.startswith("-")))
        columns += [_KEYS[name](batch.column(name)) for name in self.by]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema())

    @property
    def _columns(self) -> tuple[str, ...]:
        """The columns of the order, without their signs."""
        return tuple(name.removeprefix("-") for name in self.priority)


def url_keys(urls: pa.Array) -> pa.Array:
    """binary(16)[n]: XXH3-128 of the canonical form of string[n] URLs; null without a URL."""
    digest = xxhash.xxh3_128_digest
    found = [digest(canonical_url(url).encode("utf-8", "surrogatepass")) if url else None for url in urls.to_pylist()]
    return pa.array(found, ID)


def text_keys(texts: pa.Array) -> pa.Array:
    """binary(16)[n]: XXH3-128 of the normalised form of large_string[n] texts; null without a text."""
    data, offsets = fold_texts(texts)
    return hash_pieces(data, offsets, pc.is_valid(texts).to_numpy(zero_copy_only=False).astype(np.bool_))


_KEYS = {"url": url_keys, "text": text_keys}
_MEANING = {
    "url": "XXH3-128 of the canonical URL (SURT), null without a URL",
    "text": "XXH3-128 of the text in NFC, case folded, white space collapsed",
}
_INTERNAL = ("shard", "row", "source_offset", "settled")
"""Columns that say where a record lay, not what it is: an order by them would not survive another cut of the input."""
