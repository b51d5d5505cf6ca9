"""The hosts of a batch of URLs: those that are plainly written by a scan over the bytes, the others one by one."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crawlsieve.filters.strings import text_buffers
from crawlsieve.filters.url import canonical_host
from crawlsieve.kernel import kernel


def _byte_kinds() -> tuple[np.ndarray, np.ndarray]:
    """uint8[256] lower case of each byte; int8[256] 0 to 25 for letters, 26 to 35 for digits, -1 for the rest."""
    lower = np.arange(256, dtype=np.uint8)
    lower[0x41:0x5B] += 0x20
    symbol = np.full(256, -1, np.int8)
    symbol[0x30:0x3A] = np.arange(26, 36)
    symbol[0x61:0x7B] = np.arange(26)
    symbol[0x41:0x5B] = np.arange(26)
    return lower, symbol


LOWER, SYMBOL = _byte_kinds()
IN_HOST = np.isin(np.arange(256), np.frombuffer(b"-._", np.uint8)) | (SYMBOL >= 0)
"""bool[256]: bytes that stand for themselves in a host."""


@dataclass(frozen=True)
class Hosts:
    """Host i is data[start[i]:stop[i]], empty where a URL has none; upper case where the URL has it."""

    data: np.ndarray
    """uint8[m]"""
    start: np.ndarray
    """int64[n]"""
    stop: np.ndarray
    """int64[n]"""


def hosts_of(urls: pa.StringArray) -> Hosts:
    """The canonical host of each URL (`filters.url`), but for case. No null in `urls`; "" has no host."""
    data, offsets = text_buffers(urls)
    start, stop = np.empty(len(urls), np.int64), np.empty(len(urls), np.int64)
    odd = np.empty(len(urls), np.bool_)
    _scan_hosts(data, offsets, start, stop, odd)
    if not odd.any():
        return Hosts(data, start, stop)
    names = [(canonical_host(url) or "").encode() for url in urls.filter(pa.array(odd)).to_pylist()]
    ends = len(data) + np.cumsum([0, *map(len, names)])
    start[odd], stop[odd] = ends[:-1], ends[1:]
    return Hosts(np.concatenate([data, np.frombuffer(b"".join(names), np.uint8)]), start, stop)


@kernel
def _scan_hosts(data: np.ndarray, offsets: np.ndarray, start: np.ndarray, stop: np.ndarray, odd: np.ndarray) -> None:
    """Find the host of each URL that is plainly written; set odd bool[n] where `canonical_host` has to.

    Args:
        data: uint8[m]; URL i is data[offsets[i]:offsets[i + 1]].
        offsets: int64[n + 1].
        start: int64[n], written: first byte of the host.
        stop: int64[n], written: behind its last byte.
        odd: bool[n], written.
    """
    for url in range(offsets.size - 1):
        i, end = offsets[url], offsets[url + 1]
        start[url] = stop[url] = i
        odd[url] = True
        while i < end and (SYMBOL[data[i]] >= 0 or data[i] in (0x2B, 0x2D, 0x2E)):  # + - .
            i += 1
        if i == offsets[url] or i + 3 > end or data[i] != 0x3A or data[i + 1] != 0x2F or data[i + 2] != 0x2F:
            continue
        if not 0 <= SYMBOL[data[offsets[url]]] < 26:
            continue
        i += 3
        begin = i
        while i < end and IN_HOST[data[i]]:
            i += 1
        if is_plain_name(data, begin, i) and _is_end_of_host(data, i, end):
            start[url], stop[url] = begin, i
            odd[url] = False


@kernel
def is_plain_name(data: np.ndarray, begin: int, end: int) -> bool:
    """Whether bytes that may stand in a host are a name of two labels or more, and no IPv4 address in any spelling."""
    dots = 0
    last = begin
    for i in range(begin, end):
        if data[i] == 0x2E:
            if i == last:
                return False
            dots += 1
            last = i + 1
    return dots > 0 and last < end and not 0x30 <= data[last] <= 0x39


@kernel
def _is_end_of_host(data: np.ndarray, i: int, end: int) -> bool:
    """Whether a port or nothing, and then the end, a path, a query or a fragment follow."""
    if i < end and data[i] == 0x3A:
        i += 1
        while i < end and 0x30 <= data[i] <= 0x39:
            i += 1
    return i == end or data[i] == 0x2F or data[i] == 0x3F or data[i] == 0x23
