"""The line rules of C4, and the facts about a page that its page rules need.

Source: tensorflow_datasets/text/c4_utils.py, `clean_page` and `is_valid_length` (Raffel et al. 2020, arXiv:1910.10683,
section 2.2), and datatrove 0.10, `C4QualityFilter`. A page is cut into lines where `str.splitlines` cuts. Each line,
without the white space around it, meets the rules in this order; the first that holds decides:

1. a word of more than 1,000 code points: the line goes (`long_word`);
   then [1], [edit] and [citation needed] are cut out of it, and what is left is judged without a second strip;
2. it does not end in one of . ? ! " (datatrove: ' too), or it ends in ... : the line goes (`end_mark`);
3. too few words, 5 (datatrove: 3, counted before citations are cut out): the line goes (`few_words`);
4. it says "lorem ipsum": the page is bad, the line counts as such;
5. it says "javascript": the line goes;
6. it has a {: the page is bad, the line counts as such;
7. it says one of six phrases on cookies, privacy and terms: the line goes (`policy`).

What differs from the sources, for scripts that they do not know: a sentence mark that is not ASCII (。 ؟ ।) is an end
mark too, also with closing quotes behind it; a letter of a script without spaces is a word (`line_scan.py`, which says
what a sentence is); for some languages the data files lift rules 2 and 3. Only ASCII letters have two equal cases,
only ASCII digits number a citation. A page that 4 or 6 spoil keeps those lines: the page rules decide about it.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crawlsieve.filters.c4_kernel import KEPT, judge_lines
from crawlsieve.filters.line_scan import scan_tables
from crawlsieve.filters.strings import read_only, strings, text_buffers
from crawlsieve.schemas.c4 import C4_REMOVES, c4_page, c4_removed

REMOVED_BY = tuple(C4_REMOVES)
"""Line rules, in order; the columns of `C4Lines.lines` and `C4Lines.characters`."""


@dataclass(frozen=True)
class C4Variant:
    """What differs between the codes that are called C4."""

    words: int
    """A line of fewer words goes."""
    marks: bytes
    """ASCII characters that a line may end in; empty: it may end as it likes."""
    counts_citations: bool
    """Whether the words of citations count as words of the line."""


VARIANTS = {
    "c4@tfds": C4Variant(words=5, marks=b'.?!"', counts_citations=False),
    "c4@datatrove": C4Variant(words=3, marks=b".?!\"'", counts_citations=True),
    "c4@fineweb": C4Variant(words=3, marks=b"", counts_citations=True),
}
"""TFDS; datatrove 0.10; and datatrove as FineWeb uses it, without end marks (Penedo et al. 2024, arXiv:2406.17557)."""


@dataclass(frozen=True)
class C4Lines:
    """What the line rules find in n pages. Counts of a null text are those of an empty one."""

    cleaned: pa.Array
    """large_string[n]: lines that stay, a line feed between them; null where the text is, or without `clean`."""
    sentences: np.ndarray
    """int64[n]: sentences in the lines that stay."""
    lorem: np.ndarray
    """int64[n]: lines that reach rule 4 and say "lorem ipsum"."""
    curly: np.ndarray
    """int64[n]: lines that reach rule 6 and have a {."""
    lines: np.ndarray
    """int64[n, 5]: lines that each of `REMOVED_BY` removes; blank lines are nobody's."""
    characters: np.ndarray
    """int64[n, 5]: code points of those lines, white space at their ends aside."""
    citations: np.ndarray
    """int64[n]: code points of citations cut out of lines that stay."""
    page_characters: np.ndarray
    """int64[n]: code points of the page as it came."""


@dataclass(frozen=True)
class LineLimits:
    """Limits of the line rules, page by page: languages differ."""

    words: np.ndarray
    """int64[n]: a line of fewer words goes."""
    marked: np.ndarray
    """bool[n]: whether a line has to end in a mark."""


def c4_lines(text: pa.Array, variant: C4Variant, limits: LineLimits | None = None, *, clean: bool = True) -> C4Lines:
    """Apply the line rules of a variant to every page.

    Args:
        text: large_string[n] or string[n].
        variant: one of `VARIANTS`.
        limits: of each page; the variant's own where None.
        clean: whether to build `cleaned`; without it nothing is copied.

    Cost: one pass a byte, and a copy of what stays.
    """
    data, offsets = text_buffers(text)
    n = len(text)
    limits = limits or LineLimits(np.full(n, variant.words), np.full(n, variant.marks != b""))
    counts = np.zeros((n, 2 * KEPT + 5), np.int64)
    marks = np.zeros(256, np.bool_)
    marks[list(variant.marks)] = True
    options = (limits.words, limits.marked, marks, variant.counts_citations, clean)
    out, out_offsets = np.empty(int(offsets[-1] - offsets[0]) if clean else 0, np.uint8), np.zeros(n + 1, np.int64)
    spare = np.empty(int(np.diff(offsets).max(initial=0)), np.uint8)
    judge_lines((read_only(data), offsets), scan_tables(), options, (out, out_offsets, spare), counts)
    return C4Lines(
        cleaned=strings(out, out_offsets, text) if clean else pa.nulls(n, pa.large_string()),
        lines=counts[:, :KEPT],
        characters=counts[:, KEPT : 2 * KEPT],
        sentences=counts[:, 2 * KEPT],
        lorem=counts[:, 2 * KEPT + 1],
        curly=counts[:, 2 * KEPT + 2],
        citations=counts[:, 2 * KEPT + 3],
        page_characters=counts[:, 2 * KEPT + 4],
    )


def c4_page_facts(variant: str, found: C4Lines) -> pa.RecordBatch:
    """The columns of `c4_page` for n pages."""
    return pa.RecordBatch.from_arrays(
        [pa.array(column) for column in (found.page_characters, found.sentences, found.lorem, found.curly)],
        schema=c4_page(variant),
    )


def c4_removed_counts(variant: str, found: C4Lines) -> pa.RecordBatch:
    """The columns of `c4_removed` for n pages."""
    pairs = zip(found.lines.T, found.characters.T, strict=True)
    columns = [column for pair in pairs for column in pair]
    return pa.RecordBatch.from_arrays(
        [pa.array(column) for column in (*columns, found.citations)], schema=c4_removed(variant)
    )
