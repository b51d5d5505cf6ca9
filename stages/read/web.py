"""One streamed HTTP answer, from a byte on.

fsspec's own readers fetch blocks, do not look whether a server honoured the range, and leave the connection of a
refused request to the garbage collector. So we only borrow its event loop and session.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from fsspec import AbstractFileSystem
from fsspec.asyn import sync

if TYPE_CHECKING:
    import aiohttp


class WebFile:
    """The body of a URL, open at byte `position`.

    Attributes:
        size: bytes of the whole file, null if the server does not say.
        headers: of the answer.

    Raises:
        aiohttp.ClientError, OSError: as the connection fails; ClientResponseError for a status of 400 and more.
    """

    def __init__(self, store: AbstractFileSystem, url: str, position: int) -> None:
        self._loop = store.loop
        self._answer = sync(self._loop, _get, store, url, position)
        self.headers: Mapping[str, str] = self._answer.headers
        ranged = self._answer.status == 206
        length = self.headers.get("Content-Length", "")
        self.size = int(length) + (position if ranged else 0) if length.isdigit() else None
        if not ranged:  # a server that knows no ranges sends everything again
            self._skip(position)

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""
        data: bytes = sync(self._loop, self._answer.content.read, size)
        return data

    def close(self) -> None:
        """Drop the connection."""
        sync(self._loop, _close, self._answer)

    def _skip(self, left: int) -> None:
        with ExitStack() as undo:
            undo.callback(self.close)
            while left:
                skipped = len(self.read(min(left, 1 << 20)))
                if not skipped:
                    raise ConnectionError(f"ended {left} bytes too early")
                left -= skipped
            undo.pop_all()


async def _get(store: AbstractFileSystem, url: str, position: int) -> "aiohttp.ClientResponse":
    session = await store.set_session()
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={position}-"} if position else {})
    answer: aiohttp.ClientResponse = await session.get(store.encode_url(url), headers=headers)
    if not answer.ok:
        answer.close()
        answer.raise_for_status()
    return answer


async def _close(answer: "aiohttp.ClientResponse") -> None:
    answer.close()
