"""How large a document is, in the unit in which a mixture is weighed."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.mix.tokenizer import TokensBy

Unit = Literal["bytes", "tokens"]

TOKENS = "token_count"


@dataclass(frozen=True)
class SizeOf:
    """The size of each document of a batch: bytes of its text, what a tokenizer counts, or what `token_count` says.

    Attributes:
        unit: what is counted.
        tokenizer: who counts tokens; None if the column does.
    """

    unit: Unit
    tokenizer: TokensBy | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it needs."""
        return ("text",) if self.unit == "bytes" or self.tokenizer else ("text", TOKENS)

    def __call__(self, rows: pa.Table) -> pa.Array:
        """int64[n]; null where nobody counted.

        Raises:
            CrawlsieveError: there are no counts, or they are no numbers of tokens.
            RecipeError: the tokenizer cannot be had.
        """
        if self.unit == "bytes":
            return text_bytes(rows["text"])
        if self.tokenizer is not None:
            return self.tokenizer(rows)
        return _counted(rows)


def text_bytes(text: pa.ChunkedArray) -> pa.Array:
    """int64[n]: UTF-8 bytes of each text."""
    return pc.binary_length(text).combine_chunks().cast(pa.int64())


def _counted(rows: pa.Table) -> pa.Array:
    """int64[n]: what the column says."""
    if TOKENS not in rows.column_names:
        raise CrawlsieveError(f"there is no column '{TOKENS}', which the unit tokens needs without a tokenizer")
    counts = rows[TOKENS].combine_chunks()
    if not (pa.types.is_integer(counts.type) or pa.types.is_null(counts.type)):
        raise CrawlsieveError(f"column '{TOKENS}' is {counts.type}; numbers of tokens are whole")
    if (pc.min(counts).as_py() or 0) < 0:
        raise CrawlsieveError(f"column '{TOKENS}' has a number below 0")
    return counts.cast(pa.int64())
