"""The rule of `select` in rounds, for more documents than one machine walks: what is first in all of its buckets stays.

A round has two steps, each over sorted rows that go by as a stream. In a bucket, the first document that is not removed
is its head, and all behind it are blocked by the head, or removed by it once it is kept. A document that is head of all
its buckets is kept. Each round decides at least the first undecided document of each connected part; a chain in order
of priority takes a round a link, so that after a few rounds what is left goes to `select`.
"""

import numpy as np

from crawlsieve.kernel import kernel

UNDECIDED, KEPT, REMOVED = 0, 1, 2
"""What is known of a document."""
HEAD, BLOCKED, HIT = 3, 4, 5
"""What a bucket says of an undecided document: first, behind an undecided one, behind a kept one."""


class Buckets:
    """What buckets say of their documents, over batches of rows sorted by bucket, then in total order."""

    def __init__(self) -> None:
        self._carried = np.array([0, 0, 0], np.int64)  # whether there is a bucket, its key, the state of its head

    def meet(self, keys: np.ndarray, states: np.ndarray) -> np.ndarray:
        """int32[n]: HEAD, BLOCKED or HIT for the undecided; KEPT and REMOVED as they are.

        Args:
            keys: int64[n], bucket of each row; equal ones are neighbours, in total order, also over batches.
            states: int32[n], UNDECIDED, KEPT or REMOVED.
        """
        said = states.copy()
        _meet(keys, states, self._carried, said)
        return said


def settle(starts: np.ndarray, said: np.ndarray) -> np.ndarray:
    """int32[k]: what is known of documents after a round.

    Args:
        starts: int64[k], the first row of each document.
        said: int32[n], what its buckets say, a row each.
    """
    states = np.empty(len(starts), np.int32)
    ends = np.append(starts[1:], len(said))
    _settle(starts, ends, said, states)
    return states


@kernel
def _meet(keys: np.ndarray, states: np.ndarray, carried: np.ndarray, said: np.ndarray) -> None:
    """Set said[i] of the undecided, and `carried` to the bucket in which the rows end."""
    known, key, head = carried[0], carried[1], carried[2]
    for i in range(keys.size):
        if not known or keys[i] != key:
            known, key, head = 1, keys[i], REMOVED  # no head yet
        if states[i] == REMOVED:
            continue
        if head == REMOVED:
            head = states[i]
            if head == UNDECIDED:
                said[i] = HEAD
        elif states[i] == UNDECIDED:
            said[i] = HIT if head == KEPT else BLOCKED
    carried[0], carried[1], carried[2] = known, key, head


@kernel
def _settle(starts: np.ndarray, ends: np.ndarray, said: np.ndarray, states: np.ndarray) -> None:
    """Fill states."""
    for k in range(starts.size):
        hit, blocked, decided = False, False, -1
        for i in range(starts[k], ends[k]):
            hit = hit or said[i] == HIT
            blocked = blocked or said[i] == BLOCKED
            if said[i] == KEPT or said[i] == REMOVED:
                decided = said[i]
        if decided >= 0:
            states[k] = decided
        elif hit:
            states[k] = REMOVED
        else:
            states[k] = UNDECIDED if blocked else KEPT
