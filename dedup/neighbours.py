"""Which documents of a corpus are like some that are known: exact Jaccard similarity, no signatures, no bands.

An inverted index of the shingles of a few documents; every other document is looked up in it once. Nothing is missed,
so that what a locality-sensitive hash missed can be counted. (A wider hash would do with a chance to miss, too.)
"""

from typing import NamedTuple

import numpy as np

from crawlsieve.dedup.shingles import Shingles
from crawlsieve.kernel import kernel


class Alike(NamedTuple):
    """Pairs of a document that was looked up and a known one."""

    row: np.ndarray
    """int64[k]: which of the documents looked up."""
    known: np.ndarray
    """int64[k]: which of the known ones."""
    jaccard: np.ndarray
    """float64[k]: shingles that both have, of those that either has."""
    containment: np.ndarray
    """float64[k]: shingles that both have, of those of the one that has fewer."""


class Neighbours:
    """Known documents by their shingles.

    Args:
        known: their shingles.

    Memory: 28 bytes a shingle.
    """

    def __init__(self, known: Shingles) -> None:
        sets = distinct(known)
        self.sizes = np.diff(sets.first)
        owners = np.repeat(np.arange(len(self.sizes)), self.sizes)
        order = np.argsort(sets.hash, kind="stable")
        self._owners = owners[order]
        self._hashes, starts = np.unique(sets.hash[order], return_index=True)
        self._starts = np.append(starts, len(order)).astype(np.int64)

    def alike(self, others: Shingles, least: float) -> Alike:
        """Pairs whose Jaccard similarity is at least `least`, more than 0; ascending by row, then by known document.

        Cost: a binary search a shingle, and 4 bytes for each pair of a known document and another.
        """
        shared = np.zeros((len(others.first) - 1, len(self.sizes)), np.int32)
        if len(self._hashes) == 0:
            return Alike(*(np.empty(0, kind) for kind in (np.int64, np.int64, np.float64, np.float64)))
        place = np.minimum(np.searchsorted(self._hashes, others.hash), len(self._hashes) - 1)
        place[self._hashes[place] != others.hash] = -1
        last = np.full(len(self._hashes), -1, np.int64)
        _count(others.first, place, (self._starts, self._owners), last, shared)
        # Both sets have the shared shingles, so that the union is no smaller than the known set.
        row, known = np.nonzero((shared > 0) & (shared >= least * self.sizes * (1 - 1e-12)))
        both = shared[row, known].astype(np.int64)
        counts = {
            r: len(np.unique(others.hash[others.first[r] : others.first[r + 1]])) for r in np.unique(row).tolist()
        }
        own, other = self.sizes[known], np.array([counts[r] for r in row.tolist()], np.int64)
        jaccard, containment = both / (own + other - both), both / np.minimum(own, other)
        enough = jaccard >= least
        return Alike(row[enough], known[enough], jaccard[enough], containment[enough])


def distinct(shingles: Shingles) -> Shingles:
    """The sets: each document's hashes in ascending order, each once."""
    first, hashes = shingles
    sets = [np.unique(hashes[first[doc] : first[doc + 1]]) for doc in range(len(first) - 1)]
    starts = np.cumsum([0, *(len(one) for one in sets)]).astype(np.int64)
    return Shingles(starts, np.concatenate(sets) if sets else np.empty(0, np.uint64))


@kernel
def _count(
    first: np.ndarray,
    place: np.ndarray,
    postings: tuple[np.ndarray, np.ndarray],
    last: np.ndarray,
    shared: np.ndarray,
) -> None:
    """Set shared int32[n, known], 0 before, to how many different shingles each pair of documents shares.

    Args:
        first: int64[n + 1], where the shingles of each document begin.
        place: int64[k], of each shingle among the hashes that are known, -1 of others.
        postings: int64[h + 1], where the owners of each hash begin, and int64, the owners.
        last: int64[h], -1; the last document that had the hash, so that it counts once.
        shared: the result.
    """
    starts, owners = postings
    for doc in range(first.size - 1):
        for i in range(first[doc], first[doc + 1]):
            at = place[i]
            if at >= 0 and last[at] != doc:
                last[at] = doc
                for j in range(starts[at], starts[at + 1]):
                    shared[doc, owners[j]] += 1
