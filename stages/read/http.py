"""The HTTP response inside a record: status, media type, and the body with its encodings undone, all of it bounded."""

import io
import re
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import zstandard
from fastwarc.stream_io import BrotliReader

from crawlsieve.stages.read.warc import parse_fields

_STATUS = re.compile(rb"[ \t\r\n]{0,64}(?:HTTP(?:/[\d.]+)?|ICY)[ \t]+(\d{3})(?=\D|$)[^\n]*(?:\n|$)", re.IGNORECASE)
_END = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\"';,\s]+)", re.IGNORECASE)
_CHUNK = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\n]{0,4096})?\r?\n")
_STEP = 256 << 10
_SLICE = 32 << 10  # zlib copies what it leaves over
_MOST_ENCODINGS = 8


class TooLargeError(Exception):
    """The decoded payload passes the limit."""


class UndecodableError(Exception):
    """A Content-Encoding of which not a byte can be undone."""


class Response(NamedTuple):
    """Status, header fields (lower-case names), and the body as stored."""

    status: int
    fields: dict[str, str]
    body: bytes


def parse_response(block: bytes) -> Response | None:
    """The response in a record's block; null if no status line comes first."""
    status = _STATUS.match(block)
    if status is None:
        return None
    end = _END.search(block, status.end() - 2 if status.end() < len(block) else status.end())
    head_end, body = (end.start(), block[end.end() :]) if end else (len(block), b"")
    return Response(int(status[1]), parse_fields(block[status.end() : max(status.end(), head_end)]), body)


def media_type(content_type: str) -> str | None:
    """`text/html` of `Text/HTML; charset=x`; null if there is none."""
    kind = re.split(r"[;,\s]", content_type.strip(), maxsplit=1)[0].lower()
    return kind or None


def charset(content_type: str) -> str | None:
    """The charset parameter, lower case; null if there is none."""
    found = _CHARSET.search(content_type)
    return found[1].lower() if found else None


def decode_body(response: Response, limit: int) -> bytes:
    """The body with Transfer-Encoding and Content-Encoding undone.

    As browsers do: of a body that breaks off, what came before; an encoding that nobody knows, or that the body plainly
    does not have (crawlers store decoded bodies under the old header), is left alone.

    Raises:
        TooLargeError: more than `limit` bytes would come out.
        UndecodableError: the body has the encoding, and nothing of it can be undone.
    """
    body = response.body
    if "chunked" in response.fields.get("transfer-encoding", "").lower():
        body = _unchunk(body)
    names = response.fields.get("content-encoding", "").lower().replace(",", " ").split()
    if len(names) > _MOST_ENCODINGS:
        raise UndecodableError(f"encoded {len(names)} times")
    for name in reversed(names):
        undo = _DECODERS.get(name)
        if undo is not None and body:
            body = _undo(undo, name, body, limit)
    if len(body) > limit:
        raise TooLargeError(len(body))
    return body


def _undo(undo: Callable[[bytes], Iterator[bytes]], name: str, body: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in undo(body):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise TooLargeError(size)
    if size:
        return b"".join(parts)
    if body.lstrip()[:1] in {b"<", b""} or not _looks_encoded(name, body):
        return body
    raise UndecodableError(name)


def _looks_encoded(name: str, body: bytes) -> bool:
    """Whether a body that cannot be decoded may have had the encoding at all."""
    if name in {"gzip", "x-gzip"}:
        return body.startswith(b"\x1f\x8b")
    if name == "zstd":
        return body.startswith(b"\x28\xb5\x2f\xfd")
    try:
        body[:256].decode("ascii")
    except UnicodeDecodeError:
        return True
    return False


def _unchunk(body: bytes) -> bytes:
    """The chunks joined; the body itself if it does not begin with a chunk."""
    parts: list[bytes] = []
    at = 0
    while head := _CHUNK.match(body, at):
        size = int(head[1], 16)
        if not size:
            break
        parts.append(body[head.end() : head.end() + size])
        at = head.end() + size
        at += 2 if body[at : at + 2] == b"\r\n" else body[at : at + 1] == b"\n"
    return b"".join(parts) if parts or head else body


def _inflate(body: bytes, window: int) -> Iterator[bytes]:
    """All members; ends without a word where the data break."""
    rest = memoryview(body)
    while rest:
        inner = zlib.decompressobj(window)
        more = True
        while not inner.eof and more:
            given = rest[:_SLICE]
            try:
                part = inner.decompress(given, _STEP)
            except zlib.error:
                return
            left = inner.unused_data if inner.eof else inner.unconsumed_tail
            rest = rest[len(given) - len(left) :]
            more = bool(part or rest)
            if part:
                yield part


def _gunzip(body: bytes) -> Iterator[bytes]:
    return _inflate(body, 31)


def _deflate(body: bytes) -> Iterator[bytes]:
    """In zlib framing, as the standard says, or raw as some servers send it."""
    parts = _inflate(body, 15)
    first = next(parts, b"")
    if not first:
        parts = _inflate(body, -15)
        first = next(parts, b"")
    yield first
    yield from parts


def _unbrotli(body: bytes) -> Iterator[bytes]:
    return _until_broken(BrotliReader(io.BytesIO(body)).read)


def _unzstd(body: bytes) -> Iterator[bytes]:
    return _until_broken(zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True).read)


def _until_broken(read: Callable[[int], bytes]) -> Iterator[bytes]:
    try:
        while part := read(_STEP):
            yield part
    except (OSError, zstandard.ZstdError):
        return


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _deflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
