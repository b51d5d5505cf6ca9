"""FineWeb's own quality signals, and mC4's, over the lines of `segments.py`.

Source: datatrove 0.10, `FineWebQualityFilter` and `C4ParagraphFilter`. Those cut at line feeds only, ours cut where
`str.splitlines` does: CR LF is one break, and a line of "End." before it ends in a full stop.
"""

import numpy as np
import pyarrow as pa

from crawlsieve.filters.codepoints import TERMINAL, code_points
from crawlsieve.filters.ratio import ratio
from crawlsieve.filters.repetition import AGAIN_CHARS, copies_of
from crawlsieve.filters.segments import Segments
from crawlsieve.filters.walk import entry_before
from crawlsieve.kernel import kernel
from crawlsieve.schemas.c4 import MC4
from crawlsieve.schemas.fineweb import FINEWEB

SHORT_LINE = 30
"""Code points of the longest line that is short."""


def fineweb(segments: Segments) -> pa.RecordBatch:
    """The columns of FINEWEB for n texts."""
    lines = segments.lines
    counts = np.zeros((len(segments), 5), np.int64)
    spans = (lines.first, lines.start, lines.length, lines.chars, lines.blank)
    _count_lines(segments.data, segments.offsets, spans, code_points(), counts)
    filled, ended, short, feeds, chars = counts.T
    return pa.RecordBatch.from_arrays(
        [
            ratio(ended, filled),
            ratio(short, filled),
            ratio(_repeated_chars(segments), chars),
            ratio(feeds, segments.words.counts),
        ],
        schema=FINEWEB,
    )


def mc4(segments: Segments) -> pa.RecordBatch:
    """The columns of MC4 for n texts."""
    lines = segments.lines
    third = np.full(len(segments), -1, np.int64)
    _third_longest(lines.first, lines.chars, third)
    return pa.RecordBatch.from_arrays([pa.array(third, mask=third < 0)], schema=MC4)


def _repeated_chars(segments: Segments) -> np.ndarray:
    """int64[n]: code points of lines that occurred before in their text, blank lines aside."""
    lines = segments.lines
    chars = np.where(lines.blank, np.int32(0), lines.chars)
    copied: np.ndarray = copies_of(lines.first, lines.hash, chars)[:, AGAIN_CHARS]
    return copied


@kernel
def _count_lines(
    data: np.ndarray, offsets: np.ndarray, lines: tuple[np.ndarray, ...], table: np.ndarray, counts: np.ndarray
) -> None:
    """Set counts int64[n, 5]: lines, those that end in a TERMINAL code point, short ones; line feeds; others.

    Blank lines are no lines here; the others are all code points but line feeds. Line feeds and others are read off
    the lines, which spares a pass over the bytes.
    """
    first, start, length, chars, blank = lines
    for doc in range(first.size - 1):
        filled = ended = short = feeds = others = 0
        for k in range(first[doc], first[doc + 1]):
            others += chars[k]
            stop = start[k] + length[k]
            if not blank[k]:
                filled += 1
                ended += entry_before(data, stop, start[k], table) & TERMINAL != 0
                short += chars[k] <= SHORT_LINE
            if stop < offsets[doc + 1]:
                pair = data[stop] == 0x0D and stop + 1 < offsets[doc + 1] and data[stop + 1] == 0x0A
                feeds += pair or data[stop] == 0x0A
                others += data[stop] != 0x0A
        counts[doc, 0], counts[doc, 1], counts[doc, 2] = filled, ended, short
        counts[doc, 3], counts[doc, 4] = feeds, others


@kernel
def _third_longest(first: np.ndarray, chars: np.ndarray, third: np.ndarray) -> None:
    """Set third int64[n] to the length of the third longest line of each text, if there is one."""
    for doc in range(first.size - 1):
        a = b = c = np.int64(-1)
        for k in range(first[doc], first[doc + 1]):
            length = np.int64(chars[k])
            if length > a:
                a, b, c = length, a, b
            elif length > b:
                b, c = length, b
            elif length > c:
                c = length
        third[doc] = c
