"""The documents of a Parquet file: of a run, or of anybody who has ids and texts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from crawlsieve.schemas.keys import ID
from crawlsieve.schemas.tables import DOCUMENTS
from crawlsieve.stages.errors import CrawlsieveError, SourceError
from crawlsieve.stages.files import reading

BATCH_BYTES = 16 << 20
"""Bytes of the columns read that are decoded at once, by what the footer says."""

MOST_ROWS = 8192

ROW = "\0row"
"""Where a row stands in its file. No file has a column of that name: names in Parquet are without zeros."""

_HEX_DIGITS = 32
_NOT_HEX = np.uint8(255)
_DIGIT = np.full(256, _NOT_HEX, np.uint8)
_DIGIT[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)


def schema_of(path: str) -> pa.Schema:
    """The columns of a file, once it is known that documents can be read from it.

    Raises:
        SourceError: it is no Parquet file, has two columns of one name, or no id or no text.
    """
    with _opened(path) as file:
        schema = file.schema_arrow
    twice = next((name for name in schema.names if schema.names.count(name) > 1), None)
    if twice is not None:
        raise SourceError(f"{path} has two columns '{twice}'")
    for name in ("id", "text"):
        if name not in schema.names:
            raise SourceError(f"{path} has no column '{name}'. It has: {', '.join(schema.names)}")
        kind = schema.field(name).type
        if not (is_text(kind) or (name == "id" and pa.types.is_integer(kind))):
            raise SourceError(f"{path}: column '{name}' is {kind}, and should be string")
    return schema


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts, in one of Arrow's ways."""
    held = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(held) or pa.types.is_large_string(held) or pa.types.is_string_view(held))


def read_documents(path: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Rows of a file, in its order: ROW (where they stand in the file), then `columns`.

    Raises:
        SourceError: the file is damaged, or a row has no id or no text.
    """
    with _opened(path) as file:
        wanted = [name for name in dict.fromkeys(columns) if name in file.schema_arrow.names]
        begin = 0
        for group in range(file.num_row_groups):
            rows = _at_once(file.metadata.row_group(group), wanted)
            for batch in file.iter_batches(rows, row_groups=[group], columns=wanted):
                _check(path, batch, begin)
                row = pa.array(np.arange(begin, begin + len(batch)))
                begin += len(batch)
                yield pa.Table.from_arrays(
                    [row, *(_decoded(column) for column in batch.columns)], names=[ROW, *batch.schema.names]
                )


def whole_rows(path: str, rows: pa.Table) -> pa.Table:
    """The rows as DOCUMENTS has them: a column that the file lacks is null, or what is known of it anyway.

    Raises:
        SourceError: a column is of a type that cannot become that of DOCUMENTS.
    """
    known = {
        "source_path": pa.repeat(pa.scalar(path), len(rows)),
        "source_offset": rows[ROW],
        "duplicates": pa.array(np.zeros(len(rows), np.int64)),
    }
    columns = []
    for field in DOCUMENTS:
        column = rows[field.name] if field.name in rows.column_names else known.get(field.name)
        if column is None:
            column = pa.nulls(len(rows), field.type)
        elif not field.nullable and column.null_count:
            column = pc.coalesce(column, known[field.name])
        try:
            columns.append(column.cast(field.type))
        except pa.ArrowException:
            raise SourceError(f"{path}: column '{field.name}' is {column.type}, and should be {field.type}") from None
    return pa.Table.from_arrays(columns, schema=DOCUMENTS)


def keys_of(ids: pa.ChunkedArray) -> pa.Array:
    """binary(16)[n]: 32 lower-case hex digits are the id itself, as those of crawlsieve are; others are hashed."""
    named = ids.cast(pa.large_string()).combine_chunks()
    keys = _from_hex(named)
    if keys is None:
        keys = pa.array([_key(name) for name in named.to_pylist()], ID)
    return keys


def _from_hex(named: pa.Array) -> pa.Array | None:
    """The keys, if every id is hex."""
    if len(named) == 0:
        return pa.array([], ID)
    if pc.any(pc.not_equal(pc.binary_length(named), _HEX_DIGITS)).as_py():
        return None
    offsets = np.frombuffer(named.buffers()[1], np.int64)[named.offset : named.offset + len(named) + 1]
    digits = _DIGIT[np.frombuffer(named.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]]
    if (digits == _NOT_HEX).any():
        return None
    raw = (digits[0::2] << 4 | digits[1::2]).astype(np.uint8)
    return pa.FixedSizeBinaryArray.from_buffers(ID, len(named), [None, pa.py_buffer(raw.tobytes())])


def _key(name: str) -> bytes:
    if len(name) == _HEX_DIGITS and not name.strip("0123456789abcdef"):
        return bytes.fromhex(name)
    return xxhash.xxh3_128_digest(name.encode())


def _check(path: str, batch: pa.RecordBatch, begin: int) -> None:
    for name in {"id", "text"} & {*batch.schema.names}:
        if batch.column(name).null_count:
            row = begin + pc.index(pc.is_null(batch.column(name)), value=True).as_py()
            raise SourceError(f"{path}: row {row} has no {name}")


def _decoded(column: pa.Array) -> pa.Array:
    """The column in a type for which Arrow has all that is done here."""
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    return plain.cast(pa.large_string()) if pa.types.is_string_view(plain.type) else plain


def _at_once(group: pq.RowGroupMetaData, columns: list[str]) -> int:
    """Rows of a group that are about BATCH_BYTES."""
    chunks = [group.column(place) for place in range(group.num_columns)]
    wanted = tuple(f"{name}." for name in columns)
    size = sum(chunk.total_uncompressed_size for chunk in chunks if f"{chunk.path_in_schema}.".startswith(wanted))
    fitting: int = BATCH_BYTES * group.num_rows // max(1, size)
    return max(1, min(MOST_ROWS, fitting))


@contextmanager
def named(path: str) -> Iterator[None]:
    """What is found wrong in the block is told with the file in which it is.

    Raises:
        CrawlsieveError: the same, with `path` before it.
    """
    try:
        yield
    except CrawlsieveError as error:
        raise type(error)(f"{path}: {error}") from None


@contextmanager
def _opened(path: str) -> Iterator[pq.ParquetFile]:
    """The file; what Arrow says of a damaged one is a verdict about it.

    Raises:
        SourceError: it cannot be read as Parquet.
    """
    try:
        with reading(path) as file:
            yield pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else ""
        raise SourceError(f"{path} is not a Parquet file that can be read: {type(error).__name__} {said}") from None
