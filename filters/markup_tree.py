"""The stack of open elements of an HTML parser, as far as its height and the elements that it makes are concerned."""

import numpy as np
from numba import njit

from crawlsieve.filters.markup_names import (
    BLOCK,
    CELL,
    FOREIGN,
    FORMAT,
    GROUP,
    ITEM,
    LIST,
    OPTION,
    PARAGRAPH,
    RAW,
    ROOT,
    ROW,
    SCOPE,
    SELECT,
    SPECIAL,
    TABLE,
    TERM,
    VOID,
    name_hash,
)

TOP, DANGLING, ELEMENTS, DEPTH, OPTIONS, IN_SELECT, IN_FOREIGN, IN_PARAGRAPH = range(8)
"""Places in the state: open elements, formatting elements to be opened again, elements so far, greatest height, options of
the longest list, of this list, how many svg and math are open, and how many p."""

NAME, KIND, WRITTEN, LOST_NAME, LOST_WRITTEN = range(5)
"""Columns of the stack."""

_TABLE_PART = CELL | ROW | GROUP | TABLE
_NO_REOPENING = BLOCK | _TABLE_PART | RAW | ROOT | ITEM | TERM
_A, _NOBR = name_hash("a"), name_hash("nobr")
_IMPLIES = ITEM | TERM | CELL | ROW | GROUP | OPTION | SELECT | FORMAT
_COPIES = 3  # of equal formatting elements that the standard opens again ("Noah's Ark clause")


@njit(nogil=True, cache=True)
def new_stack(most_depth):
    """int64[most_depth + 2, 5]: NAME, KIND and WRITTEN of open elements, LOST_NAME and LOST_WRITTEN of dangling ones."""
    return np.zeros((most_depth + 2, 5), np.int64)


@njit(nogil=True, cache=True, forceinline=True)
def open_element(state, stack, key, kind, written, empty):
    """A start tag.

    Args:
        state, stack: int64[8] and what `new_stack` makes.
        key: int64, hash of the name.
        kind: int64, bits of the name.
        written: int64, hash of the tag as it stands there, for formatting elements.
        empty: whether it ends in />.
    """
    state[ELEMENTS] += 1
    if kind & ROOT:
        return
    if kind & _IMPLIES or (kind & BLOCK and state[IN_PARAGRAPH] > 0):
        _close_implied(state, stack, key, kind)
    if state[DANGLING] > 0 and not kind & _NO_REOPENING:
        reopen(state, stack)
    if kind & OPTION:
        state[IN_SELECT] += 1
        state[OPTIONS] = max(state[OPTIONS], state[IN_SELECT])
    if kind & SELECT:
        state[IN_SELECT] = 0
    if not kind & VOID and not (empty and state[IN_FOREIGN] > 0):
        _push(state, stack, key, kind, written)


@njit(nogil=True, cache=True)
def _close_implied(state, stack, key, kind):
    """What this start tag ends without an end tag."""
    if kind & BLOCK and state[IN_PARAGRAPH] > 0:
        _pop_kind(state, stack, PARAGRAPH, SCOPE)
    if kind & ITEM:
        _pop_kind(state, stack, ITEM, LIST | SCOPE)
    elif kind & TERM:
        _pop_kind(state, stack, TERM, LIST | SCOPE)
    elif kind & CELL:
        _pop_kind(state, stack, CELL, TABLE)
    elif kind & ROW:
        _pop_kind(state, stack, ROW, TABLE) or _pop_kind(state, stack, CELL, TABLE)
    elif kind & GROUP:
        _pop_kind(state, stack, GROUP, TABLE) or _pop_kind(state, stack, ROW, TABLE) or _pop_kind(state, stack, CELL, TABLE)
    elif kind & OPTION:
        _pop_kind(state, stack, OPTION, SELECT | SCOPE)
    elif kind & SELECT:
        _pop_kind(state, stack, SELECT, SCOPE)
    elif kind & FORMAT and (key == _A or key == _NOBR):
        close_element(state, stack, key, kind)


@njit(nogil=True, cache=True)
def close_element(state, stack, key, kind):
    """An end tag: pops what it ends, and what stands open inside; does nothing where there is nothing to end."""
    if kind & (ROOT | VOID):
        return
    if kind & FORMAT:
        _close_format(state, stack, key)
        return
    stop = SPECIAL
    if kind & _TABLE_PART:
        stop = TABLE
    elif kind & ITEM:
        stop = LIST | SCOPE
    elif kind & (SPECIAL | FOREIGN):
        stop = SCOPE
    place = _find(state, stack, key, stop)
    if place >= 0:
        _pop(state, stack, place)


@njit(nogil=True, cache=True)
def _close_format(state, stack, key):
    """The end tag of a formatting element: what stands open inside it stays open, if it is a block."""
    place = _find(state, stack, key, SCOPE)
    if place < 0:
        for i in range(state[DANGLING] - 1, -1, -1):
            if stack[i, LOST_NAME] == key:
                for j in range(i + 1, state[DANGLING]):
                    stack[j - 1, LOST_NAME], stack[j - 1, LOST_WRITTEN] = stack[j, LOST_NAME], stack[j, LOST_WRITTEN]
                state[DANGLING] -= 1
                return
        return
    has_block = False
    for i in range(place + 1, state[TOP]):
        has_block = has_block or stack[i, KIND] & SPECIAL != 0
    if not has_block:
        _pop(state, stack, place)
        return
    state[ELEMENTS] += 1  # the standard moves a copy of it into the block
    for i in range(place + 1, state[TOP]):
        stack[i - 1, NAME], stack[i - 1, KIND], stack[i - 1, WRITTEN] = stack[i, NAME], stack[i, KIND], stack[i, WRITTEN]
    state[TOP] -= 1


@njit(nogil=True, cache=True)
def reopen(state, stack):
    """Open again the formatting elements that were closed by something else: there is content for them."""
    count = state[DANGLING]
    state[DANGLING] = 0
    state[ELEMENTS] += count
    for i in range(count):
        _push(state, stack, stack[i, LOST_NAME], FORMAT, stack[i, LOST_WRITTEN])


@njit(nogil=True, cache=True, forceinline=True)
def _push(state, stack, key, kind, written):
    top = state[TOP]
    if top < len(stack):
        stack[top, NAME], stack[top, KIND], stack[top, WRITTEN] = key, kind, written
        state[TOP] = top + 1
    state[DEPTH] = max(state[DEPTH], state[TOP])
    state[IN_FOREIGN] += kind & FOREIGN != 0
    state[IN_PARAGRAPH] += kind & PARAGRAPH != 0


@njit(nogil=True, cache=True)
def _pop(state, stack, place):
    """Close all from the top down to `place`; formatting elements above it will be opened again."""
    for i in range(place, state[TOP]):
        state[IN_FOREIGN] -= stack[i, KIND] & FOREIGN != 0
        state[IN_PARAGRAPH] -= stack[i, KIND] & PARAGRAPH != 0
        if i > place and stack[i, KIND] & FORMAT:
            copies = 0
            for j in range(state[DANGLING]):
                copies += stack[j, LOST_WRITTEN] == stack[i, WRITTEN]
            if copies < _COPIES and state[DANGLING] < len(stack):
                stack[state[DANGLING], LOST_NAME], stack[state[DANGLING], LOST_WRITTEN] = stack[i, NAME], stack[i, WRITTEN]
                state[DANGLING] += 1
    for i in range(place, state[TOP]):
        if stack[i, KIND] & SCOPE:  # what was opened in a cell is not opened again outside
            state[DANGLING] = 0
    state[TOP] = place


@njit(nogil=True, cache=True)
def _pop_kind(state, stack, wanted, stop):
    """Close the innermost element with bit `wanted` that no element with bit `stop` hides; whether there is one."""
    for i in range(state[TOP] - 1, -1, -1):
        if stack[i, KIND] & wanted:
            _pop(state, stack, i)
            return True
        if stack[i, KIND] & stop:
            return False
    return False


@njit(nogil=True, cache=True, forceinline=True)
def _find(state, stack, key, stop):
    """The innermost open element of that name which no element with bit `stop` hides, or -1."""
    for i in range(state[TOP] - 1, -1, -1):
        if stack[i, NAME] == key:
            return i
        if stack[i, KIND] & stop:
            return -1
    return -1


