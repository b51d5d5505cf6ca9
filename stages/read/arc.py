"""Heads of ARC records, versions 1 and 2 (Internet Archive, 1996): one line before each block.

FastWARC does not read ARC. Found in the wild and read too: spaces and control bytes in the URL, address and date
swapped, no media type, dates of 8 to 20 digits.
"""

import re
from typing import NamedTuple

from crawlsieve.stages.read.framing import Head
from crawlsieve.stages.read.warc import decode

_LONGEST = 9000
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{1,20}:")
_LINE = re.compile(rb"\n(?=[A-Za-z][A-Za-z0-9+.-]{1,20}:)")
_DATE = re.compile(rb"\d{8,20}$")
_ADDRESS = re.compile(rb"(?:[0-9a-fA-F]*[.:][0-9a-fA-F.:]*|None)$")
_LENGTH = re.compile(rb"-?\d{1,18}\r?$")


class _Line(NamedTuple):
    url: bytes
    date: bytes
    kind: bytes
    length: int


class Arc:
    """The dialect of ARC."""

    separator = re.compile(rb"\r?\n")

    def begins(self, data: bytes, /) -> bool:
        """Whether the first line is a head."""
        return _parse(data, 0) is not None

    def find(self, data: bytearray, start: int, /) -> int:
        """See `framing.Dialect`: a whole line that is a head."""
        for line in _LINE.finditer(data, start):
            if _parse(data, line.end()) is not None:
                return line.end()
        return -1

    def head(self, data: bytearray, start: int, /) -> tuple[Head | None, int]:
        """See `framing.Dialect`. A negative length counts as none."""
        line = _parse(data, start)
        end = data.find(b"\n", start)
        if line is None:
            return None, (len(data) if end >= 0 or len(data) - start > _LONGEST else -1)
        fields = {
            "warc-target-uri": decode(line.url),
            "warc-date": line.date.decode(),
            "content-type": decode(line.kind),
        }
        kind = "filedesc" if line.url.startswith(b"filedesc:") else "response"
        return Head(kind, line.length if line.length >= 0 else None, fields), end + 1


def _parse(data: bytes | bytearray, start: int) -> _Line | None:
    """The line at `start`, if it is the head of a record: URL, address, date, media type, ..., length."""
    end = data.find(b"\n", start, start + _LONGEST)
    if end < 0 or not _SCHEME.match(data, start):
        return None
    words = bytes(data[start:end]).split(b" ")
    if len(words) < 4 or not _LENGTH.match(words[-1]):
        return None
    # From behind, since the URL may hold anything; beside the address, since version 2 has other long numbers.
    for at in range(len(words) - 2, max(0, len(words) - 12), -1):
        if not _DATE.match(words[at]):
            continue
        if at > 1 and _ADDRESS.match(words[at - 1]):
            return _Line(b" ".join(words[: at - 1]), words[at], words[at + 1], int(words[-1]))
        if _ADDRESS.match(words[at + 1]):
            return _Line(
                b" ".join(words[:at]), words[at], words[at + 2] if at + 3 < len(words) else b"", int(words[-1])
            )
    return None
