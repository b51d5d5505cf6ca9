"""Heads of ARC records, versions 1 and 2 (Internet Archive, 1996): one line before each block.

FastWARC does not read ARC. Found in the wild and read too: spaces and control bytes in the URL, address and date
swapped, no media type, dates of 8 to 20 digits.
"""

import re

from crawlsieve.stages.read.framing import Head
from crawlsieve.stages.read.warc import decode

_ADDRESS = rb"(?:[^ \n]+ (?P<date>\d{8,20})|(?P<early>\d{8,20}) [^ \n]+)"
_HEAD = re.compile(
    rb"(?P<url>[A-Za-z][A-Za-z0-9+.-]{1,20}:[^\n]{0,8192}?) "
    + _ADDRESS
    + rb" (?P<rest>[^\n]{0,200}?) ?(?P<length>-?\d{1,18})\r?\n"
)
_LONGEST = 9000


class Arc:
    """The dialect of ARC."""

    separator = re.compile(rb"\r?\n")
    boundary = re.compile(rb"\n(" + re.sub(rb"\?P<\w+>", rb"?:", _HEAD.pattern) + rb")")

    def begins(self, data: bytes, /) -> bool:
        """Whether the first line is a head."""
        return _HEAD.match(data) is not None

    def head(self, data: bytearray, start: int, /) -> tuple[Head | None, int]:
        """See `framing.Dialect`. A negative length counts as none."""
        line = _HEAD.match(data, start)
        if line is None:
            ended = data.find(b"\n", start) >= 0 or len(data) - start > _LONGEST
            return None, (len(data) if ended else -1)
        fields = {
            "warc-target-uri": decode(line["url"]),
            "warc-date": (line["date"] or line["early"]).decode(),
            "content-type": decode(line["rest"].split(b" ")[0]),
        }
        kind = "filedesc" if line["url"].startswith(b"filedesc:") else "response"
        length = int(line["length"])
        return Head(kind, length if length >= 0 else None, fields), line.end()
