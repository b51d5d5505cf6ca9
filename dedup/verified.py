"""Near-duplicates that are verified: documents of a bucket are compared, and the rule of `select` walks the pairs.

A document is compared with the first `most` documents (in total order) of each of its buckets, so a bucket with half of
the corpus costs `most` comparisons a document, not half of the corpus. Rows come sorted, in batches; what is carried
from one to the next is a bucket's first documents, and the ids that are removed.
"""

import numpy as np

from crawlsieve.kernel import inlined, kernel

_ROOM = 1024
_NOTHING = np.zeros(2, np.uint64)


def bucket_starts(keys: np.ndarray) -> np.ndarray:
    """int64[n]: the row where the bucket of each row begins, for int64[n] keys of which equal ones are neighbours."""
    new = np.ones(len(keys), np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    starts: np.ndarray = np.maximum.accumulate(np.where(new, np.arange(len(keys)), 0))
    return starts


def pairs(starts: np.ndarray, rows: range, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Whom to compare: every one of `rows` with the first documents of its bucket that come before it.

    Args:
        starts: int64[n] of `bucket_starts`; rows of a bucket are in total order.
        rows: neighbouring rows of those.
        most: documents of a bucket that others are compared with.

    Returns:
        (int64[m], int64[m]): the later row of each pair, ascending, and the earlier one, ascending for each later.
    """
    numbers = np.arange(rows.start, rows.stop)
    begins = starts[rows.start : rows.stop]
    counts = np.minimum(numbers - begins, most)
    later = np.repeat(numbers, counts)
    place = np.arange(len(later)) - np.repeat(np.cumsum(counts) - counts, counts)
    return later, np.repeat(begins, counts) + place


def signature_similarity(signatures: np.ndarray, later: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """float64[m]: estimated Jaccard similarity, the share of places where two signatures agree (Broder 1997).

    Args:
        signatures: unsigned[n, permutations].
        later: int64[m], row of one document of each pair.
        earlier: int64[m], row of the other.
    """
    equal = np.empty(len(later), np.int64)
    _count_equal(signatures, later, earlier, equal)
    similarity: np.ndarray = equal / signatures.shape[1]
    return similarity


def shingle_similarity(
    shingles: tuple[np.ndarray, np.ndarray], later: np.ndarray, earlier: np.ndarray, *, containment: bool
) -> np.ndarray:
    """float64[m]: similarity of sets of shingles; 0 where both are empty.

    Args:
        shingles: hashes uint64[k], ascending and each once within a document, and int64[n + 1], where documents begin.
        later: int64[m], row of one document of each pair.
        earlier: int64[m], row of the other.
        containment: how much of the smaller set is in the other (Broder 1997), instead of Jaccard.
    """
    hashes, first = shingles
    shared = np.empty(len(later), np.int64)
    _count_shared(hashes, first, later, earlier, shared)
    sizes = np.diff(first)
    one, other = sizes[later], sizes[earlier]
    whole = np.minimum(one, other) if containment else one + other - shared
    similarity: np.ndarray = shared / np.maximum(whole, 1)
    return similarity


class PairWalk:
    """The rule, over pairs sorted by the later document's place in total order, then the earlier one's.

    A document is removed by its first pair whose earlier document was not removed itself.
    """

    def __init__(self) -> None:
        self._removed = np.zeros((_ROOM, 2), np.uint64)  # open addressing; an id of zeros is held beside
        self._state = np.zeros(3, np.int64)  # ids in the table; whether zeros is removed; whether `_last` is
        self._last = _NOTHING

    def walk(self, later: np.ndarray, earlier: np.ndarray) -> np.ndarray:
        """int64[k], ascending: the pairs of this batch by which documents are removed, one for each of them.

        Args:
            later: uint64[m, 2], id of the later document; pairs of a document may go over batches.
            earlier: uint64[m, 2].
        """
        while 2 * (self._state[0] + len(later)) > len(self._removed):
            self._grow()
        by = np.empty(len(later), np.int64)
        found = _walk(later, earlier, self._removed, (self._state, self._last), by)
        if len(later):
            self._last = later[-1].copy()
        return by[:found]

    def _grow(self) -> None:
        wider = np.zeros((2 * len(self._removed), 2), np.uint64)
        _move(self._removed, wider)
        self._removed = wider


@kernel
def _count_equal(signatures: np.ndarray, later: np.ndarray, earlier: np.ndarray, equal: np.ndarray) -> None:
    """Set equal[i] to the number of places where the signatures of pair i agree."""
    for i in range(later.size):
        one, other, total = later[i], earlier[i], 0
        for j in range(signatures.shape[1]):
            total += int(signatures[one, j] == signatures[other, j])
        equal[i] = total


@kernel
def _count_shared(
    hashes: np.ndarray, first: np.ndarray, later: np.ndarray, earlier: np.ndarray, shared: np.ndarray
) -> None:
    """Set shared[i] to the number of hashes that both sets of pair i have: one merge a pair."""
    for i in range(later.size):
        a, b = first[later[i]], first[earlier[i]]
        last, end = first[later[i] + 1], first[earlier[i] + 1]
        total = 0
        while a < last and b < end:
            total += int(hashes[a] == hashes[b])
            ahead = hashes[a] <= hashes[b]
            b += int(hashes[b] <= hashes[a])
            a += int(ahead)
        shared[i] = total


@inlined
def _slot(table: np.ndarray, high: np.uint64, low: np.uint64) -> np.int64:
    """Where the id is in the table, or would be; ids are hashes already."""
    mask = np.int64(table.shape[0] - 1)
    place = np.int64(low) & mask
    while (table[place, 0] | table[place, 1]) != 0 and (table[place, 0] != high or table[place, 1] != low):
        place = (place + 1) & mask
    return place


@kernel
def _move(table: np.ndarray, wider: np.ndarray) -> None:
    """Put every id of a table into another, which has room for them."""
    for i in range(table.shape[0]):
        if (table[i, 0] | table[i, 1]) != 0:
            place = _slot(wider, table[i, 0], table[i, 1])
            wider[place, 0], wider[place, 1] = table[i, 0], table[i, 1]


@kernel
def _walk(
    later: np.ndarray,
    earlier: np.ndarray,
    removed: np.ndarray,
    carried: tuple[np.ndarray, np.ndarray],
    by: np.ndarray,
) -> int:
    """Fill `by` with the pairs that remove a document, return how many; the arguments of `PairWalk` are updated."""
    state, last = carried
    high, low, gone = last[0], last[1], state[2] != 0
    found = 0
    for i in range(later.shape[0]):
        if later[i, 0] != high or later[i, 1] != low:
            high, low, gone = later[i, 0], later[i, 1], False
        if gone:
            continue
        one, other = earlier[i, 0], earlier[i, 1]
        if (one | other) == 0:
            gone = state[1] == 0
        else:
            place = _slot(removed, one, other)
            gone = (removed[place, 0] | removed[place, 1]) == 0
        if not gone:
            continue
        by[found] = i
        found += 1
        if (high | low) == 0:
            state[1] = 1
        else:
            place = _slot(removed, high, low)
            removed[place, 0], removed[place, 1] = high, low
            state[0] += 1
    state[2] = int(gone)
    return found
