"""How much work a page of HTML makes for a parser, counted in one pass over its bytes, before anything is parsed.

Parsers and extractors are quadratic in places: in depth, in the attributes of one tag, in the options of one list, and in
formatting elements that nobody closes, which the HTML standard opens again in every paragraph. The counts follow the
tree construction of the standard (section 13.2.6) closely enough to tell a page from a bomb; a page without errors in its
markup is counted exactly, but for the elements that a parser adds (tbody and the like).
"""

import numpy as np
from numba import njit

from crawlsieve.filters.hashes import equal, load, place
from crawlsieve.filters.markup_names import FORMAT, RAW, bits_of, extend, name_table
from crawlsieve.filters.markup_tree import DANGLING, DEPTH, ELEMENTS, OPTIONS, close_element, new_stack, open_element, reopen

_TAG_END = 62
_SLASH = 47

_SPACE, _ENDS_VALUE, _ENDS_NAME, _ENDS_ATTRIBUTE = 1, 2, 4, 8
_BYTES = np.zeros(256, np.uint8)
"""What each byte is inside a tag."""
_BYTES[list(b" \n\t\r\f")] = _SPACE | _ENDS_VALUE | _ENDS_NAME | _ENDS_ATTRIBUTE
_BYTES[list(b">")] = _ENDS_VALUE | _ENDS_NAME | _ENDS_ATTRIBUTE
_BYTES[list(b"/")] = _ENDS_NAME | _ENDS_ATTRIBUTE
_BYTES[list(b"=")] = _ENDS_ATTRIBUTE


def markup_counts(data: np.ndarray, offsets: np.ndarray, most_elements: int, most_depth: int) -> np.ndarray:
    """Elements, depth, attributes and options of every page of a batch.

    Args:
        data: uint8[m], pages in an encoding that has ASCII as it is (not UTF-16).
        offsets: int64[n + 1]: page i is data[offsets[i]:offsets[i + 1]].
        most_elements: counting ends where a page has more elements than this ...
        most_depth: ... or is deeper than this, so that a page costs at most time and memory for so many.

    Returns:
        int64[n, 4]: elements; depth of the deepest; attributes of the tag that has most; options of the longest list. Where
        counting ended, the number that is above its bound is right about that, the others are of the part before.

    Cost: 1 to 2 GB/s in text and scripts, 50 ns a tag.
    """
    counts = np.zeros((len(offsets) - 1, 4), np.int64)
    _count_pages(data, offsets, most_elements, most_depth, name_table(), counts)
    return counts


@njit(nogil=True, cache=True, forceinline=True)
def _count_pages(data, offsets, most_elements, most_depth, names, counts):
    state, stack = np.zeros(8, np.int64), new_stack(most_depth)
    for page in range(offsets.size - 1):
        state[:] = 0
        most = most_elements, most_depth
        counts[page, 2] = _count_page(data, offsets[page], offsets[page + 1], most, names, state, stack)
        counts[page, 0], counts[page, 1], counts[page, 3] = state[ELEMENTS], state[DEPTH], state[OPTIONS]


@njit(nogil=True, cache=True, forceinline=True)
def _count_page(data, i, end, most, names, state, stack):
    """Fill the state; returns the attributes of the tag that has most."""
    most_attributes = 0
    text = i
    while True:
        i = _find_byte(data, i, end, 60)
        if i + 2 >= end:
            break
        if state[DANGLING] > 0 and i > text:
            reopen(state, stack)
        mark = data[i + 1]
        if _is_letter(mark):
            i, attributes = _start_tag(data, i, end, names, state, stack)
            most_attributes = max(most_attributes, attributes)
        elif mark == _SLASH and _is_letter(data[i + 2]):
            key, j = _name(data, i + 2, end)
            close_element(state, stack, key, bits_of(key, names))
            i, _, _ = _attributes(data, j, end)
        elif mark == 33 or mark == 63 or mark == _SLASH:
            i = _declaration(data, i, end)
        else:
            i += 1
            continue
        text = i
        if state[ELEMENTS] > most[0] or state[DEPTH] > most[1]:
            break
    return most_attributes


@njit(nogil=True, cache=True, forceinline=True)
def _start_tag(data, i, end, names, state, stack):
    """Open the element of the tag at i; returns (where to go on, its attributes)."""
    key, j = _name(data, i + 1, end)
    kind = bits_of(key, names)
    j, attributes, empty = _attributes(data, j, end)
    written = 0
    if kind & FORMAT:
        for b in range(i, j):
            written = extend(written, data[b])
    open_element(state, stack, key, kind, written, empty)
    if kind & RAW:
        j = _behind_raw(data, j, end, key)
    return j, attributes


@njit(nogil=True, cache=True, forceinline=True)
def _find_byte(data, i, end, byte):
    """Where `byte` stands first from i on, or `end`."""
    while i + 8 <= end:
        marks = equal(load(data, i), byte)
        if marks:
            return i + place(marks)
        i += 8
    while i < end and data[i] != byte:
        i += 1
    return i


@njit(nogil=True, cache=True, inline="always")
def _is_letter(byte):
    return np.uint8((byte | 32) - 97) < 26


@njit(nogil=True, cache=True, forceinline=True)
def _name(data, i, end):
    """(hash of the lower-case tag name that begins at i, where it ends)."""
    key = 0
    while i < end:
        byte = data[i]
        if _BYTES[byte] & _ENDS_NAME:
            break
        if 65 <= byte <= 90:
            byte |= 32
        key = extend(key, byte)
        i += 1
    return key, i


@njit(nogil=True, cache=True, forceinline=True)
def _attributes(data, i, end):
    """(behind the tag's >, its attributes, whether it ends in />), from behind its name on."""
    count = 0
    empty = False
    while i < end:
        byte = data[i]
        if byte == _TAG_END:
            return i + 1, count, empty
        empty = byte == _SLASH
        i += 1
        if empty or _BYTES[byte] & _SPACE:
            continue
        count += 1
        while i < end and not _BYTES[data[i]] & _ENDS_ATTRIBUTE:
            i += 1
        while i < end and _BYTES[data[i]] & _SPACE:
            i += 1
        if i < end and data[i] == 61:
            i = _behind_value(data, i + 1, end)
    return end, count, empty


@njit(nogil=True, cache=True, forceinline=True)
def _behind_value(data, i, end):
    """Where the value of an attribute ends, from behind its = on."""
    while i < end and _BYTES[data[i]] & _SPACE:
        i += 1
    if i < end and (data[i] == 34 or data[i] == 39):
        quote = data[i]
        return min(_find_byte(data, i + 1, end, quote) + 1, end)
    while i < end and not _BYTES[data[i]] & _ENDS_VALUE:
        i += 1
    return i


@njit(nogil=True, cache=True, forceinline=True)
def _declaration(data, i, end):
    """Where a comment, a doctype or another <! or <? ends that begins at i."""
    if i + 4 > end or data[i + 1] != 33 or data[i + 2] != 45 or data[i + 3] != 45:
        return min(_find_byte(data, i + 1, end, _TAG_END) + 1, end)
    i += 4
    dashes = 2  # <!--> and <!---> are whole comments
    while i < end:
        if data[i] == _TAG_END and dashes >= 2:
            return i + 1
        if data[i] == 45:
            dashes += 1
        elif data[i] != 33 or dashes < 2:  # --!> ends one, too
            dashes = 0
        i += 1
    return end


@njit(nogil=True, cache=True, forceinline=True)
def _behind_raw(data, i, end, key):
    """Where the end tag of an element with raw content begins, or the end of the page."""
    while i < end:
        i = _find_byte(data, i, end, 60)
        if i + 2 < end and data[i + 1] == _SLASH and _is_letter(data[i + 2]) and _name(data, i + 2, end)[0] == key:
            return i
        i += 1
    return end
