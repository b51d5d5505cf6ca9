"""How many tokens a text is, by a tokenizer in a file."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa

from crawlsieve.stages.errors import RecipeError

BATCH = 256
"""Texts that are encoded at once; by all cores, as the package does it."""

_MISSING = "tokenizer: it needs the package tokenizers, which is not installed: pip install 'crawlsieve[mix]'"


@dataclass(frozen=True)
class TokensBy:
    """Sizes of documents in tokens of a Hugging Face tokenizer.

    Each text is encoded by itself: what the file says of padding and truncation, which would make counts depend on the
    batch or stop at a length, is not done, and no token is added at either end.

    Attributes:
        path: a `tokenizer.json`.
        sha256: of the file, if it has to be that one.
    """

    path: str
    sha256: str | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it needs."""
        return ("text",)

    def __call__(self, rows: pa.Table) -> pa.Array:
        """int64[n]: tokens of each text.

        Raises:
            RecipeError: the package is not installed, or the file holds no tokenizer, or another one.
        """
        tokenizer, text = load_tokenizer(self.path, self.sha256), rows["text"]
        counts = [
            len(one.ids)
            for begin in range(0, len(text), BATCH)
            for one in tokenizer.encode_batch_fast(text.slice(begin, BATCH).to_pylist(), add_special_tokens=False)
        ]
        return pa.array(np.array(counts, np.int64))


@cache
def load_tokenizer(path: str, sha256: str | None = None) -> Any:  # noqa: ANN401 - of a package that may be missing
    """The `tokenizers.Tokenizer` in a file, which neither pads nor truncates; loaded once per process.

    Raises:
        RecipeError: the package is not installed, the file cannot be read, holds no tokenizer or has another sha256.
    """
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - of an extra
    except ImportError:
        raise RecipeError(_MISSING) from None
    try:
        with fsspec.open(path, "rb") as file:
            content = file.read()
    except (OSError, ImportError, ValueError) as error:
        raise RecipeError(f"tokenizer: '{path}' cannot be read: {getattr(error, 'strerror', '') or error}") from None
    found = hashlib.sha256(content).hexdigest()
    if sha256 not in {None, found}:
        raise RecipeError(f"tokenizer: '{path}' has the sha256 {found}, and had {sha256} before: it changed")
    try:
        tokenizer = Tokenizer.from_str(content.decode())
    except Exception as error:  # noqa: BLE001 - the package raises nothing more special
        said = str(error)[:120]
        raise RecipeError(f"tokenizer: '{path}' is no tokenizer.json of Hugging Face tokenizers: {said}") from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def tokenizers_version() -> str:
    """Of the package, which decides counts as the file does.

    Raises:
        RecipeError: it is not installed.
    """
    try:
        return version("tokenizers")
    except PackageNotFoundError:
        raise RecipeError(_MISSING) from None
