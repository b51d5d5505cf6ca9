"""Write WARC records, whole ones and damaged ones, with the same bytes every time.

Ids and dates come from a hash of what the record holds, so that the same record written twice is the same record.
Format: WARC 1.0 (ISO 28500:2009), one gzip member a record, as Common Crawl stores it.
"""

import base64
import hashlib
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_FIRST_DAY = datetime(2025, 6, 14, tzinfo=UTC)
_SECONDS = 12 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record before it is written."""

    kind: str
    """What the sample shows with it: a heading and a detail, as in `spam: bullets`."""
    block: bytes
    url: str | None = None
    warc_type: str = "response"
    content_type: str = "application/http; msgtype=response"
    fields: tuple[tuple[str, str], ...] = ()
    """Further header fields, written behind the usual ones."""

    @property
    def key(self) -> bytes:
        """32 bytes that two records share only if they are the same."""
        parts = (self.warc_type, self.url or "", repr(self.fields))
        return hashlib.sha256("\n".join(parts).encode() + self.block).digest()

    @property
    def id(self) -> str:
        """WARC-Record-ID."""
        return f"<urn:uuid:{uuid.UUID(bytes=self.key[:16], version=4)}>"

    @property
    def date(self) -> str:
        """WARC-Date, within twelve days of June 2025."""
        second = int.from_bytes(self.key[16:24], "big") % _SECONDS
        return (_FIRST_DAY + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Damaged:
    """Bytes that stand in a shard as they are, in place of a record."""

    kind: str
    data: bytes


def encode(record: Record, *, claim: int | None = None) -> bytes:
    """The record as bytes, before compression.

    Args:
        record: what to write.
        claim: the Content-Length to state where it should not be the true one.
    """
    fields = [
        ("WARC-Type", record.warc_type),
        ("WARC-Date", record.date),
        ("WARC-Record-ID", record.id),
        ("Content-Length", str(len(record.block) if claim is None else claim)),
        ("Content-Type", record.content_type),
        *([("WARC-Target-URI", record.url)] if record.url else []),
        ("WARC-Block-Digest", f"sha1:{digest(record.block)}"),
        *record.fields,
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return b"WARC/1.0\r\n" + head.encode() + b"\r\n" + record.block + b"\r\n\r\n"


def member(data: bytes) -> bytes:
    """One gzip member without time stamp or name."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, 31)
    return deflate.compress(data) + deflate.flush()


def shard(pieces: list[Record | Damaged]) -> bytes:
    """The bytes of a `.warc.gz`: one member a record, damaged pieces as they are."""
    return b"".join(piece.data if isinstance(piece, Damaged) else member(encode(piece)) for piece in pieces)


def digest(block: bytes) -> str:
    """SHA-1 in base 32, as in WARC-Block-Digest and in the indexes of Common Crawl."""
    return base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest()).decode()
