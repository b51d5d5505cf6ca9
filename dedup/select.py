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
"""In place of a bucket: no other document has the key. In place of a twin or band: there is none."""


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
        keys: int64[n, bands], the band keys of documents in total order; fastest in Fortran's order, band by band.
        present: bool[n], false for a document without shingles: its keys mean nothing, it is kept.

    Cost: two sorts a band, of n numbers and of those that occur twice, then n * bands steps; a million equal documents
    cost no more than others. Memory beside `keys`: 4 bytes a document and band, and at most 50 a document.
    """
    buckets, first = shared_buckets(keys, present)
    twin = np.full(len(keys), ALONE, np.int64)
    band = np.full(len(keys), ALONE, np.int32)
    _walk(buckets, first, np.full(int(first[-1]), ALONE, np.int64), twin, band)
    return Selection(twin, band)


def shared_buckets(keys: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers instead of keys: those that several documents have are 0, 1, ... in each band, the others -1.

    Args:
        keys: int64[n, bands].
        present: bool[n], as in `select`.

    Returns:
        (int32[n, bands], int64[bands + 1]: how many shared keys the bands before each have).
    """
    n, bands = keys.shape
    buckets = np.full((n, bands), ALONE, np.int32, order="F")
    first = np.zeros(bands + 1, np.int64)
    rows = np.flatnonzero(present)
    scratch = np.empty(len(rows), np.int64), np.empty(len(rows), np.bool_)
    for band in range(bands):
        column = keys[:, band] if len(rows) == n else keys[rows, band]
        some = _maybe_shared(column, *scratch)
        column = column[some]
        first[band + 1] = first[band] + _number(column, np.argsort(column), rows[some], buckets[:, band])
    return buckets, first


def _maybe_shared(column: np.ndarray, ordered: np.ndarray, found: np.ndarray) -> np.ndarray:
    """int64[m]: places of all values of int64[k] that occur twice, and of few others.

    Most keys of a corpus are found once. A sort of the numbers alone is several times faster than one that remembers
    where they came from, and leaves little for that. `ordered`, int64[k], and `found`, bool[k], are room to work in:
    memory that is new for each band would be given by the system page by page, again and again.
    """
    ordered[:] = column
    ordered.sort()
    np.equal(ordered[1:], ordered[:-1], out=found[1:])
    found[:1] = False
    twice = ordered[found]
    bits = max(6, int(8 * len(twice) + 1).bit_length())
    table = np.zeros(1 << (bits - 6), np.uint64)
    _mark(twice, table, bits)
    return np.flatnonzero(_marked(column, table, bits, found))


@inlined
def _spread(value: int, bits: int) -> np.uint64:
    """The `bits` top bits of a product (Fibonacci hashing, Knuth volume 3, section 6.4)."""
    return (np.uint64(value) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - bits)


@kernel
def _mark(values: np.ndarray, table: np.ndarray, bits: int) -> None:
    """Set the bit of each value in a table of 2**bits bits."""
    for i in range(values.size):
        place = _spread(values[i], bits)
        table[place >> np.uint64(6)] |= np.uint64(1) << (place & np.uint64(63))


@kernel
def _marked(values: np.ndarray, table: np.ndarray, bits: int, found: np.ndarray) -> np.ndarray:
    """`found`, bool[k], with whether the bit of each value is set."""
    for i in range(values.size):
        place = _spread(values[i], bits)
        found[i] = table[place >> np.uint64(6)] >> (place & np.uint64(63)) & np.uint64(1)
    return found


@kernel
def _number(column: np.ndarray, order: np.ndarray, rows: np.ndarray, number: np.ndarray) -> int:
    """Set number[row] of every row whose value occurs more than once to 0, 1, ... per value; return how many.

    Args:
        column: int64[k], the value of each of `rows`.
        order: int64[k], sorts `column`.
        rows: int64[k].
        number: int32[n], written at shared values only; any stride.
    """
    found, i = 0, 0
    while i < order.size:
        j = i + 1
        while j < order.size and column[order[j]] == column[order[i]]:
            j += 1
        if j - i > 1:
            for k in range(i, j):
                number[rows[order[k]]] = found
            found += 1
        i = j
    return found


@kernel
def _walk(buckets: np.ndarray, first: np.ndarray, holder: np.ndarray, twin: np.ndarray, band: np.ndarray) -> None:
    """Fill twin and band of every document, in order.

    Args:
        buckets: int32[n, bands].
        first: int64[bands + 1].
        holder: int64[first[-1]], -1; becomes the kept document of each bucket, of which there is never a second.
        twin: int64[n], -1.
        band: int32[n], -1.
    """
    for i in range(buckets.shape[0]):
        best, where = np.int64(-1), np.int32(-1)
        for j in range(buckets.shape[1]):
            if buckets[i, j] >= 0:
                kept = holder[first[j] + buckets[i, j]]
                if kept >= 0 and (best < 0 or kept < best):
                    best, where = kept, np.int32(j)
        twin[i], band[i] = best, where
        if best >= 0:
            continue
        for j in range(buckets.shape[1]):
            if buckets[i, j] >= 0:
                holder[first[j] + buckets[i, j]] = i
