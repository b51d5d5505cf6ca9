"""Parquet: row groups streamed, only the columns that are needed, one document a row."""

import datetime as dt
import io
import math
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.stages.errors import SourceError
from crawlsieve.stages.read.framing import Unreadable
from crawlsieve.stages.read.jsonl import fill
from crawlsieve.stages.read.rows import Row
from crawlsieve.stages.read.source import Source
from crawlsieve.stages.read.stored import Stored

_BUFFER = 1 << 20
_BATCH = 256
_UNHELD = (ArithmeticError, LookupError, ValueError)  # OverflowError, an unknown time zone, UnicodeDecodeError


class Whole:
    """Stored bytes as Arrow asks for them: it takes a short answer for the end of the file, a connection gives many.

    Attributes:
        closed: whether `close` was called.
    """

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self.closed = False

    def read(self, size: int, /) -> bytes:
        """`size` bytes, fewer only at the end of the file."""
        parts = []
        while size > 0 and (part := self._stored.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Read from there next."""
        return self._stored.seek(offset, whence)

    def tell(self) -> int:
        """Byte at which the next read begins."""
        return self._stored.tell()

    def close(self) -> None:
        """The connection belongs to whoever opened it."""
        self.closed = True


def check_columns(stored: Stored, source: Source) -> None:
    """Read the footer, and see that the text is there and is text.

    Raises:
        SourceError: not a Parquet file, or no such column.
    """
    path = stored.item.path
    try:
        schema = pq.ParquetFile(_seekable(stored)).schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path} is not a Parquet file that can be read: {_kind(error)}") from error
    name = source.column("text")
    if name not in schema.names:
        raise SourceError(
            f"{path} has no column {name!r}. It has: {', '.join(schema.names)}. "
            "Name the one with the text: source: {columns: {text: ...}}"
        )
    kind = schema.field(name).type
    if not _is_text(kind):
        raise SourceError(f"{path}: column {name!r} is {kind}, not text")


def rows(stored: Stored, source: Source) -> Iterator[Row | Unreadable]:
    """The rows of a file. A row group that breaks costs the rows of it that were not yet read, as one `Unreadable`."""
    try:
        file = pq.ParquetFile(_seekable(stored), buffer_size=_BUFFER, pre_buffer=False)
        groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        yield Unreadable(0, f"unreadable_tail: parquet {_kind(error)}, at row 0")
        return
    begin = 0
    for group, count in enumerate(groups):
        done = 0
        try:
            for batch in file.iter_batches(_BATCH, row_groups=[group]):
                for fields in _to_python(batch):
                    row = Row(offset=begin + done)
                    done += 1
                    fill(row, fields, source)
                    yield row
        except (pa.ArrowException, OSError) as error:
            place = f"at row {begin + done}, {count - done} rows skipped"
            yield Unreadable(begin + done, f"unreadable: parquet {_kind(error)}, {place}")
        begin += count


def _seekable(stored: Stored) -> pa.PythonFile:
    return pa.PythonFile(Whole(stored), mode="r")


def _to_python(batch: pa.RecordBatch) -> list[dict[str, object]]:
    """The rows as dictionaries; what is no UTF-8 becomes U+FFFD, times become ISO strings, bytes are left out.

    A value that Python cannot hold (a moment after the year 9999, a list of strings that are no UTF-8) becomes NaN,
    which metadata show as null, as any other number that JSON does not have; what was null is absent there.
    """
    columns: dict[str, list[object]] = {}
    for name, stored in zip(batch.schema.names, batch.columns, strict=True):
        column = stored.dictionary_decode() if pa.types.is_dictionary(stored.type) else stored
        if _is_text(column.type):
            columns[name] = list(_decode(column))
        elif not pa.types.is_binary(column.type) and not pa.types.is_large_binary(column.type):
            columns[name] = _values(column)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _decode(column: pa.Array) -> list[str | None]:
    """Strings that may be no UTF-8: Parquet's writers promise it, nobody checks."""
    values = column.cast(pa.large_string() if not pa.types.is_string(column.type) else pa.string())
    raw = values.cast(pa.large_binary()).to_pylist()
    return [None if value is None else value.decode(errors="replace") for value in raw]


def _values(column: pa.Array) -> list[object]:
    """The values; one by one if one of them is in the way of all."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":  # which Python's clock does not know
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return [_plain(value) for value in column.to_pylist()]
    except _UNHELD:
        return [_value(value) for value in column]


def _value(value: pa.Scalar) -> object:
    try:
        return _plain(value.as_py())
    except _UNHELD:
        return math.nan


def _plain(value: object) -> object:
    """Times as ISO strings, everything else as it is."""
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _kind(error: Exception) -> str:
    """The first line of Arrow's message, which may quote data behind a colon or quote."""
    return f"{type(error).__name__} {str(error).splitlines()[0] if str(error) else ''}".strip()[:120]
