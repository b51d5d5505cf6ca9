"""How large a document is, in the unit in which a mixture is weighed."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Unit = Literal["bytes", "tokens"]

TOKENS = "token_count"


@dataclass(frozen=True)
class SizeOf:
    """The size of each document of a batch.

    This is the seam for a tokenizer: whatever has `reads` and, called with columns, gives int64 sizes.
    """

    unit: Unit

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it needs."""
        return ("text",) if self.unit == "bytes" else ("text", TOKENS)

    def __call__(self, rows: pa.Table) -> pa.Array:
        """int64[n]; null where nobody counted."""
        if self.unit == "bytes":
            return text_bytes(rows["text"])
        return rows[TOKENS].combine_chunks().cast(pa.int64())


def text_bytes(text: pa.ChunkedArray) -> pa.Array:
    """int64[n]: UTF-8 bytes of each text."""
    return pc.binary_length(text).combine_chunks().cast(pa.int64())
