"""Records to batches: identity, dates, and the columns of RECORD."""

import datetime as dt
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import xxhash

from crawlsieve.schemas.record import RECORD, TIMESTAMP

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-]\d\d:?\d\d)?)?$", re.ASCII
)
_EPOCH = dt.date(1970, 1, 1).toordinal()
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SAID = ("source_id", "url", "content_type", "charset", "metadata", "error")
_ABSENT = b"\xff" * 8


@dataclass(slots=True, kw_only=True)
class Row:
    """A record on its way into a batch.

    Attributes:
        offset: where it begins.
        date: as the record writes it; part of its identity.
        raw: payload as stored, for its identity; null for what has no identity but its place.
        reasons: rules that reject it already.
        error: why it failed.
    """

    offset: int
    source_id: str | None = None
    url: str | None = None
    date: str | None = None
    raw: bytes | None = None
    content_type: str | None = None
    charset: str | None = None
    payload: bytes | None = None
    text: str | None = None
    metadata: str | None = None
    reasons: tuple[str, ...] = ()
    error: str | None = None


class Rows:
    """Gathers rows and cuts batches of RECORD, in order.

    Args:
        shard: position of the input among the inputs.
        path: the input, as the recipe names it.
        max_rows: most rows in a batch.
        max_bytes: most bytes in a batch of more than one row: payload, text, and all else that a source may say at
            any length.
    """

    def __init__(self, shard: int, path: str, max_rows: int, max_bytes: int) -> None:
        self._shard = shard
        self._path = path
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._rows: list[Row] = []
        self._ids: list[bytes] = []
        self._bytes = 0
        self._done = 0

    def add(self, row: Row) -> pa.RecordBatch | None:
        """Take a row; the batch that was full without it, if so."""
        digest = self._identity(row)
        size = len(row.payload or b"") if row.text is None else len(row.raw or b"")
        row.raw = None  # a batch holds nothing that its limits do not count
        if row.error is not None or row.reasons:
            row.payload, row.text, size = None, None, 0  # no later step looks at it
        size += sum(_size(getattr(row, name)) for name in _SAID)
        full = len(self._rows) >= self._max_rows or self._bytes + size > self._max_bytes
        batch = self.cut() if full else None
        self._rows.append(row)
        self._ids.append(digest)
        self._bytes += size
        return batch

    def cut(self) -> pa.RecordBatch | None:
        """The rows gathered so far, null if there is none."""
        rows, ids = self._rows, self._ids
        self._rows, self._ids, self._bytes = [], [], 0
        if not rows:
            return None
        columns = {
            "shard": [self._shard] * len(rows),
            "row": range(self._done, self._done + len(rows)),
            "id": ids,
            "source_path": [self._path] * len(rows),
            "source_offset": [row.offset for row in rows],
            "date": pa.array([parse_date(row.date) for row in rows], pa.int64()).cast(TIMESTAMP),
            "reasons": [() if row.error is not None else row.reasons for row in rows],
            "settled": [row.error is not None or bool(row.reasons) for row in rows],
        }
        columns["payload"] = payload_array([row.payload for row in rows])
        for name in ("source_id", "url", "content_type", "charset", "text", "metadata", "error"):
            columns[name] = [getattr(row, name) for row in rows]
        self._done += len(rows)
        return pa.RecordBatch.from_arrays([_array(columns[field.name], field.type) for field in RECORD], schema=RECORD)

    def _identity(self, row: Row) -> bytes:
        said = (_bytes(row.source_id), _bytes(row.url), _bytes(row.date))
        if row.raw is not None:
            return identity((*said, row.raw))
        # Several records may begin at one offset: that of the compressed frame which holds them all.
        number = self._done + len(self._rows)
        place = (_bytes(self._path), str(row.offset).encode(), str(number).encode(), _bytes(row.error))
        return identity((*place, *said))


def payload_array(payloads: list[bytes | None]) -> pa.LargeBinaryArray:
    """large_binary[n]: copied once, into memory of just their size; a builder that grows takes five times as long."""
    offsets = np.zeros(len(payloads) + 1, np.int64)
    np.cumsum([len(payload or b"") for payload in payloads], out=offsets[1:])
    data = pa.allocate_buffer(int(offsets[-1]))
    view = memoryview(data).cast("B") if offsets[-1] else memoryview(bytearray())
    for payload, begin in zip(payloads, offsets.tolist(), strict=False):
        if payload:
            view[begin : begin + len(payload)] = payload
    there = np.array([payload is not None for payload in payloads], np.bool_)
    bitmap = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
    buffers = [bitmap, pa.py_buffer(offsets.tobytes()), data]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(payloads), buffers)


def identity(parts: Iterable[bytes | None]) -> bytes:
    """XXH3-128 (16 bytes, big endian) over the parts, each behind its length, so that none can pass for another.

    A part that is absent counts as length 2^64 - 1.
    """
    digest = xxhash.xxh3_128()
    for part in parts:
        if part is None:
            digest.update(_ABSENT)
        else:
            digest.update(struct.pack("<Q", len(part)))
            digest.update(part)
    return digest.digest()


def parse_date(text: str | None) -> int | None:
    """Microseconds since 1970 UTC of an ISO date or of an ARC date (8 to 20 digits: year to second, the rest ignored).

    A time without a zone is UTC. Null for everything else.
    """
    if text is None:
        return None
    try:
        if text.isascii() and text.isdigit():
            return _digits(text)
        found = _ISO.match(text)
        if found is None:
            return None
        fraction, zone = found[7] or "", found[8]
        micros = _micros(found.groups()[:6]) + int(fraction[:6].ljust(6, "0"))
        if zone is None or zone in "Zz":
            return micros
        ahead = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        return micros - (ahead if zone[0] == "+" else -ahead) * 1_000_000
    except ValueError:
        return None


def _digits(text: str) -> int | None:
    if len(text) not in {8, 10, 12} and not 14 <= len(text) <= 20:
        return None
    return _micros((text[:4], text[4:6], text[6:8], text[8:10], text[10:12], text[12:14]))


def _micros(parts: tuple[str | None, ...]) -> int:
    """Of year, month, day, hour, minute, second; the last three may be absent. A leap second is the next one."""
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError
    days = dt.date(year, month, day).toordinal() - _EPOCH
    return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000


def clean_url(text: str) -> str | None:
    """The address without surrounding white space and angle brackets, control bytes percent-encoded; null if empty."""
    url = text.strip()
    if url.startswith("<") and url.endswith(">"):
        url = url[1:-1].strip()
    return _CONTROL.sub(lambda byte: f"%{ord(byte[0]):02X}", url) or None


def clean_text(text: str) -> str:
    """Lone surrogates, which no UTF-8 can hold, as U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def _size(text: str | None) -> int:
    """UTF-8 bytes of a text."""
    return 0 if text is None else len(text) if text.isascii() else len(text.encode(errors="replace"))


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode(errors="replace")


def _array(values: object, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)
