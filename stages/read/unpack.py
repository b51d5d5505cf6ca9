"""Stored bytes to content, gzip member by member or zstd frame by frame, and on past a damaged one.

A crawl is compressed record by record, so a frame that cannot be decompressed costs the record in it, and the search
for the next frame that begins like a record brings us back to its neighbour.
"""

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, Protocol, cast

import zstandard
from isal import isal_zlib

from crawlsieve.stages.read.stored import Stored

Codec = Literal["gzip", "zstd", "plain"]

PIECE = 256 << 10
"""Most bytes in one piece of content."""

_READ = 256 << 10
_GZIP_SLICE = 32 << 10  # what it leaves over is copied: little, so that small members stay cheap
_HEAD = 1024  # bytes of content that do
_PROBE = 4096  # stored bytes that show whether a frame begins like a record
_ZSTD_SLICE = 1024  # a zstd block of 4 bytes may hold 128 KiB: this bounds one call to 32 MiB
_MAGIC = {"gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd"}
_GZIP_ERROR = cast("type[Exception]", isal_zlib.error)  # its stubs call it an instance
_REREAD = 64 << 20
_PROBES = 10_000  # chance makes 60 in a GiB; more are made to keep us busy


class Piece(NamedTuple):
    """Content of the frame that begins at stored byte `frame`; `first` if no content of it came before."""

    data: bytes
    frame: int
    first: bool


class Damage(NamedTuple):
    """The frame that began at stored byte `frame` is unreadable from about `at`; reading goes on at `end`."""

    frame: int
    at: int
    end: int
    error: str
    tail: bool


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...

    def step(self, data: memoryview, limit: int = PIECE) -> tuple[bytes, int]: ...


class _BrokenError(Exception):
    """The frame cannot be decompressed."""


class _Gzip:
    def __init__(self) -> None:
        self._inner = isal_zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    def step(self, data: memoryview, limit: int = PIECE) -> tuple[bytes, int]:
        data = data[:_GZIP_SLICE]
        try:
            out = self._inner.decompress(data, limit)
        except _GZIP_ERROR as error:
            raise _BrokenError(f"gzip {str(error).rpartition(': ')[2]}") from error
        rest = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
        return out, len(data) - len(rest)


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor().decompressobj()
        self.eof = False

    def step(self, data: memoryview, limit: int = PIECE) -> tuple[bytes, int]:
        del limit  # zstandard has none; the slice bounds what comes out
        data = data[:_ZSTD_SLICE]
        try:
            out = self._inner.decompress(data)
        except zstandard.ZstdError as error:
            raise _BrokenError(f"zstd {str(error).rpartition(': ')[2]}") from error
        self.eof = self._inner.eof
        return out, len(data) - len(self._inner.unused_data)


def codec_of(name: str, head: bytes) -> Codec:
    """How a file is compressed: by its name, unless its first bytes are those of another codec or of a record."""
    for codec, magic in _MAGIC.items():
        if head.startswith(magic):
            return "gzip" if codec == "gzip" else "zstd"
    if head.startswith((b"WARC/", b"filedesc:", b'{"', b"PAR1")):  # long enough to be no damaged byte
        return "plain"
    if name.endswith(".gz"):
        return "gzip"
    return "zstd" if name.endswith((".zst", ".zstd")) else "plain"


class Unpacking:
    """The content of a file, as an iterator of pieces and damages.

    Args:
        stored: the file, at its first byte.
        codec: how it is compressed. `plain` is one frame at byte 0.
        begins: whether content begins like a record; null if frames are no records, so that nothing after a damage
            can be trusted.
    """

    def __init__(self, stored: Stored, codec: Codec, begins: Callable[[bytes], bool] | None) -> None:
        self.stored = stored
        self.codec = codec
        self.bytes_decoded = 0
        self._begins = begins
        self._data = memoryview(b"")
        self._reread = 0

    def __iter__(self) -> Iterator[Piece | Damage]:
        frames = self._plain() if self.codec == "plain" else self._frames()
        for item in frames:
            if isinstance(item, Piece):
                self.bytes_decoded += len(item.data)
            yield item

    def _plain(self) -> Iterator[Piece]:
        first = True
        while data := self.stored.read(_READ):
            yield Piece(data, 0, first)
            first = False

    def _frames(self) -> Iterator[Piece | Damage]:
        while self._skip_padding():
            frame = self._position()
            try:
                yield from self._frame(frame)
            except _BrokenError as error:
                at = self._position()
                tail = not self._resynchronise(frame, at)
                yield Damage(frame, at, self._position(), str(error), tail)

    def _frame(self, frame: int) -> Iterator[Piece]:
        decoder: _Decoder = _Gzip() if self.codec == "gzip" else _Zstd()
        first = True
        while not decoder.eof:
            if not self._data and not self._fill():
                raise _BrokenError(f"{self.codec} data ends early")
            data, used = decoder.step(self._data)
            self._data = self._data[used:]
            if data or (decoder.eof and first):
                yield Piece(data, frame, first)
                first = False

    def _position(self) -> int:
        """The stored byte that comes next."""
        return self.stored.tell() - len(self._data)

    def _fill(self) -> bool:
        self._data = memoryview(self.stored.read(_READ))
        return bool(self._data)

    def _skip_padding(self) -> bool:
        """Drop zero bytes between frames and zstd's skippable frames; false at the end of the file."""
        while self._data or self._fill():
            if self.codec == "gzip":
                if self._data[0]:
                    return True
                self._data = memoryview(bytes(self._data).lstrip(b"\0"))
                continue
            while len(self._data) < 8 and (more := self.stored.read(_READ)):
                self._data = memoryview(bytes(self._data) + more)
            if self._data[0] & 0xF0 != 0x50 or bytes(self._data[1:4]) != b"\x2a\x4d\x18":
                return True
            self._skip(8 + int.from_bytes(self._data[4:8], "little"))
        return False

    def _skip(self, size: int) -> None:
        while size and (self._data or self._fill()):
            step = min(size, len(self._data))
            self._data = self._data[step:]
            size -= step

    def _resynchronise(self, frame: int, at: int) -> bool:
        """Stand before the next frame after byte `frame` that begins like a record; false at the end of the file."""
        # Nested stored blocks could make us read the same bytes again and again: no more than what was read, twice.
        self._reread += at - frame
        hopeless = self._begins is None or self._reread > 2 * at + _REREAD
        magic = re.compile(re.escape(_MAGIC[self.codec]))
        window, more, probes, self._data = b"", b"-", 0, memoryview(b"")
        if not hopeless:
            self.stored.seek(frame + 1)
        while more:
            more = self.stored.read(_READ)
            if hopeless:  # the rest is read for the checksum of the file only
                continue
            window += more
            searched = max(0, len(window) - _PROBE) if more else len(window)
            for match in magic.finditer(window):
                probes += 1
                hopeless = probes > _PROBES
                if hopeless or match.start() >= searched:
                    break
                if self._plausible(window[match.start() : match.start() + _PROBE]):
                    self._data = memoryview(window)[match.start() :]
                    return True
            window = window[searched:]
        return False

    def _plausible(self, data: bytes) -> bool:
        decoder: _Decoder = _Gzip() if self.codec == "gzip" else _Zstd()
        try:
            content, _ = decoder.step(memoryview(data), _HEAD)
        except _BrokenError:
            return False
        return self._begins is not None and self._begins(content[:_HEAD])
