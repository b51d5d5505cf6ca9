"""The stack of open elements of an HTML parser, as far as its height and the elements that it makes are concerned.

The tree is one array, int64[most_depth + 2, 9]. Row 0 counts; row i > 0 holds the i-th open element, the outermost
first, and the i-th formatting element that was closed by something else and will be opened again.
"""

import numpy as np

from crawlsieve.filters.markup_names import (
    BARRIER,
    BLOCK,
    CELL,
    FOREIGN,
    FORM,
    FORMAT,
    GROUP,
    HEADING,
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
from crawlsieve.kernel import kernel

OPEN, LOST, ELEMENTS, DEPTH, OPTIONS, IN_SELECT, IN_FOREIGN, IN_PARAGRAPH, IN_TABLE = range(9)
"""Columns of row 0: open elements, elements to be opened again, elements so far, most that were open, options of the
longest list, of this list, how many svg and math are open, how many p, how many tables."""

_NAME, _KIND, _WRITTEN, _LOST_NAME, _LOST_WRITTEN = range(5)
"""Columns of the other rows: hash of the name, its bits, hash of the tag as it was written."""

_TABLE_PART = CELL | ROW | GROUP | TABLE
_IMPLIES = ITEM | TERM | CELL | ROW | GROUP | OPTION | SELECT | FORMAT | HEADING
_NO_CONTENT = BLOCK | _TABLE_PART | RAW | ROOT | ITEM | TERM
"""Before these, nothing is opened again."""
_COPIES = 3
"""Equal formatting elements that the standard opens again ("Noah's Ark clause")."""
_A, _NOBR = name_hash("a"), name_hash("nobr")


@kernel
def open_element(tree: np.ndarray, key: int, kind: int, written: int, empty: bool) -> None:  # noqa: FBT001 - compiled
    """A start tag.

    Args:
        tree: what is open.
        key: hash of the name.
        kind: bits of the name.
        written: hash of the tag as it stands there; of formatting elements only.
        empty: whether it ends in />.
    """
    tree[0, ELEMENTS] += 1
    if tree[0, IN_FOREIGN] == 0 and (
        kind & ROOT or (kind & _TABLE_PART and not kind & TABLE and tree[0, IN_TABLE] == 0)
    ):
        return
    if kind & BLOCK and tree[0, IN_PARAGRAPH] > 0:
        _close_innermost(tree, PARAGRAPH, SCOPE)
    if kind & _IMPLIES:
        _close_implied(tree, key, kind)
    if tree[0, LOST] > 0 and not kind & _NO_CONTENT:
        reopen(tree)
    if kind & OPTION:
        tree[0, IN_SELECT] += 1
        tree[0, OPTIONS] = max(tree[0, OPTIONS], tree[0, IN_SELECT])
    if kind & SELECT:
        tree[0, IN_SELECT] = 0
    if kind & VOID or (empty and tree[0, IN_FOREIGN] > 0):
        tree[0, DEPTH] = max(tree[0, DEPTH], tree[0, OPEN] + 1)
    elif not kind & FORM or _find(tree, key, 0) == 0:
        _push(tree, key, kind, written)


@kernel
def _close_implied(tree: np.ndarray, key: int, kind: int) -> None:
    """What this start tag ends without an end tag."""
    if kind & ITEM:
        _close_innermost(tree, ITEM, BARRIER)
    elif kind & TERM:
        _close_innermost(tree, TERM, BARRIER)
    elif kind & CELL:
        _close_innermost(tree, CELL, TABLE)
    elif kind & (ROW | GROUP):
        in_group = kind & GROUP and _close_innermost(tree, GROUP, TABLE)
        in_row = in_group or _close_innermost(tree, ROW, TABLE)
        if not in_row:
            _close_innermost(tree, CELL, TABLE)
    elif kind & (OPTION | HEADING):
        if tree[0, OPEN] > 0 and tree[tree[0, OPEN], _KIND] & kind & (OPTION | HEADING):
            _close_from(tree, tree[0, OPEN])
    elif kind & SELECT:
        _close_innermost(tree, SELECT, SCOPE)
    elif key in (_A, _NOBR):
        close_element(tree, key, kind)


@kernel
def close_element(tree: np.ndarray, key: int, kind: int) -> None:
    """An end tag: closes what it names, and what stands open inside; nothing where nothing of that name is open."""
    if kind & (ROOT | VOID):
        tree[0, ELEMENTS] += 1  # </br> is a <br>
        return
    if kind & FORMAT:
        _close_format(tree, key)
        return
    if kind & HEADING:
        _close_innermost(tree, HEADING, SCOPE)
        return
    stop = SPECIAL
    if kind & _TABLE_PART:
        stop = TABLE
    elif kind & ITEM:
        stop = LIST | SCOPE
    elif kind & (SPECIAL | FOREIGN):
        stop = SCOPE
    place = _find(tree, key, stop)
    if place == 0:
        tree[0, ELEMENTS] += kind & PARAGRAPH != 0  # </p> is <p></p>
    elif kind & FORM:
        _take_out(tree, place)
    else:
        _close_from(tree, place)


@kernel
def _close_format(tree: np.ndarray, key: int) -> None:
    """The end tag of a formatting element: a block inside it stays open."""
    place = _find(tree, key, SCOPE)
    if place == 0:
        _forget(tree, key)
        return
    has_block = False
    for i in range(place + 1, tree[0, OPEN] + 1):
        has_block |= tree[i, _KIND] & SPECIAL != 0
    if not has_block:
        _close_from(tree, place)
        return
    tree[0, ELEMENTS] += 1  # the standard moves a copy of it into the block
    _take_out(tree, place)


@kernel
def _take_out(tree: np.ndarray, place: int) -> None:
    """Close one element and leave open what is inside."""
    for i in range(place, tree[0, OPEN]):
        for column in (_NAME, _KIND, _WRITTEN):
            tree[i, column] = tree[i + 1, column]
    tree[0, OPEN] -= 1


@kernel
def _forget(tree: np.ndarray, key: int) -> None:
    """Do not open again the last element of that name."""
    for i in range(tree[0, LOST], 0, -1):
        if tree[i, _LOST_NAME] == key:
            for j in range(i, tree[0, LOST]):
                tree[j, _LOST_NAME] = tree[j + 1, _LOST_NAME]
                tree[j, _LOST_WRITTEN] = tree[j + 1, _LOST_WRITTEN]
            tree[0, LOST] -= 1
            return


@kernel
def reopen(tree: np.ndarray) -> None:
    """Open again the formatting elements that were closed by something else: there is content for them."""
    count = tree[0, LOST]
    tree[0, LOST] = 0
    tree[0, ELEMENTS] += count
    for i in range(1, count + 1):
        _push(tree, tree[i, _LOST_NAME], FORMAT, tree[i, _LOST_WRITTEN])


@kernel
def _push(tree: np.ndarray, key: int, kind: int, written: int) -> None:
    top = tree[0, OPEN] + 1
    if top < len(tree):
        tree[top, _NAME], tree[top, _KIND], tree[top, _WRITTEN] = key, kind, written
        tree[0, OPEN] = top
        tree[0, DEPTH] = max(tree[0, DEPTH], top)
        tree[0, IN_FOREIGN] += kind & FOREIGN != 0
        tree[0, IN_PARAGRAPH] += kind & PARAGRAPH != 0
        tree[0, IN_TABLE] += kind & TABLE != 0


@kernel
def _close_from(tree: np.ndarray, place: int) -> None:
    """Close the innermost elements up to `place`; formatting elements inside that one will be opened again."""
    is_scope = False
    for i in range(place, tree[0, OPEN] + 1):
        kind = tree[i, _KIND]
        tree[0, IN_FOREIGN] -= kind & FOREIGN != 0
        tree[0, IN_PARAGRAPH] -= kind & PARAGRAPH != 0
        tree[0, IN_TABLE] -= kind & TABLE != 0
        is_scope |= kind & SCOPE != 0
        if i > place and kind & FORMAT:
            _lose(tree, i)
    if is_scope:  # what was opened in a cell is not opened again outside
        tree[0, LOST] = 0
    tree[0, OPEN] = place - 1


@kernel
def _lose(tree: np.ndarray, place: int) -> None:
    """Note that the element at `place` is to be opened again."""
    copies, count = 0, tree[0, LOST]
    for i in range(1, count + 1):
        copies += tree[i, _LOST_WRITTEN] == tree[place, _WRITTEN]
    if copies < _COPIES and count + 1 < len(tree):
        tree[count + 1, _LOST_NAME] = tree[place, _NAME]
        tree[count + 1, _LOST_WRITTEN] = tree[place, _WRITTEN]
        tree[0, LOST] = count + 1


@kernel
def _close_innermost(tree: np.ndarray, wanted: int, stop: int) -> bool:
    """Close the innermost element with bit `wanted` that no element with bit `stop` hides; whether there is one."""
    for i in range(tree[0, OPEN], 0, -1):
        if tree[i, _KIND] & wanted:
            _close_from(tree, i)
            return True
        if tree[i, _KIND] & stop:
            return False
    return False


@kernel
def _find(tree: np.ndarray, key: int, stop: int) -> int:
    """Row of the innermost open element of that name which no element with bit `stop` hides, or 0."""
    for i in range(tree[0, OPEN], 0, -1):
        if tree[i, _NAME] == key:
            return i
        if tree[i, _KIND] & stop:
            return 0
    return 0
