"""Keys of work: equal parts, equal key, on every machine and in every year."""

import hashlib
import json
from typing import Any

import fsspec
import xxhash


def fingerprint(parts: Any) -> str:  # noqa: ANN401 - any JSON value
    """32 hex digits of `parts`, which are JSON values; keys of mappings may stand in any order, tuples are lists."""
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=list)
    return xxhash.xxh3_128_hexdigest(canonical.encode())


def sha256_of(path: str) -> str:
    """64 hex digits of a file at any address, read in pieces of a MiB.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with fsspec.open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
