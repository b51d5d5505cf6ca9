"""RefinedWeb's line rules, compiled. `refinedweb.py` says what they are."""

import numpy as np

from crawlsieve.filters.codepoints import ALPHA, CLASS, SPACE, UPPER, WORD, decode
from crawlsieve.filters.line_scan import ALL, Tables, scan_line
from crawlsieve.filters.phrases import bytes_of, says_in_any_case
from crawlsieve.filters.walk import copy, count_chars, entry_before, line_end, skip_blank, step_back, trim
from crawlsieve.kernel import kernel

UPPERCASE, NUMERIC, COUNTER, FEW_WORDS, PHRASE, GOES = range(6)
"""The rule that removes a line; GOES is how many there are."""
STAYS, BLANK = GOES, GOES + 1

MOST_WORDS = 10
"""Words of the longest line that labels are cut out of."""

_CART, _SIGN_IN = bytes_of("items in cart"), bytes_of("sign-in")
_READ_MORE, _READ_ON = bytes_of("read more..."), bytes_of("read more…")
_COUNTED = (
    bytes_of("likes"),
    bytes_of("shares"),
    bytes_of("comments"),
    bytes_of("retweets"),
    bytes_of("reposts"),
    bytes_of("quotes"),
    bytes_of("bookmarks"),
    bytes_of("upvotes"),
    bytes_of("downvotes"),
    bytes_of("downloads"),
    bytes_of("views"),
    bytes_of("followers"),
)


@kernel
def clean_refinedweb(
    text: tuple[np.ndarray, np.ndarray],
    tables: Tables,
    kept: tuple[np.ndarray, np.ndarray, np.ndarray],
    counts: np.ndarray,
) -> None:
    """Apply the line rules to every page.

    Args:
        text: uint8[m] and int64[n + 1].
        tables: of `scan_tables`.
        kept: uint8 and offsets to be filled with what stays, as large as `text`; room for the longest page.
        counts: int64[n, 13], zeros: lines that each rule removes, their code points, code points of labels cut out,
            words before and after.
    """
    data, offsets = text
    out, out_offsets, spare = kept
    k = 0
    for doc in range(offsets.size - 1):
        behind, end = offsets[doc], offsets[doc + 1]
        while behind < end:
            begin = behind
            stop, behind = line_end(data, begin, end)
            words, _, _ = scan_line(data, begin, stop, tables, ALL)
            counts[doc, 2 * GOES + 1] += words
            rule, size = _judge(data, (begin, stop), words, spare, tables)
            if rule == STAYS:
                if size < stop - begin:
                    words, _, _ = scan_line(spare, 0, size, tables, ALL)
                    counts[doc, 2 * GOES] += count_chars(data, begin, stop) - count_chars(spare, 0, size)
                counts[doc, 2 * GOES + 2] += words
                k = _append(out, (out_offsets[doc], k), spare, size, tables[2])
            elif rule < GOES:
                counts[doc, rule] += 1
                counts[doc, GOES + rule] += count_chars(data, begin, stop)
        _, k = trim(out, out_offsets[doc], k, tables[2])
        out_offsets[doc + 1] = k


@kernel
def _judge(data: np.ndarray, line: tuple[int, int], words: int, spare: np.ndarray, tables: Tables) -> tuple[int, int]:
    """(what becomes of the line, bytes of it that stay: they stand in `spare`)."""
    begin, stop = line
    chars, upper, numbers = _count_kinds(data, begin, stop, tables[2])
    if 2 * upper > chars:
        return UPPERCASE, 0
    if 0 < chars == numbers:
        return NUMERIC, 0
    if _is_counter(data, begin, stop, tables[2]):
        return COUNTER, 0
    if words < 2 and begin < stop:
        return (BLANK if skip_blank(data, begin, stop, tables[2]) == stop else FEW_WORDS), 0
    size = copy(spare, 0, data, begin, stop)
    if words > MOST_WORDS:
        return STAYS, size
    size = _cut_labels(spare, size, tables[2])
    return (PHRASE if begin < stop and skip_blank(spare, 0, size, tables[2]) == size else STAYS), size


@kernel
def _count_kinds(data: np.ndarray, i: int, stop: int, table: np.ndarray) -> tuple[int, int, int]:
    """Code points of data[i:stop]; upper or title case letters and numbers (category N) among them."""
    chars = upper = numbers = 0
    while i < stop:
        cp, size = decode(data, i, stop)
        entry = np.int64(table[cp])
        chars += 1
        upper += entry & UPPER != 0
        numbers += entry & (WORD | ALPHA) == WORD
        i += size
    return chars, upper, numbers


@kernel
def _is_counter(data: np.ndarray, i: int, stop: int, table: np.ndarray) -> bool:
    """Whether the line is a number, K, M or B at will, and what it counts; with symbols before and behind."""
    i = _skip_symbols(data, i, stop, table)
    if i == stop or not 0x30 <= data[i] <= 0x39:
        return False
    while i < stop and (0x30 <= data[i] <= 0x39 or data[i] == 0x2C or data[i] == 0x2E):
        i += 1
    if i < stop and (data[i] | 0x20 == 0x6B or data[i] | 0x20 == 0x6D or data[i] | 0x20 == 0x62):
        i += 1
    word = skip_blank(data, i, stop, table)
    if word == i:
        return False
    size = 0
    for counted in _COUNTED:
        if says_in_any_case(data, word, stop, counted):
            size = counted.size
    return bool(size and _skip_symbols(data, word + size, stop, table) == stop)


@kernel
def _skip_symbols(data: np.ndarray, i: int, stop: int, table: np.ndarray) -> int:
    """First byte at or behind i of a letter, a number or an underscore; `stop` if there is none."""
    while i < stop:
        cp, size = decode(data, i, stop)
        if np.int64(table[cp]) & WORD or cp == 0x5F:
            return i
        i += size
    return stop


@kernel
def _cut_labels(line: np.ndarray, size: int, table: np.ndarray) -> int:
    """Cut the labels out of line[:size], in place; bytes left."""
    i = low = 0
    while i < size:
        if says_in_any_case(line, i, size, _CART):
            low = _blank_before(line, i, low, table)
            size = _cut(line, low, i + _CART.size, size)
            i = low
        else:
            i += 1
    end = size
    for label in (_READ_MORE, _READ_ON):
        if size == end and says_in_any_case(line, max(end - label.size, 0), end, label):
            size = _blank_before(line, end - label.size, 0, table)
    if says_in_any_case(line, 0, size, _SIGN_IN):
        behind = _SIGN_IN.size
        if behind < size:
            cp, width = decode(line, behind, size)
            behind += width * (np.int64(table[cp]) & CLASS == SPACE)
        size = _cut(line, 0, behind, size)
    return size


@kernel
def _blank_before(line: np.ndarray, i: int, low: int, table: np.ndarray) -> int:
    """Where the white space that ends before byte i begins: one code point of it at most, not before `low`."""
    return step_back(line, i, low) if entry_before(line, i, low, table) & CLASS == SPACE else i


@kernel
def _cut(line: np.ndarray, begin: int, behind: int, size: int) -> int:
    """Close the gap line[begin:behind]; bytes left."""
    for i in range(behind, size):
        line[begin + i - behind] = line[i]
    return size - (behind - begin)


@kernel
def _append(out: np.ndarray, page: tuple[int, int], line: np.ndarray, size: int, table: np.ndarray) -> int:
    """Write line[:size] behind the page so far, which is out[page]; the new end of the page."""
    start, k = page
    if k == start:
        return copy(out, k, line, skip_blank(line, 0, size, table), size)
    out[k] = 0x0A
    return copy(out, k + 1, line, 0, size)
