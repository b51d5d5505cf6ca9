"""`extract`: pages of HTML and plain text to their main text."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from annotated_types import Ge, Gt

from crawlsieve.filters.markup import markup_counts
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.extract.pages import html_pages, narrow, payload_spans
from crawlsieve.stages.extract.process import Extractor, Failure, Page, Settings, extractor
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.step import fail, replace, settle

_OPTIONS = {
    "resiliparse": ("main_content", "alt_texts", "list_bullets", "comments"),
    "trafilatura": ("comments", "tables", "favor", "fast"),
}
_TOO = (
    "extract_too_many_bytes",
    "extract_too_many_nodes",
    "extract_too_deep",
    "extract_too_many_attributes",
    "extract_too_many_options",
)


@dataclass(frozen=True, kw_only=True)
class Extract:
    """Sets `text` of every record that has a payload and no text yet, and drops the payload.

    Bytes are decoded as browsers do (`decode`). `text/plain` is taken as it is. Text is in Unicode's form NFC
    and has no white space around it. A page without text is rejected: `empty_text`.

    A page fails, before it is parsed, if it is larger than the limits: `extract_too_many_bytes`,
    `extract_too_many_nodes`, `extract_too_deep`, `extract_too_many_attributes`, `extract_too_many_options`.
    `filters.markup` says how they are counted. The rest is done by a child process, in which a page can do no harm:
    `extract_error`, for what the engine refuses; `extract_crashed`, if the child dies twice; `extract_watchdog`, if it
    takes too long, or twice does not answer for 10 times as long. The last two depend on the machine.

    Args:
        engine: resiliparse, or trafilatura, which is slower by 10 to 20 times (`pip install "crawlsieve[html]"`).
        main_content: only the main content, not all visible text. resiliparse.
        alt_texts: with descriptions of images. resiliparse.
        list_bullets: with a bullet or number before every item of a list. resiliparse.
        comments: with comments of readers, where they are recognised.
        tables: with tables. trafilatura.
        favor: what to do in doubt. trafilatura.
        fast: without trafilatura's second and third opinion.
        max_bytes: most bytes of a page.
        max_nodes: most elements that a page makes.
        max_depth: most elements one inside the other; what libxml2 allows.
        max_attributes: most attributes of a tag.
        max_options: most options of a list to choose from.
        watchdog_seconds: CPU time that a page may take. The worst pages found within the limits took 3 s
            with resiliparse and 26 s with trafilatura.
        child_memory: bytes of address space of the child process (Linux).

    Raises:
        ValueError: an option of the other engine.
        RecipeError: trafilatura is not installed.
    """

    version: ClassVar[int] = 1

    engine: Literal["resiliparse", "trafilatura"] = "resiliparse"
    main_content: bool = True
    alt_texts: bool = False
    list_bullets: bool = False
    comments: bool = True
    tables: bool = True
    favor: Literal["balance", "precision", "recall"] = "balance"
    fast: bool = False
    max_bytes: Annotated[int, Ge(1)] = 8 << 20
    max_nodes: Annotated[int, Ge(1)] = 100_000
    max_depth: Annotated[int, Ge(1)] = 256
    max_attributes: Annotated[int, Ge(1)] = 1_000
    max_options: Annotated[int, Ge(1)] = 10_000
    watchdog_seconds: Annotated[float, Gt(0)] = 60.0
    child_memory: Annotated[int, Ge(1 << 28)] = 2 << 30

    def __post_init__(self) -> None:
        other = _OPTIONS["trafilatura" if self.engine == "resiliparse" else "resiliparse"]
        for name in other:
            if name not in _OPTIONS[self.engine] and getattr(self, name) != getattr(type(self), name):
                raise ValueError(
                    f"'{name}' is no option of {self.engine}; its options: {', '.join(_OPTIONS[self.engine])}"
                )
        if self.engine == "trafilatura" and find_spec("trafilatura") is None:
            raise RecipeError('extract: trafilatura is not installed; pip install "crawlsieve[html]"')

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing beyond the columns of RECORD."""
        return ()

    @property
    def adds(self) -> pa.Schema:
        """No column."""
        return pa.schema([])

    @property
    def files(self) -> tuple[str, ...]:
        """No file."""
        return ()

    def check(self) -> None:
        """Nothing beyond the options."""

    def __call__(self, batch: Batch) -> Batch:
        """The same rows with `text` and without `payload`."""
        payload, text = batch.column("payload"), batch.column("text")
        rows = np.flatnonzero(pc.and_(pc.is_valid(payload), pc.is_null(text)).to_numpy(zero_copy_only=False))
        found = self._extract(narrow(batch if len(rows) == len(batch) else batch.take(pa.array(rows))))

        batch = replace(
            batch, "text", _filled(text, rows, [text if isinstance(text, bytes) else None for text in found])
        )
        batch = replace(batch, "payload", pa.nulls(len(batch), payload.type))
        empty = pc.is_null(batch.column("text")).to_numpy(zero_copy_only=False).copy()
        empty[rows] = [text == b"" for text in found]
        errors = [text.error if isinstance(text, Failure) else None for text in found]
        return fail(settle(batch, {"empty_text": empty}), _spread(errors, rows, len(batch)))

    def _extract(self, batch: Batch) -> list[bytes | Failure]:
        """The text of every payload, none of which is null, or why there is none."""
        found: list[bytes | Failure | None] = [*self._too_large(batch)]
        fits = [row for row, failure in enumerate(found) if failure is None]
        _, spans = payload_spans(batch)
        view = memoryview(batch.column("payload").buffers()[2] or b"")
        charsets, is_html = batch.column("charset").to_pylist(), html_pages(batch).tolist()
        pages = [Page(view[spans[row, 0] : spans[row, 1]], charsets[row], is_html[row]) for row in fits]
        for row, answer in zip(fits, self._extractor().extract(pages), strict=True):
            found[row] = answer
        return [answer for answer in found if answer is not None]

    def _too_large(self, batch: Batch) -> list[Failure | None]:
        """The first limit that each page is over; null where it is within all."""
        data, spans = payload_spans(batch)
        counts = np.column_stack([np.diff(spans), markup_counts(data, spans, self.max_nodes, self.max_depth)])
        most = np.array([self.max_bytes, self.max_nodes, self.max_depth, self.max_attributes, self.max_options])
        over = counts > most
        over[~html_pages(batch), 1:] = False
        failures: list[Failure | None] = [None] * len(batch)
        for row in np.flatnonzero(over.any(axis=1)):
            limit = int(over[row].argmax())
            failures[row] = Failure(f"{_TOO[limit]}: {counts[row, limit]} over {most[limit]}")
        return failures

    def _extractor(self) -> Extractor:
        options = tuple((name, getattr(self, name)) for name in _OPTIONS[self.engine])
        return extractor(Settings(self.engine, options, self.watchdog_seconds, self.child_memory))


def _filled(text: pa.Array, rows: np.ndarray, found: list[bytes | None]) -> pa.Array:
    """`text` with what was found in its null `rows`."""
    new = pa.array(found, pa.large_binary()).cast(pa.large_string())
    if len(rows) == len(text):
        return new
    place = np.full(len(text), -1)
    place[rows] = np.arange(len(rows))
    return pc.coalesce(text, new.take(pa.array(place, mask=place < 0)))


def _spread(values: list[str | None], rows: np.ndarray, size: int) -> pa.Array:
    """string[size]: `values` in `rows`, null elsewhere."""
    spread: list[str | None] = [None] * size
    for row, value in zip(rows.tolist(), values, strict=True):
        spread[row] = value
    return pa.array(spread, pa.string())
