"""The line rules of C4, compiled. `c4.py` says what they are."""

from typing import TypeAlias

import numpy as np

from crawlsieve.filters.line_scan import CURLY, SQUARE, Tables, ends_sentence, has_long_word, scan_line
from crawlsieve.filters.phrases import LOREM, POLICY, SCRIPT, phrases_in
from crawlsieve.filters.walk import copy, count_chars, line_end, says, skip_blank, trim
from crawlsieve.kernel import inlined, kernel

LONGEST_WORD = 1000
"""Code points; a line with a longer word goes."""

LONG_WORD, END_MARK, FEW_WORDS, SAYS_JAVASCRIPT, SAYS_POLICY, KEPT = range(6)
"""What becomes of a line: the rule that removes it, or KEPT."""

_EDIT, _NEEDED = np.frombuffer(b"[edit]", np.uint8), np.frombuffer(b"[citation needed]", np.uint8)

Text: TypeAlias = tuple[np.ndarray, np.ndarray]
"""uint8[m] UTF-8 and int64[n + 1] offsets of n pages in it."""

Options: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, bool, bool]
"""int64[n] fewest words of a line, bool[n] whether it needs an end mark, bool[256] the ASCII end marks, whether
citations count as words, whether to write the text that stays."""


@kernel
def judge_lines(
    text: Text, tables: Tables, options: Options, kept: tuple[np.ndarray, np.ndarray, np.ndarray], counts: np.ndarray
) -> None:
    """Apply the line rules to every page.

    Args:
        text: the pages.
        tables: of `scan_tables`.
        options: of the variant, and of each page.
        kept: uint8 and offsets to be filled with what stays, if options ask for it, as large as `text`; and room for
            the longest page.
        counts: int64[n, 15], zeros: lines that each rule removes, their code points, sentences that stay, lines that
            say lorem ipsum, lines with {, code points of citations cut out, code points of the page.
    """
    data, offsets = text
    out, out_offsets, spare = kept
    _, _, table = tables
    k = 0
    for doc in range(offsets.size - 1):
        behind, end = offsets[doc], offsets[doc + 1]
        counts[doc, 2 * KEPT + 4] = count_chars(data, behind, end)
        while behind < end:
            begin = behind
            stop, behind = line_end(data, begin, end)
            begin, stop = trim(data, begin, stop, table)
            if begin == stop:
                continue
            rule, sentences, flags, cut = _judge(data, (begin, stop), spare, tables, (doc, options))
            if rule < KEPT:
                counts[doc, rule] += 1
                counts[doc, KEPT + rule] += count_chars(data, begin, stop)
                continue
            _count_kept(counts, doc, sentences, flags, cut)
            if options[4]:
                page = (out_offsets[doc], k)
                if cut:
                    k = _append(out, page, spare, (0, stop - begin - cut), table)
                else:
                    k = _append(out, page, data, (begin, stop), table)
        _, k = trim(out, out_offsets[doc], k, table)
        out_offsets[doc + 1] = k


@inlined
def _judge(
    data: np.ndarray, line: tuple[int, int], spare: np.ndarray, tables: Tables, page: tuple[int, Options]
) -> tuple[int, int, int, int]:
    """(what becomes of the line, its sentences, its flags, code points of its citations).

    If there are citations, the line without them stands in `spare`.
    """
    doc, (least_words, marked, marks, counts_citations, _) = page
    begin, stop = line
    if has_long_word(data, begin, stop, tables, LONGEST_WORD):
        return LONG_WORD, 0, 0, 0
    unmarked = marked[doc] and not _is_marked(data, begin, stop, marks, tables[2])
    if unmarked and data[stop - 1] != 0x5D:  # cutting out a citation cannot help
        return END_MARK, 0, 0, 0

    words, sentences, flags = scan_line(data, begin, stop, tables, least_words[doc])
    size = stop - begin
    cut = size - _cut_citations(data, begin, stop, spare) if flags & SQUARE else 0
    if cut:
        fewer, sentences, flags = scan_line(spare, 0, size - cut, tables, least_words[doc])
        words = words if counts_citations else fewer
        unmarked = marked[doc] and not _is_marked(spare, 0, size - cut, marks, tables[2])
    if unmarked:
        return END_MARK, 0, 0, 0
    if words < least_words[doc]:
        return FEW_WORDS, 0, 0, 0
    flags |= phrases_in(spare, 0, size - cut) if cut else phrases_in(data, begin, stop)
    return _spoken_rule(flags), sentences, flags, cut


@inlined
def _spoken_rule(flags: int) -> int:
    """What becomes of a line for what it says."""
    if flags & LOREM:
        return KEPT
    if flags & SCRIPT:
        return SAYS_JAVASCRIPT
    return SAYS_POLICY if flags & (POLICY | CURLY) == POLICY else KEPT


@kernel
def _is_marked(line: np.ndarray, begin: int, stop: int, marks: np.ndarray, table: np.ndarray) -> bool:
    """Whether the line ends as a sentence does."""
    if stop == begin:
        return False
    if not marks[line[stop - 1]]:
        return ends_sentence(line, begin, stop, table)
    return bool(stop - begin < 3 or line[stop - 1] != 0x2E or line[stop - 2] != 0x2E or line[stop - 3] != 0x2E)


@kernel
def _cut_citations(data: np.ndarray, begin: int, stop: int, spare: np.ndarray) -> int:
    """Copy data[begin:stop] without [1], [], [edit] and [citation needed] to `spare`; bytes copied."""
    k, i = 0, begin
    while i < stop:
        size = _citation_size(data, i, stop) if data[i] == 0x5B else 0
        if not size:
            spare[k] = data[i]
            k += 1
        i += max(size, 1)
    return k


@kernel
def _citation_size(data: np.ndarray, i: int, stop: int) -> int:
    """Bytes of the citation that begins with the [ at byte i; 0 if there is none."""
    j = i + 1
    while j < stop and 0x30 <= data[j] <= 0x39:
        j += 1
    if j < stop and data[j] == 0x5D:
        return j + 1 - i
    if says(data, i, stop, _EDIT):
        return int(_EDIT.size)
    return int(_NEEDED.size) if says(data, i, stop, _NEEDED) else 0


@inlined
def _count_kept(counts: np.ndarray, doc: int, sentences: int, flags: int, cut: int) -> None:
    """Count a line that stays."""
    place = 2 * KEPT
    counts[doc, place] += sentences
    counts[doc, place + 1] += flags & LOREM != 0
    counts[doc, place + 2] += flags & (LOREM | CURLY) == CURLY
    counts[doc, place + 3] += cut


@kernel
def _append(out: np.ndarray, page: tuple[int, int], line: np.ndarray, span: tuple[int, int], table: np.ndarray) -> int:
    """Write line[span] behind the page so far, which is out[page]; the new end of the page."""
    start, k = page
    begin, stop = span
    if k == start:
        begin = skip_blank(line, begin, stop, table)
    else:
        out[k] = 0x0A
        k += 1
    return copy(out, k, line, begin, stop)
