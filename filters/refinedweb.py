"""RefinedWeb's line rules, as DCLM wrote them down.

Source: DCLM, baselines/mappers/modifiers.py with dclm_baseline_refinedweb.yaml (Li et al. 2024, arXiv:2406.11794),
after RefinedWeb, appendix G.2 (Penedo et al. 2023, arXiv:2306.01116). Each line meets the rules in this order:

1. more than half of its code points are upper or title case letters: it goes (`uppercase`);
2. all of them are numbers, of category N: it goes (`numeric`);
3. it is a counter, such as "3 likes", "1.2K views", with symbols around it or not: it goes (`counter`);
4. it has one word: it goes (`few_words`);
5. if it has at most 10 words: every "items in cart" is cut out with one white space before it, then "Read more..." at
   its end likewise, then "Sign-in" at its beginning with one behind it; if nothing is left, it goes (`phrase`).

An empty line stays, a line of white space goes unnamed, and white space around the page is cut off at the end.

What differs from DCLM: lines are those of `str.splitlines`, and a line feed ends each; the full stops of "Read more..."
are full stops (there they stand for any character), "…" will do; digits of a counter are ASCII, and so are the letters
of which both cases are equal; a letter of a script without spaces is a word; no page is stripped between two rules.
Its two passes before, which cut out addresses and runs of line feeds, are not part of the line rules.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crawlsieve.filters.line_scan import scan_tables
from crawlsieve.filters.ratio import ratio
from crawlsieve.filters.refinedweb_kernel import GOES, clean_refinedweb
from crawlsieve.filters.strings import read_only, strings, text_buffers
from crawlsieve.schemas.refinedweb import REFINEDWEB


@dataclass(frozen=True)
class RefinedWebLines:
    """What the line rules do to n pages. Counts of a null text are those of an empty one."""

    cleaned: pa.Array
    """large_string[n]: what stays; null where the text is null."""
    lines: np.ndarray
    """int64[n, 5]: lines that each rule removes, in the order of REFINEDWEB_REMOVES."""
    characters: np.ndarray
    """int64[n, 5]: code points of those lines."""
    labels: np.ndarray
    """int64[n]: code points cut out of lines that stay."""
    words_before: np.ndarray
    """int64[n]: words of the page, as `line_scan.py` counts them."""
    words_removed: np.ndarray
    """int64[n]: how many fewer there are afterwards."""


def refinedweb_lines(text: pa.Array) -> RefinedWebLines:
    """Apply the line rules to every page: large_string[n] or string[n]."""
    data, offsets = text_buffers(text)
    counts = np.zeros((len(text), 2 * GOES + 3), np.int64)
    out, out_offsets = np.empty(int(offsets[-1] - offsets[0]), np.uint8), np.zeros(len(text) + 1, np.int64)
    spare = np.empty(int(np.diff(offsets).max(initial=0)), np.uint8)
    clean_refinedweb((read_only(data), offsets), scan_tables(), (out, out_offsets, spare), counts)
    return RefinedWebLines(
        cleaned=strings(out, out_offsets, text),
        lines=counts[:, :GOES],
        characters=counts[:, GOES : 2 * GOES],
        labels=counts[:, 2 * GOES],
        words_before=counts[:, 2 * GOES + 1],
        words_removed=counts[:, 2 * GOES + 1] - counts[:, 2 * GOES + 2],
    )


def refinedweb_removed(found: RefinedWebLines) -> pa.RecordBatch:
    """The columns of REFINEDWEB for n pages."""
    pairs = zip(found.lines.T, found.characters.T, strict=True)
    counts = [pa.array(column) for pair in pairs for column in pair]
    removed = ratio(found.words_removed, found.words_before)
    return pa.RecordBatch.from_arrays([*counts, pa.array(found.labels), removed], schema=REFINEDWEB)
