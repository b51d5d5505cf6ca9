"""JSON lines: one document a line. A line that is none costs one row."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from crawlsieve.stages.read.framing import Unreadable
from crawlsieve.stages.read.rows import Row, clean_text, clean_url, parse_date
from crawlsieve.stages.read.source import Source
from crawlsieve.stages.read.unpack import Damage, Unpacking

_BOM = b"\xef\xbb\xbf"
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True, default=str)


class Line(NamedTuple):
    """A line without its end, where it begins in the decompressed file, and its length if larger than the limit."""

    content: bytes | None
    offset: int
    size: int


def lines(unpacking: Unpacking, limit: int) -> Iterator[Line | Unreadable]:
    """The lines of a file; never holds more than `limit` bytes and a piece.

    After damage to the compressed data no line can be trusted: the half line before it and all that follows are one
    `Unreadable`. (What a codec gives out before it notices the damage looks like any other line.)
    """
    buffer = bytearray()
    offset = size = searched = 0  # where the line begins; its bytes already let go; those known to hold no line end
    for piece in unpacking:
        if isinstance(piece, Damage):
            skipped = piece.end - piece.at
            yield Unreadable(offset, f"unreadable_tail: {piece.error}, at byte {piece.at}, {skipped} bytes skipped")
            return
        buffer += piece.data
        while (end := buffer.find(b"\n", searched)) >= 0:
            yield _line(buffer, end, offset, size, limit)
            offset += size + end + 1
            del buffer[: end + 1]
            size = searched = 0
        if size or len(buffer) > limit:
            size += len(buffer)
            buffer.clear()
        searched = len(buffer)
    if buffer or size:
        yield _line(buffer, len(buffer), offset, size, limit)


def _line(buffer: bytearray, end: int, offset: int, gone: int, limit: int) -> Line:
    size = gone + end
    return Line(None if gone or size > limit else bytes(memoryview(buffer)[:end]), offset, size)


def is_blank(line: Line) -> bool:
    """Whether the line holds nothing but white space."""
    return line.content is not None and not line.content.removeprefix(_BOM if not line.offset else b"").strip()


def to_row(line: Line, source: Source) -> Row:
    """The row of a line.

    Bytes that are no UTF-8 and lone surrogates become U+FFFD. What is not text, id, url or date is kept as metadata,
    and so is a date that cannot be read.

    Errors: `record_too_large`, `bad_json` (no JSON, or no object), `no_text` (absent or null), `bad_text` (no string).
    Reason: `empty_payload` (nothing but white space).
    """
    row = Row(offset=line.offset)
    if line.content is None:
        row.error = f"record_too_large: {line.size} bytes"
        return row
    content = line.content.removeprefix(_BOM if not line.offset else b"")
    try:
        fields = json.loads(content.decode(errors="replace"), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        row.error = f"bad_json: {error.msg} at character {error.pos}"
        return row
    except (ValueError, RecursionError) as error:
        row.error = f"bad_json: {'nested too deeply' if isinstance(error, RecursionError) else 'a number too long'}"
        return row
    if not isinstance(fields, dict):
        row.error = "bad_json: not an object"
        return row
    fill(row, fields, source)
    return row


def fill(row: Row, fields: dict[str, object], source: Source) -> None:
    """Set the columns of a text row from the fields of a JSON line or of a Parquet row; uses `fields` up."""
    text = fields.pop(source.column("text"), None)
    identifier = fields.pop(source.column("id"), None)
    url = fields.pop(source.column("url"), None)
    date = fields.get(source.column("date"))
    if isinstance(date, str):
        row.date = clean_text(date)
        if parse_date(row.date) is not None:
            del fields[source.column("date")]
    row.source_id = clean_text(str(identifier)) if isinstance(identifier, str | int) else None
    row.url = clean_url(clean_text(url)) if isinstance(url, str) else None
    row.metadata = _metadata(fields)
    if not isinstance(text, str):
        row.error = "no_text: absent or null" if text is None else f"bad_text: a {type(text).__name__}, not a string"
        return
    row.text = clean_text(text)
    row.raw = row.text.encode()
    row.content_type = "text/plain"
    if len(row.raw) > source.max_record_bytes:
        row.error = f"record_too_large: {len(row.raw)} bytes"
    elif not row.text.strip():
        row.reasons = ("empty_payload",)


def _metadata(fields: dict[str, object]) -> str | None:
    said = {name: value for name, value in fields.items() if value is not None}
    if not said:
        return None
    try:
        return clean_text(_dump(said))
    except RecursionError:  # deeper than what could be read, by a hair
        return None


def _dump(value: object) -> str:
    """JSON with null for numbers that JSON does not have.

    Those are replaced by writing and reading once more, since that goes as deep as whatever was read.
    """
    try:
        return _ENCODER.encode(value)
    except ValueError:
        written = json.dumps(value, ensure_ascii=False, default=str)
        return _ENCODER.encode(json.loads(written, parse_constant=_no_number))


def _no_number(_: str) -> None:
    """Null for NaN and Infinity, which JSON does not have."""
