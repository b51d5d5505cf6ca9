"""What the cards need of the tables themselves: footers, and two narrow columns of `documents/`.

Ten million documents are a few hundred footers and a few megabytes of labels; no text is read.
"""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crawlsieve.stages.files import join, reading

TABLES = ("documents", "mixture", "rejected", "duplicates", "failed", "signals")
"""What cards tell of, in that order; `keys/` is for crawlsieve alone."""

_THREADS = 8
"""Files read at once: an object store answers slowly, but many at a time."""


class Language(NamedTuple):
    """The documents of one label."""

    label: str | None
    """As the language model says it; None where nobody asked or nobody knows."""
    documents: int
    words: int


@dataclass(frozen=True)
class Table:
    """A published table."""

    name: str
    schema: pa.Schema
    files: int
    rows: int
    bytes: int
    """Of its files."""
    text_bytes: int
    uncompressed_bytes: int
    """Of its columns, as the footers say it."""


@dataclass(frozen=True)
class Published:
    """What a run has published."""

    tables: tuple[Table, ...]
    languages: tuple[Language, ...]
    """Of `documents/`, most documents first."""
    first: datetime | None
    """Earliest capture among the documents."""
    last: datetime | None

    def table(self, name: str) -> Table | None:
        """The table of that name, if the run has it."""
        return next((table for table in self.tables if table.name == name), None)

    def told(self) -> dict[str, Any]:
        """As the manifest has it."""
        return {
            "languages": [language._asdict() for language in self.languages],
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
            "uncompressed_bytes": {table.name: table.uncompressed_bytes for table in self.tables},
        }


class _Footer(NamedTuple):
    schema: pa.Schema
    uncompressed: int
    dates: list[datetime]
    languages: pa.Table | None


def published(output: str, files: Sequence[dict[str, Any]]) -> Published:
    """Look into the files of a run.

    Args:
        output: the run directory.
        files: FILES, as the manifest lists them.

    Raises:
        OSError: a file is not there, or is no Parquet file (pyarrow's own error is a ValueError).
    """
    listed = [file for file in files if file["table"] in TABLES]
    with ThreadPoolExecutor(_THREADS) as threads:
        footers = list(threads.map(partial(_footer, output), listed))
    tables, dates, languages = [], [], []
    for name in TABLES:
        of = [(file, footer) for file, footer in zip(listed, footers, strict=True) if file["table"] == name]
        if not of:
            continue
        sums = {key: sum(file.get(key) or 0 for file, _ in of) for key in ("rows", "bytes", "text_bytes")}
        uncompressed = sum(footer.uncompressed for _, footer in of)
        tables.append(Table(name, of[0][1].schema, len(of), **sums, uncompressed_bytes=uncompressed))
        dates += [date for _, footer in of for date in footer.dates]
        languages += [footer.languages for _, footer in of if footer.languages is not None]
    first, last = (min(dates), max(dates)) if dates else (None, None)
    return Published(tuple(tables), _languages(languages), first, last)


def _footer(output: str, file: dict[str, Any]) -> _Footer:
    with reading(join(output, file["path"])) as raw, pq.ParquetFile(raw) as parquet:
        told, schema = parquet.metadata, parquet.schema_arrow
        groups = [told.row_group(number) for number in range(told.num_row_groups)]
        uncompressed = sum(group.total_byte_size for group in groups)
        if file["table"] != "documents":
            return _Footer(schema, uncompressed, [], None)
        place = schema.get_field_index("date")
        dates = [group.column(place).statistics for group in groups]
        ends = [end for found in dates if found and found.has_min_max for end in (found.min, found.max)]
        return _Footer(schema, uncompressed, ends, _counted(parquet.read(columns=["language", "word_count"])))


def _counted(read: pa.Table) -> pa.Table:
    """Label, documents and words of one file."""
    grouped = read.group_by("language", use_threads=False).aggregate([([], "count_all"), ("word_count", "sum")])
    columns = [grouped["language"], grouped["count_all"], pc.fill_null(grouped["word_count_sum"], 0)]
    return pa.table(columns, ["label", "documents", "words"])


def _languages(parts: Sequence[pa.Table]) -> tuple[Language, ...]:
    documents: Counter[str | None] = Counter()
    words: Counter[str | None] = Counter()
    for part in parts:
        for row in part.to_pylist():
            documents[row["label"]] += row["documents"]
            words[row["label"]] += row["words"]
    found = [Language(label, count, words[label]) for label, count in documents.items()]
    return tuple(sorted(found, key=lambda one: (-one.documents, one.label or "")))
