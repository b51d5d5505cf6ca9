"""Parquet: row groups streamed, every column but those of bytes, one document a row."""

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
_MOST_ROWS = 256
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
            "Name the one with the text: source: {columns: {text: ...}}, or --set source.columns.text=NAME"
        )
    kind = schema.field(name).type
    if not _is_text(kind):
        raise SourceError(f"{path}: column {name!r} is {kind}, not text")


def rows(stored: Stored, source: Source) -> Iterator[Row | Unreadable]:
    """The rows of a file.

    A row group that breaks costs the rows of it that were not yet read, as one `Unreadable` which says how many. That
    holds if all of them break, too: a bad file is that many failed rows, as a WARC file of zeros is one, and no reason
    to end a run over thousands of good ones.

    Arrow decodes as many rows at once as hold `source.batch_bytes`, by the sizes that the footer tells, and one page of
    each column. What a dictionary repeats counts once there: a file made for it takes 256 times its largest text.
    """
    try:
        file = pq.ParquetFile(_seekable(stored), buffer_size=_BUFFER, pre_buffer=False)
        groups = [file.metadata.row_group(group) for group in range(file.num_row_groups)]
        columns = [field.name for field in file.schema_arrow if not _is_bytes(field.type)]
    except (pa.ArrowException, OSError) as error:
        yield Unreadable(0, f"unreadable_tail: parquet {_kind(error)}, at row 0")
        return
    begin = 0
    for number, group in enumerate(groups):
        count, done = group.num_rows, 0
        try:
            for batch in file.iter_batches(_at_once(group, columns, source), row_groups=[number], columns=columns):
                for fields in _to_python(batch):
                    row = Row(offset=begin + done)
                    done += 1
                    fill(row, fields, source)
                    yield row
        except (pa.ArrowException, OSError) as error:
            place = f"at row {begin + done}, {count - done} rows skipped"
            yield Unreadable(begin + done, f"unreadable: parquet {_kind(error)}, {place}", rows=count - done)
        begin += count


def _seekable(stored: Stored) -> pa.PythonFile:
    return pa.PythonFile(Whole(stored), mode="r")


def _at_once(group: pq.RowGroupMetaData, columns: list[str], source: Source) -> int:
    """Rows of a group that are decoded at once: such that they are about a batch."""
    chunks = [group.column(place) for place in range(group.num_columns)]
    wanted = tuple(f"{name}." for name in columns)
    size = sum(chunk.total_uncompressed_size for chunk in chunks if f"{chunk.path_in_schema}.".startswith(wanted))
    fitting: int = source.batch_bytes * group.num_rows // max(1, size)
    return max(1, min(_MOST_ROWS, fitting))


def _to_python(batch: pa.RecordBatch) -> list[dict[str, object]]:
    """The rows as dictionaries; what is no UTF-8 becomes U+FFFD, times become ISO strings.

    A value that Python cannot hold (a moment after the year 9999, a list of strings that are no UTF-8) becomes NaN,
    which metadata show as null, as any other number that JSON does not have; what was null is absent there.
    """
    columns: dict[str, list[object]] = {}
    for name, stored in zip(batch.schema.names, batch.columns, strict=True):
        column = stored.dictionary_decode() if pa.types.is_dictionary(stored.type) else stored
        if _is_text(column.type):
            columns[name] = list(_decode(column))
        else:
            columns[name] = _values(column)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    """Whether the values are bytes of which nothing is known: they are not read."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in tests)


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
