"""`crawlsieve mix shards`: documents as shards of MosaicML's StreamingDataset, in the order of their files.

The format is that of `streaming` 0.13, `streaming/base/format/mds/writer.py`; it is written here because that package
wants other versions of what crawlsieve needs. A shard is the number of samples, the offsets of samples and of the end
(uint32, from the beginning of the file), the JSON of its columns, and the samples; a sample is the sizes of its columns
that have no size of their own (uint32), and the columns in order of name: text in UTF-8, int64 in eight bytes.
"""

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from crawlsieve.pipelines.mixture.design.domains import files_of
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed, nearest
from crawlsieve.stages.files import write_json, writing
from crawlsieve.stages.mix.documents import read_documents, schema_of

SHARD_BYTES = 1 << 26
"""Where `MDSWriter` begins another shard, if nobody says otherwise."""
INDEX = "index.json"
"""Written last: a folder without it is no dataset."""
COLUMNS = ("domain", "epoch", "id", "text")
"""What is taken of the documents, as far as it is there."""
_LEAST_SHARD = 1 << 10


def write_shards(
    runs: Sequence[str], folder: Path, columns: Sequence[str] | None = None, shard_bytes: int = SHARD_BYTES
) -> int:
    """Write documents as MDS. Returns how many.

    Args:
        runs: output folders of runs; Parquet files, globs and lists of them.
        folder: where to; it has to be empty.
        columns: of text or whole numbers; COLUMNS if not given. Null becomes empty text, or -1.
        shard_bytes: size of a shard; a document that is larger has one of its own.

    Raises:
        CrawlsieveError: an input is missing or damaged, a column is missing or of another type, a number is too large,
            the folder is not empty. What was written until then is removed.
    """
    if not _LEAST_SHARD <= shard_bytes < 1 << 32:
        raise MixtureError(f"A shard of {shard_bytes:,} bytes: {_LEAST_SHARD:,} to {(1 << 32) - 1:,} are possible.")
    files = files_of(runs)
    shards = _Shards(folder, _encodings(files, columns), shard_bytes)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise MixtureError(f"{folder} is not empty. Name another folder.")
    try:
        for path in files:
            for rows in read_documents(path, list(shards.encodings)):
                for sample in _samples(path, rows, shards.encodings):
                    shards.add(sample)
        shards.close()
    except BaseException:  # Ctrl-C too: shards without an index are in the way of the next attempt
        shards.discard()
        raise
    return shards.samples


@dataclass
class _Shards:
    """Samples of the shard that is being filled, and what was written before."""

    folder: Path
    encodings: dict[str, str]
    limit: int
    samples: int = 0
    _held: list[bytes] = field(default_factory=list)
    _bytes: int = 0
    _written: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._config = {
            "column_encodings": list(self.encodings.values()),
            "column_names": list(self.encodings),
            "column_sizes": [8 if kind == "int" else None for kind in self.encodings.values()],
            "compression": None,
            "format": "mds",
            "hashes": [],
            "size_limit": self.limit,
            "version": 2,
        }
        self._head = json.dumps(self._config, sort_keys=True).encode()
        self._bytes = self._empty = 4 + 4 + len(self._head)

    def add(self, sample: bytes) -> None:
        """Take a sample; a shard that would be too large with it is written first."""
        size = len(sample) + 4
        if self._held and self._bytes + size > self.limit:
            self._flush()
        if self._empty + size >= 1 << 32:
            raise MixtureError(f"A document of {len(sample):,} bytes is too large for a shard: offsets have 32 bits.")
        self._held.append(sample)
        self._bytes += size
        self.samples += 1

    def close(self) -> None:
        """Write the last shard, and the index."""
        if self._held:
            self._flush()
        write_json(str(self.folder / INDEX), {"shards": self._written, "version": 2})

    def discard(self) -> None:
        """Remove the shards that were written; nothing else is in the folder."""
        for path in self.folder.glob("shard.*.mds"):
            path.unlink()

    def _flush(self) -> None:
        begin = 4 + 4 * (len(self._held) + 1) + len(self._head)
        offsets = np.cumsum([begin, *map(len, self._held)], dtype=np.int64).astype("<u4")
        name = f"shard.{len(self._written):05d}.mds"
        with writing(str(self.folder / name)) as file:
            file.write(struct.pack("<I", len(self._held)) + offsets.tobytes() + self._head)
            file.writelines(self._held)
        raw = {"basename": name, "bytes": int(offsets[-1]), "hashes": {}}
        self._written.append({**self._config, "raw_data": raw, "samples": len(self._held), "zip_data": None})
        self._held, self._bytes = [], self._empty


def _encodings(files: Sequence[str], columns: Sequence[str] | None) -> dict[str, str]:
    """Column -> `str` or `int`, in order of name."""
    schema = schema_of(files[0])
    wanted = [name for name in COLUMNS if name in schema.names] if columns is None else list(dict.fromkeys(columns))
    found = {}
    for name in sorted(wanted):
        for path in files:
            here = schema_of(path)
            if name not in here.names:
                raise MixtureError(
                    f"{path} has no column '{name}'.{nearest(name, here.names)} It has: {listed(here.names)}."
                )
            kind = here.field(name).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            found[name] = "int" if pa.types.is_integer(kind) else "str"
            if found[name] == "str" and not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
                raise MixtureError(f"{path}: column '{name}' is {kind}; shards hold text and whole numbers.")
    return found


def _samples(path: str, rows: pa.Table, encodings: dict[str, str]) -> Iterator[bytes]:
    values = []
    for name, kind in encodings.items():
        try:
            values.append(rows[name].cast(pa.int64() if kind == "int" else pa.large_string()))
        except pa.ArrowInvalid as error:
            raise MixtureError(f"{path}: column '{name}' does not fit 64 bits with a sign: {error}") from None
    kinds = list(encodings.values())
    for row in zip(*(column.to_pylist() for column in values), strict=True):
        data = [
            struct.pack("<q", -1 if value is None else value) if kind == "int" else (value or "").encode()
            for value, kind in zip(row, kinds, strict=True)
        ]
        sizes = [len(one) for one, kind in zip(data, kinds, strict=True) if kind == "str"]
        yield struct.pack(f"<{len(sizes)}I", *sizes) + b"".join(data)
