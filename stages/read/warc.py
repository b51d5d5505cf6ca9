"""Heads of WARC records (ISO 28500:2017; also 0.17, 0.18, line ends of either kind, folded lines)."""

import re

from crawlsieve.stages.read.framing import Head

_VERSION = re.compile(rb"WARC/\d+\.\d+[ \t]*\r?\n", re.IGNORECASE)
_BOUNDARY = rb"(WARC/\d\.\d+[ \t]*\r?\n[A-Za-z-]+:)"
_NEXT = re.compile(_BOUNDARY)
_END = re.compile(rb"\r?\n\r?\n|" + _BOUNDARY)
_LINE = re.compile(r"\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_MAX_HEAD = 256 << 10

DOCUMENTS = frozenset({"response", "resource", "conversion", "revisit"})
"""Types that are input records."""

OTHERS = frozenset({"warcinfo", "request", "metadata", "continuation"})
"""Types that the standard knows beside them."""


class Warc:
    """The dialect of WARC and WET."""

    separator = re.compile(rb"\r?\n\r?\n")

    def begins(self, data: bytes, /) -> bool:
        """Whether a version line comes first."""
        return _VERSION.match(data) is not None

    def find(self, data: bytearray, start: int, /) -> int:
        """See `framing.Dialect`: a version line, and a line of a head behind it."""
        found = _NEXT.search(data, start)
        return found.start() if found else -1

    def head(self, data: bytearray, start: int, /) -> tuple[Head | None, int]:
        """See `framing.Dialect`."""
        version = _VERSION.match(data, start)
        if version is None:
            return None, (-1 if len(data) - start < 32 else len(data))
        end = _END.search(data, version.end() - 2, start + _MAX_HEAD)
        if end is None:
            return None, (-1 if len(data) - start < _MAX_HEAD else len(data))
        if end[1]:
            return None, len(data)  # a head cut short, and the next one behind it
        fields = parse_fields(bytes(memoryview(data)[version.end() : end.start()]))
        length = fields.get("content-length", "")
        kind = fields.get("warc-type", "").lower()
        known = length.isascii() and length.isdigit() and len(length) < 19 and kind
        return Head(kind, int(length) if known else None, fields), end.end()


def parse_fields(head: bytes) -> dict[str, str]:
    """Names (lower case) and values of a head's lines; of a name that comes twice, the first.

    A line ends where the standard says, and not at all that `str.splitlines` takes for an end: a URL may hold U+2028.
    """
    fields: dict[str, str] = {}
    for line in _LINE.split(_FOLD.sub(" ", decode(head))):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def decode(data: bytes) -> str:
    """UTF-8 if it is, else Latin-1: what crawlers write into heads."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
