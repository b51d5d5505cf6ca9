"""From documents to the keys that decide what is a duplicate: the only rows that leave the shard's task."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from crawlsieve.dedup.exact import hash_pieces
from crawlsieve.filters.folded import fold_texts
from crawlsieve.filters.url import canonical_url
from crawlsieve.schemas.column import column
from crawlsieve.schemas.keys import ADDRESS, ID
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.total_order import TotalOrder

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
        twice = sorted({name for name in self.by if self.by.count(name) > 1})
        if twice:
            raise ValueError(f"'by' names {', '.join(twice)} more than once")
        TotalOrder(self.priority)

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the order that a step has to add."""
        return TotalOrder(self.priority).reads

    def schema(self) -> pa.Schema:
        """`url_key` and `text_key` as asked for."""
        return pa.schema([column(f"{name}_key", ID, _MEANING[name], nullable=True) for name in self.by])

    def keys(self, batch: Batch) -> list[pa.Array]:
        """The columns of `schema()` for the documents of the batch."""
        return [_KEYS[name](batch.column(name)) for name in self.by]


@dataclass(frozen=True)
class DuplicateKeys:
    """What is staged of each kept document, so that duplicates can be found without its text.

    Attributes:
        order: of documents, the best first.
        exact: keys of which equal ones are one document.
        near: keys of which equal ones may be, if the recipe asks.
    """

    order: TotalOrder
    exact: ExactDuplicates
    near: NearDuplicates | None = None

    def schemas(self) -> dict[str, pa.Schema]:
        """The staged tables: row, id and the columns of the order, then the keys of exact or of near-duplicates.

        The shard is not there: staged keys outlive the list of inputs in which it is a position.
        """
        head = [*_PLACE, *self.order.schema()]
        found = {"keys": pa.schema([*head, *self.exact.schema()])}
        if self.near:
            found["near_keys"] = pa.schema([*head, *self.near.schema()])
        return found

    def schema(self) -> pa.Schema:
        """The columns of the order and all keys: what decides of a document, wherever it lies."""
        return pa.schema([*self.order.schema(), *self.exact.schema(), *(self.near.schema() if self.near else ())])

    def columns(self, batch: Batch) -> list[pa.Array]:
        """The columns of `schema()` for the documents of the batch."""
        near = self.near.keys(batch.column("text")) if self.near else []
        return [*self.order.places(batch), *self.exact.keys(batch), *near]

    def rows(self, batch: Batch, columns: list[pa.Array] | None = None) -> dict[str, Batch]:
        """A row for each document of the batch in each of the tables; `columns()` are made if they are not given."""
        known = dict(zip(self.schema().names, self.columns(batch) if columns is None else columns, strict=True))
        known |= {field.name: batch.column(field.name) for field in _PLACE}
        return {
            name: pa.RecordBatch.from_arrays([known[field] for field in schema.names], schema=schema)
            for name, schema in self.schemas().items()
        }


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
