"""`measure`: turns text into numbers, one column each."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.filters.c4 import VARIANTS, c4_lines, c4_page_facts
from crawlsieve.filters.fineweb import fineweb, mc4
from crawlsieve.filters.gopher import gopher_quality
from crawlsieve.filters.repetition import gopher_repetition
from crawlsieve.filters.segments import Segments, segment
from crawlsieve.filters.strings import text_buffers
from crawlsieve.schemas.c4 import MC4, at_cleaning, c4_page
from crawlsieve.schemas.fineweb import FINEWEB
from crawlsieve.schemas.gopher import GOPHER_QUALITY, GOPHER_REPETITION_DATATROVE, GOPHER_REPETITION_DCLM
from crawlsieve.stages.languages import line_limits, places_of, stop_word_table
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.step import append

Signal = Literal[
    "gopher",
    "gopher_quality",
    "gopher_repetition",
    "gopher_repetition@dclm",
    "c4",
    "c4@datatrove",
    "c4@fineweb",
    "mc4",
    "fineweb",
]
"""What can be measured. `gopher` is `gopher_quality` and `gopher_repetition`; `c4` is `c4@tfds`."""

PIECE = 8 << 20
"""Bytes of text that are cut into segments at a time, so that these stay in the processor's cache."""


@dataclass(frozen=True)
class Texts:
    """Some documents, as the signals see them."""

    text: pa.Array
    languages: np.ndarray
    """int64[n]: place in `stages.languages`, -1 where there is no data file."""

    @cached_property
    def segments(self) -> Segments:
        """Their words, lines and paragraphs, cut once for all signals."""
        return segment(self.text)


def _quality(texts: Texts) -> pa.RecordBatch:
    return gopher_quality(texts.segments, stop_word_table(), texts.languages)


def _c4(variant: str, texts: Texts) -> pa.RecordBatch:
    found = c4_lines(texts.text, VARIANTS[variant], line_limits(texts.languages, VARIANTS[variant]), clean=False)
    return c4_page_facts(variant, found)


_MEASURES: dict[str, tuple[pa.Schema, Callable[[Texts], pa.RecordBatch]]] = {
    "gopher_quality": (GOPHER_QUALITY, _quality),
    "gopher_repetition": (GOPHER_REPETITION_DATATROVE, lambda texts: gopher_repetition(texts.segments)),
    "gopher_repetition@dclm": (GOPHER_REPETITION_DCLM, lambda texts: gopher_repetition(texts.segments, "dclm")),
    "c4": (c4_page("c4@tfds"), partial(_c4, "c4@tfds")),
    "c4@datatrove": (c4_page("c4@datatrove"), partial(_c4, "c4@datatrove")),
    "c4@fineweb": (c4_page("c4@fineweb"), partial(_c4, "c4@fineweb")),
    "mc4": (MC4, lambda texts: mc4(texts.segments)),
    "fineweb": (FINEWEB, lambda texts: fineweb(texts.segments)),
}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Appends the signals' columns. It judges nothing: that is `judge`, now or with other bounds in SQL.

    Words are counted once for all signals, by `filters/segments.py`. Where the batch has a column `language`, stop
    words and line rules are that language's. The facts of C4 are those that `clean_lines` met, if that came before with
    the same variant; otherwise they are measured in the text.

    Args:
        signals: what to measure.
        prefix: begins the name of each column, so that a text can be measured before and after it is cleaned.

    Raises:
        ValueError: nothing to measure, a signal twice, or a prefix that is no beginning of a column's name.
    """

    version: ClassVar[int] = 1

    signals: tuple[Signal, ...]
    prefix: str = ""

    def __post_init__(self) -> None:
        if not self.signals:
            raise ValueError("measures nothing; name a signal in `signals`, or remove the step")
        names = list(self._names())
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"`signals` has {twice!r} twice (`gopher` is gopher_quality and gopher_repetition)")
        if not re.fullmatch("([a-z][a-z0-9_]*)?", self.prefix):
            raise ValueError(f"`prefix` is {self.prefix!r}, but begins a column's name: small letters, digits and _")

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing but `text`; `language` is used where it is there."""
        return ()

    @property
    def adds(self) -> pa.Schema:
        """The columns of the signals, in their order, null where there is no text."""
        fields = [field for name in self._names() for field in _MEASURES[name][0]]
        return pa.schema([field.with_name(self.prefix + field.name).with_nullable(nullable=True) for field in fields])

    @property
    def files(self) -> tuple[str, ...]:
        """None."""
        return ()

    def check(self) -> None:
        """Nothing beyond the options."""

    def __call__(self, batch: Batch) -> Batch:
        """The same rows, with the signals' columns."""
        text, languages = batch.column("text"), places_of(batch)
        todo = [name for name in self._names() if not self._is_known(name, batch)]
        measured = [_measure(todo, text[a:b], languages[a:b]) for a, b in _pieces(text)] if todo else []
        known = pc.is_valid(text) if text.null_count else None
        columns = []
        for field in self.adds:
            name = field.name.removeprefix(self.prefix)
            if measured and name in measured[0]:
                column = pa.concat_arrays([piece[name] for piece in measured])
                columns.append(column if known is None else pc.if_else(known, column, None))
            else:
                columns.append(batch.column(at_cleaning(name)))
        return append(batch, self.adds, columns)

    def _names(self) -> Iterator[str]:
        """Names of `_MEASURES`."""
        for name in self.signals:
            yield from ("gopher_quality", "gopher_repetition") if name == "gopher" else (name,)

    def _is_known(self, name: str, batch: Batch) -> bool:
        """Whether `clean_lines` has met the facts of this signal."""
        if self.prefix or not name.startswith("c4"):
            return False
        return at_cleaning(_MEASURES[name][0].names[0]) in batch.schema.names


def _measure(names: list[str], text: pa.Array, languages: np.ndarray) -> dict[str, pa.Array]:
    """Column -> its values."""
    texts = Texts(text, languages)
    batches = [_MEASURES[name][1](texts) for name in names]
    return {name: column for batch in batches for name, column in zip(batch.schema.names, batch.columns, strict=True)}


def _pieces(text: pa.Array) -> Iterator[tuple[int, int]]:
    """Ranges of rows with PIECE bytes of text each, or one row."""
    _, offsets = text_buffers(text)
    start = 0
    while start < len(text) or start == 0:
        stop = int(np.searchsorted(offsets, offsets[start] + PIECE, "right")) - 1
        stop = min(max(stop, start + 1), len(text))
        yield start, stop
        if stop == start:
            return
        start = stop
