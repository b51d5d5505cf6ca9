"""Which URLs a list names: domains by hashes of their suffixes, words and parts of words by a scan over the bytes.

Hosts and words are compared by 64-bit FNV-1a hashes (Fowler, Noll, Vo), mixed. A list of 5 million domains takes 40 MB,
and a host with four labels is taken for one of them by chance once in 10**12.
"""

from collections import deque
from collections.abc import Iterable

import numpy as np

from crawlsieve.filters.url_hosts import IN_HOST, LOWER, SYMBOL, Hosts, is_plain_name
from crawlsieve.kernel import inlined, kernel

_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x00000100000001B3)
_SHIFT = np.uint64(33)
_MIX = np.uint64(0xFF51AFD7ED558CCD)

_SYMBOLS = 36
"""Letters and digits, the alphabet of the automaton."""

SKIPPED, DOMAIN, OTHER = 0, 1, 2
"""What a line of a list is: nothing (blank, comment), a plain domain, or for Python to see."""


def distinct(hashes: np.ndarray) -> np.ndarray:
    """The values of uint64[n], sorted, each once; sorts `hashes` in place. (numpy.unique takes ten times as long.)"""
    hashes.sort()
    return hashes[np.concatenate([[True], hashes[1:] != hashes[:-1]])] if len(hashes) else hashes


def is_among(hashes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """bool[n]: which of uint64[n] are in sorted uint64[k] `known`."""
    if len(known) == 0:
        return np.zeros(len(hashes), np.bool_)
    at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    found: np.ndarray = known[at] == hashes
    return found


def host_hash(host: str) -> int:
    """The hash of a host in its canonical form (`filters.url`), as a list of domains holds it."""
    data = np.frombuffer(host.encode("utf-8", "surrogatepass"), np.uint8)
    return int(_suffix_hash(data, 0, len(data)))


def word_hash(word: str) -> int:
    """The hash of a word of ASCII letters and digits."""
    data = np.frombuffer(word.encode("ascii"), np.uint8)
    return int(_word_hash(data, 0, len(data)))


def automaton(parts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """An Aho-Corasick automaton (1975, doi:10.1145/360825.360855) over ASCII letters and digits, case ignored.

    Returns:
        (int32[s, 36]: next state for each symbol; bool[s]: a part ends here). State 0 is the start.

    Raises:
        ValueError: a part is empty, or has anything else in it.
    """
    trie: list[list[int]] = [[0] * _SYMBOLS]
    ends = [False]
    for part in parts:
        if not (part.isascii() and part.isalnum()):
            raise ValueError("a part has ASCII letters and digits, and at least one")
        state = 0
        for symbol in SYMBOL[np.frombuffer(part.encode("ascii"), np.uint8)].tolist():
            if not trie[state][symbol]:
                trie[state][symbol] = len(trie)
                trie.append([0] * _SYMBOLS)
                ends.append(False)
            state = trie[state][symbol]
        ends[state] = True

    fallback = [0] * len(trie)
    waiting = deque(child for child in trie[0] if child)
    while waiting:
        state = waiting.popleft()
        ends[state] = ends[state] or ends[fallback[state]]
        for symbol, child in enumerate(trie[state]):
            beside = trie[fallback[state]][symbol]
            if child:
                fallback[child] = beside
                waiting.append(child)
            else:
                trie[state][symbol] = beside
    return np.array(trie, np.int32), np.array(ends, np.bool_)


def match_hosts(hosts: Hosts, known: np.ndarray) -> np.ndarray:
    """bool[n]: hosts that have their hash, or that of a parent domain, in sorted uint64[k] `known`."""
    found = np.zeros(len(hosts.start), np.bool_)
    _match_hosts(hosts.data, hosts.start, hosts.stop, known, found)
    return found


def match_words(data: np.ndarray, offsets: np.ndarray, known: np.ndarray, at_least: int) -> np.ndarray:
    """bool[n]: URLs with at least `at_least` different words that have their hash in sorted uint64[k] `known`.

    A word is a run of ASCII letters and digits, case ignored.

    Args:
        data: uint8[m]; URL i is data[offsets[i]:offsets[i + 1]].
        offsets: int64[n + 1].
        known: see above.
        at_least: 1 or more.
    """
    found = np.zeros(len(offsets) - 1, np.bool_)
    _match_words(data, offsets, known, np.zeros(at_least, np.uint64), found)
    return found


def match_parts(data: np.ndarray, offsets: np.ndarray, follow: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """bool[n]: URLs with a part of the automaton in their ASCII letters and digits, all else left out, case ignored."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    _match_parts(data, offsets, follow, ends, found)
    return found


@kernel
def _match_hosts(data: np.ndarray, start: np.ndarray, stop: np.ndarray, known: np.ndarray, found: np.ndarray) -> None:
    """Set found bool[n]; see `match_hosts`."""
    for host in range(start.size):
        h = _BASIS
        i = stop[host]
        while i > start[host] and not found[host]:
            i -= 1
            if data[i] == 0x2E:
                found[host] = _contains(known, _mixed(h))
            h = (h ^ np.uint64(LOWER[data[i]])) * _PRIME
        if not found[host] and stop[host] > start[host]:
            found[host] = _contains(known, _mixed(h))


@kernel
def _match_words(data: np.ndarray, offsets: np.ndarray, known: np.ndarray, seen: np.ndarray, found: np.ndarray) -> None:
    """Set found bool[n]; see `match_words`. The size of `seen` is how many words are enough."""
    for url in range(offsets.size - 1):
        i, end, count = offsets[url], offsets[url + 1], 0
        while i < end and count < seen.size:
            begin = i
            while i < end and SYMBOL[data[i]] >= 0:
                i += 1
            if i > begin:
                h = _word_hash(data, begin, i)
                if _contains(known, h) and h not in seen[:count]:
                    seen[count] = h
                    count += 1
            i += 1
        found[url] = count == seen.size


@kernel
def _match_parts(
    data: np.ndarray, offsets: np.ndarray, follow: np.ndarray, ends: np.ndarray, found: np.ndarray
) -> None:
    """Set found bool[n]; see `match_parts`."""
    for url in range(offsets.size - 1):
        state = 0
        for i in range(offsets[url], offsets[url + 1]):
            symbol = SYMBOL[data[i]]
            if symbol >= 0:
                state = follow[state, symbol]
                if ends[state]:
                    found[url] = True
                    break


@kernel
def scan_entries(data: np.ndarray, starts: np.ndarray, kind: np.ndarray, hashes: np.ndarray) -> None:
    """What the lines of a list of domains and URLs are.

    Args:
        data: uint8[m], whole lines.
        starts: int64[n + 1], line i is data[starts[i]:starts[i + 1]], its line break included.
        kind: uint8[n], written: SKIPPED, DOMAIN or OTHER.
        hashes: uint64[n, 2], written for DOMAIN: of the domain, and of its parent domain (0 where it has none).
    """
    for line in range(starts.size - 1):
        i, end = starts[line], starts[line + 1]
        while i < end and data[end - 1] <= 0x20:
            end -= 1
        while i < end and data[i] <= 0x20:
            i += 1
        if i == end or data[i] == 0x23:  # a comment
            kind[line] = SKIPPED
            continue
        at = i
        while at < end and IN_HOST[data[at]]:
            at += 1
        if at < end or not is_plain_name(data, i, end):
            kind[line] = OTHER
            continue
        kind[line] = DOMAIN
        hashes[line, 0] = _suffix_hash(data, i, end)
        while data[i] != 0x2E:
            i += 1
        hashes[line, 1] = _suffix_hash(data, i + 1, end)


@kernel
def _suffix_hash(data: np.ndarray, begin: int, end: int) -> np.uint64:
    """Hash of data[begin:end] from its last byte to its first, so that a host's hash passes through its parents'."""
    h = _BASIS
    for i in range(end - 1, begin - 1, -1):
        h = (h ^ np.uint64(LOWER[data[i]])) * _PRIME
    return _mixed(h)


@kernel
def _word_hash(data: np.ndarray, begin: int, end: int) -> np.uint64:
    """Hash of data[begin:end], case ignored."""
    h = _BASIS
    for i in range(begin, end):
        h = (h ^ np.uint64(LOWER[data[i]])) * _PRIME
    return _mixed(h)


@inlined
def _mixed(h: np.uint64) -> np.uint64:
    """The hash with its high bits spread to the low ones and back."""
    h = (h ^ (h >> _SHIFT)) * _MIX
    return h ^ (h >> _SHIFT)


@kernel
def _contains(known: np.ndarray, wanted: np.uint64) -> bool:
    """Whether sorted uint64[k] has the value."""
    low, high = 0, known.size
    while low < high:
        middle = (low + high) // 2
        if known[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low < known.size and known[low] == wanted
