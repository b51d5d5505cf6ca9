"""Content to blocks: one per record of an archive, and one `Unreadable` per place that holds none.

FastWARC 2.0.1 would be shorter, and for sound files it gives the same records (a law in the tests). On damaged ones it
serves truncated records as whole, takes an unreadable Content-Length for 0 and a lying one for true, and so swallows
the neighbours; nothing of that is reported. Hence we frame records ourselves. Two rules find the truth:

* A block is whole if its length is followed by the separator, by the head of a record, or by the end of its frame, and
  the frame's checksum (if it is the frame's last) holds.
* After anything else the search for the next head begins where the damaged record's own head ends.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from crawlsieve.stages.read.unpack import Damage, Piece, Unpacking

_BLANK = re.compile(rb"\s*")
_OVERLAP = 16 << 10  # of a head that may straddle two pieces
_LONGEST_GAP = 4096  # white space between two records that is still looked through


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a record says.

    Attributes:
        kind: type of the record, lower case ("response", "filedesc", ...).
        length: bytes of the block, null if the head does not say.
        fields: lower-case names and values of the head.
    """

    kind: str
    length: int | None
    fields: dict[str, str]


class Block(NamedTuple):
    """A record: its head, its block (null if larger than the limit), and the stored byte where it begins."""

    head: Head
    content: bytes | None
    offset: int


class Unreadable(NamedTuple):
    """A place from which no record could be read, and why: where, how many bytes were skipped.

    `serious` is false if all that is wrong is a length between two sound heads. `rows` are those of a Parquet file that
    are lost with it; elsewhere nobody can tell.
    """

    offset: int
    error: str
    serious: bool = True
    rows: int = 0


class Dialect(Protocol):
    """How the heads of an archive format look."""

    separator: re.Pattern[bytes]
    """What stands behind a block."""

    def begins(self, data: bytes, /) -> bool:
        """Whether content begins like a record."""

    def find(self, data: bytearray, start: int, /) -> int:
        """Where the first head of a record from `start` on begins, -1 if there is none: where to go on after damage."""

    def head(self, data: bytearray, start: int, /) -> tuple[Head | None, int]:
        """The head at `start` and where its block begins; null and the end if there is none, -1 if more is needed."""


class Framing:
    """Iterates over the blocks of an archive.

    Args:
        unpacking: its content.
        dialect: how its heads look.
        keep: kinds of records whose blocks are wanted; the others come with an empty block.
        max_bytes: larger blocks are skipped, never held.
    """

    def __init__(self, unpacking: Unpacking, dialect: Dialect, keep: frozenset[str], max_bytes: int) -> None:
        self._pieces = iter(unpacking)
        self._unpacking = unpacking
        self._dialect = dialect
        self._keep = keep
        self._max = max_bytes
        self._buffer = bytearray()
        self._base = 0  # content of the frame before the buffer
        self._frame = 0
        self._inner = 0  # the last frame taken into the buffer
        self._ahead: Piece | Damage | None = None
        self._ended = True
        self._damage: Damage | None = None
        self._records = 0  # records out of this frame

    def __iter__(self) -> Iterator[Block | Unreadable]:
        while True:
            while self._skip_blank():
                yield self._record()
                self._records += 1
            if self._damage is not None:
                yield self._damaged(self._offset(), self._damage)
            if not self._next_frame():
                return

    def _record(self) -> Block | Unreadable:
        """The record at the front of the buffer, which is not empty."""
        offset = self._offset()
        head, start = self._dialect.head(self._buffer, 0)
        while start < 0 and (self._more() or self._absorb()):
            head, start = self._dialect.head(self._buffer, 0)
        if head is None:
            return self._skipped(
                offset, 0, "no_record: no head of a record" if start >= 0 else "truncated: in the head"
            )
        if head.length is None:
            return self._skipped(offset, start, "bad_header: no type or no length")
        if head.length > self._max:
            return self._too_large(offset, head, start)
        error = self._fault(start, start + head.length)
        if error:
            skipped = self._skipped(offset, start, error)
            # A writer of careless requests loses none of its pages by that.
            return skipped if head.kind in self._keep or skipped.serious else Block(head, b"", offset)
        content = bytes(memoryview(self._buffer)[start : start + head.length]) if head.kind in self._keep else b""
        self._drop(start + head.length)
        return Block(head, content, offset)

    def _fault(self, start: int, end: int) -> str:
        """What is wrong with the block between two bytes; empty if it is whole."""
        while len(self._buffer) < end:
            if not self._more() and not self._absorb():
                return f"truncated: {end - start} bytes announced, {len(self._buffer) - start} there"
        if not self._whole(end):
            return f"bad_length: no record follows the {end - start} bytes announced"
        return "" if self._damage is None else self._damage.error

    def _whole(self, end: int) -> bool:
        """Whether what stands behind byte `end` says that a block ends there."""
        after = end
        while after - end < _LONGEST_GAP:
            match = _BLANK.match(self._buffer, end)
            after = match.end() if match else end
            if after < len(self._buffer) or not self._more():
                break
        rest = bytes(self._buffer[after : after + _OVERLAP])
        return not rest or self._dialect.separator.match(self._buffer, end) is not None or self._dialect.begins(rest)

    def _too_large(self, offset: int, head: Head, start: int) -> Block | Unreadable:
        """Skip a block larger than the limit, by search: its length may be the very thing that is damaged."""
        self._skip(start)
        if head.kind in self._keep:
            self._damage = None  # one place, one row
            return Block(head, None, offset)
        return Block(head, b"", offset) if self._damage is None else self._damaged(offset, self._damage)

    def _skipped(self, offset: int, start: int, error: str) -> Unreadable:
        """Skip, and say what happened; damage to the frame explains all else."""
        if self._damage is not None:
            return self._damaged(offset, self._damage)
        skipped = self._skip(start)
        if self._damage is not None:
            return self._damaged(offset, self._damage)
        unit = "bytes" if self._unpacking.codec == "plain" else "decompressed bytes"
        tail = not self._buffer and self._ahead is None
        error = f"{'unreadable_tail' if tail else 'unreadable'}: {error}, at byte {offset}, {skipped} {unit} skipped"
        return Unreadable(offset, error, serious=tail)

    def _skip(self, start: int) -> int:
        """Drop all up to the next head behind `start`, or to the end of the frame; the bytes dropped."""
        begin = self._base
        start = max(1, start - 1)  # the line end before a head may be part of what we look for
        while True:
            found = self._dialect.find(self._buffer, start)
            if found >= 0:
                self._drop(found)
                break
            self._drop(max(start, len(self._buffer) - _OVERLAP))
            start = 0
            if not self._more():
                self._drop(len(self._buffer))
                break
        return self._base - begin

    def _damaged(self, offset: int, damage: Damage) -> Unreadable:
        """The rest of the frame as one place, its stored bytes counted."""
        self._damage = None
        self._drop(len(self._buffer))
        skipped = damage.end - (damage.at if self._records else damage.frame)
        kind = "unreadable_tail" if damage.tail else "unreadable"
        return Unreadable(offset, f"{kind}: {damage.error}, at byte {damage.at}, {skipped} bytes skipped")

    def _offset(self) -> int:
        """Stored byte at which the front of the buffer begins, as near as the codec allows."""
        return self._base if self._unpacking.codec == "plain" else self._frame

    def _skip_blank(self) -> bool:
        """Drop white space; false at the end of the frame."""
        while True:
            match = _BLANK.match(self._buffer)
            self._drop(match.end() if match else 0)
            if self._buffer:
                return True
            if not self._more():
                return False

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._base += size

    def _more(self) -> bool:
        """Another piece of this frame; false at its end."""
        if self._ended:
            return False
        item = next(self._pieces, None)
        if isinstance(item, Piece) and not item.first:
            self._buffer += item.data
            return True
        self._ended = True
        if isinstance(item, Damage) and item.frame == self._inner:
            self._damage = item
        else:
            self._ahead = item
        return False

    def _absorb(self) -> bool:
        """Go on with the next frame if it does not begin a record: some writers cut records in two."""
        ahead = self._ahead
        if not isinstance(ahead, Piece) or self._dialect.begins(ahead.data.lstrip()):
            return False
        self._buffer += ahead.data
        self._ahead, self._ended, self._inner = None, False, ahead.frame
        return True

    def _next_frame(self) -> bool:
        item = self._ahead if self._ahead is not None else next(self._pieces, None)
        self._ahead = None
        if item is None:
            return False
        self._drop(len(self._buffer))
        self._base, self._records, self._frame, self._inner = 0, 0, item.frame, item.frame
        if isinstance(item, Damage):
            self._damage, self._ended = item, True
        else:
            self._ended = False
            self._buffer += item.data
        return True
