"""How many tokens a text is, by a tokenizer in a file."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from crawlsieve.pipelines.mixture.regression.tables import MixtureError

BATCH = 256
"""Texts that are encoded at once; by all cores, as the package does it."""


@dataclass(frozen=True)
class TokensBy:
    """Sizes of documents in tokens of a Hugging Face tokenizer; a seam like `stages.mix.size.SizeOf`.

    Each text is encoded by itself: what the file says of padding and truncation, which would make counts depend on the
    batch or stop at a length, is not done, and no token is added at either end.

    Attributes:
        path: a `tokenizer.json`.
    """

    path: str

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it needs."""
        return ("text",)

    def __call__(self, rows: pa.Table) -> pa.Array:
        """int64[n]: tokens of each text.

        Raises:
            MixtureError: the package is not installed, or the file holds no tokenizer.
        """
        tokenizer, text = _loaded(self.path), rows["text"]
        counts = [
            len(one.ids)
            for begin in range(0, len(text), BATCH)
            for one in tokenizer.encode_batch_fast(text.slice(begin, BATCH).to_pylist(), add_special_tokens=False)
        ]
        return pa.array(np.array(counts, np.int64))


@cache
def _loaded(path: str) -> Any:  # noqa: ANN401 - tokenizers.Tokenizer, which may not be installed
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - of an extra
    except ImportError:
        raise MixtureError("--tokenizer needs the package tokenizers. Its extra is crawlsieve[mix].") from None
    try:
        text = Path(path).read_text(encoding="utf-8")
        tokenizer = Tokenizer.from_str(text)
    except OSError as error:
        raise MixtureError(f"--tokenizer {path} cannot be read: {error.strerror or error}.") from None
    except Exception as error:  # noqa: BLE001 - the package raises nothing more special
        said = str(error)[:120]
        raise MixtureError(f"--tokenizer {path} is no tokenizer.json of Hugging Face tokenizers: {said}.") from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
