"""Near-duplicates: which documents stay, where equal band keys say that two are alike.

**The rule.** Walk the documents in their total order. A document is removed if and only if it shares a band key with a
document that was kept. The kept set is the lexicographically first maximal independent set of the graph of shared keys:
unique, whatever the schedule. Chains do not collapse (of A ~ B ~ C it keeps A and C), and the best copy survives.

The twin of a removed document is the first kept one in total order that shares a key with it, and `band` the lowest
band that the two share.
"""

from dataclasses import dataclass

import numpy as np

from crawlsieve.kernel import inlined, kernel

ALONE = -1
"""In place of a twin or band: there is none."""

_U = np.uint64


@dataclass(frozen=True)
class Selection:
    """What became of n documents.

    Attributes:
        twin: int64[n], the position of the document that each was removed for, -1 where it is kept.
        band: int32[n], the lowest band shared with it, -1 where it is kept.
    """

    twin: np.ndarray
    band: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """bool[n]."""
        return self.twin < 0


def select(keys: np.ndarray, present: np.ndarray) -> Selection:
    """Walk documents that are all in memory.

    Args:
        keys: int64[n, bands], n < 2**31, the band keys of documents in total order; fastest in Fortran's order, band by
            band.
        present: bool[n], false for a document without shingles: its keys mean nothing, it is kept.

    Cost: a sort of n numbers a band, then a step for each key that an earlier document has; a million equal documents
    cost no more than others. Memory beside `keys`: 4 1/8 bytes a document and band, and 13 a document, or 80 at most
    (some not present, and keys that are made to have one hash).
    """
    if present.all():
        return _select(keys, slice(None), len(keys))
    rows = np.flatnonzero(present)
    found = _select(keys, rows, len(rows))
    twin = np.full(len(keys), ALONE, np.int64)
    band = np.full(len(keys), ALONE, np.int32)
    removed = rows[~found.kept]
    twin[removed] = rows[found.twin[~found.kept]]
    band[rows] = found.band
    return Selection(twin, band)


def _select(keys: np.ndarray, rows: np.ndarray | slice, count: int) -> Selection:
    """`select` among `count` rows, as if there were no others."""
    bands = keys.shape[1]
    first = np.empty((count, bands), np.int32, order="F")
    later = np.zeros((bands, count // 64 + 1), np.uint64)
    room = np.empty(count, np.uint64)
    for band in range(bands):
        _link(keys[rows, band], room, first[:, band], later[band])
    twin = room.view(np.int64)  # memory that the system has given already, page by page
    found = Selection(twin, np.empty(count, np.int32))
    _walk(first, later, np.zeros(count // 64 + 1, np.uint64), found.twin, found.band)
    return found


def _link(column: np.ndarray, room: np.ndarray, first: np.ndarray, later: np.ndarray) -> None:
    """Name the first document that has each key, for all others that have it.

    What is sorted is one number a document: the top bits of its hashed key, its tag, and below them its position. So
    nothing need be looked up afterwards but what shares a tag; most keys of a corpus are found once.

    Args:
        column: int64[n], a key of each document.
        room: uint64[n] to work in.
        first: int32[n], written where `later` is.
        later: uint64[n / 64], zeros; the bit of each document is set whose key an earlier one has.
    """
    low = len(column).bit_length()
    _tag(column, low, room)
    room.sort()
    tagged = room[: _repeated(room, low)]
    odd = tagged[: _join(tagged, low, column, first, later)]
    if len(odd):
        _, number = np.unique(column[odd], return_inverse=True)
        odd |= number.astype(np.uint64) << _U(low)
        odd.sort()
        _join(odd, low, column, first, later)


@kernel
def _tag(column: np.ndarray, low: int, tagged: np.ndarray) -> None:
    """uint64[n]: the hash of each key (Fibonacci hashing, Knuth volume 3, section 6.4), its `low` bits the position."""
    high = ~((_U(1) << _U(low)) - _U(1))
    for i in range(column.size):
        tagged[i] = (_U(column[i]) * _U(0x9E3779B97F4A7C15)) & high | _U(i)


@kernel
def _repeated(tagged: np.ndarray, low: int) -> np.int64:
    """Move all numbers whose tag occurs more than once to the front of uint64[n], sorted; return how many they are.

    Without a branch, which would be guessed wrong for most of them: int() in place of np.int64() makes one.
    """
    found, above = np.int64(0), False
    for i in range(tagged.size - 1):
        one = tagged[i]
        below = (one ^ tagged[i + 1]) >> _U(low) == _U(0)
        tagged[found] = one
        found += np.int64(above | below)
        above = below
    if above:
        tagged[found] = tagged[tagged.size - 1]
        found += np.int64(1)
    return found


@kernel
def _join(tagged: np.ndarray, low: int, column: np.ndarray, first: np.ndarray, later: np.ndarray) -> int:
    """Fill `first` and `later`, as in `_link`, for documents whose keys are equal to the first one's of their tag.

    The others, of which there are few, go to the front of `tagged`, uint64[m], without their tags: all the documents
    of their keys. Returns how many they are.
    """
    position = (_U(1) << _U(low)) - _U(1)
    odd, start = 0, _U(0)
    for i in range(tagged.size):
        if i == 0 or (tagged[i] ^ start) > position:
            start = tagged[i]
            continue
        one, other = start & position, tagged[i] & position
        if column[one] == column[other]:
            first[other] = np.int32(one)
            later[other >> _U(6)] |= _U(1) << (other & _U(63))
        else:
            tagged[odd] = other
            odd += 1
    return odd


@inlined
def _has(bits: np.ndarray, i: int | np.int64) -> np.bool_:
    """Bit i of uint64[n / 64]."""
    return np.bool_(bits[i >> 6] >> _U(i & 63) & _U(1))


@inlined
def _first_kept(first: np.ndarray, later: np.ndarray, kept: np.ndarray, i: int) -> tuple[np.int64, np.int32]:
    """The first kept document that shares a key with document i, and the first band of that key; or -1, -1."""
    best, where = np.int64(ALONE), np.int32(ALONE)
    for band in range(first.shape[1]):
        if _has(later[band], i):
            holder = np.int64(first[i, band])
            if not _has(kept, holder):
                holder = np.int64(first[holder, band])
            if holder >= 0 and (best < 0 or holder < best):
                best, where = holder, np.int32(band)
    return best, where


@kernel
def _walk(first: np.ndarray, later: np.ndarray, kept: np.ndarray, twin: np.ndarray, band: np.ndarray) -> None:
    """Fill twin and band of every document, in order.

    The kept document of a key, of which there is never a second, is the first that has the key or, if that was removed,
    stands in the first one's place in `first`, which is free: none before it has the key.

    Args:
        first: int32[n, bands], the first document that has each key, where it is another one.
        later: uint64[bands, n / 64], bits: whether it is.
        kept: uint64[n / 64], zeros; becomes bits.
        twin: int64[n].
        band: int32[n].
    """
    some = _U(0)
    for i in range(first.shape[0]):
        if i & 63 == 0:
            some = _U(0)
            for j in range(first.shape[1]):
                some |= later[j, i >> 6]
        twin[i], band[i] = ALONE, ALONE
        if some >> _U(i & 63) & _U(1):
            twin[i], band[i] = _first_kept(first, later, kept, i)
            for j in range(first.shape[1]):
                if twin[i] >= 0:
                    first[i, j] = ALONE
                elif _has(later[j], i):
                    first[first[i, j], j] = i
        kept[i >> 6] |= _U(twin[i] < 0) << _U(i & 63)
