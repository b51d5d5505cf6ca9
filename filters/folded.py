"""Texts as they are compared: one form for texts that differ in case, white space or Unicode composition only.

The normalised text is NFC, each code point in its simple case folding, every run of white space one space, none at the
ends. It is brought into NFC twice, since many a small letter has a composed form and its capital none (ǰ, ẖ, ΐ). NFC
and not NFKC: superscripts, ligatures and full-width letters are a difference that a reader sees.
"""

import unicodedata
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.filters.codepoints import CLASS, FOLD, MARK, SPACE, code_points, decode
from crawlsieve.filters.strings import strings, text_buffers
from crawlsieve.kernel import inlined, kernel

_GROWTH = 1.5
"""A folding is at most this much longer: two bytes (U+023A) become three."""

_TWINS = (
    "0374 037E 0387 0958-095F 09DC-09DF 0A33-0A36 0A59-0A5E 0B5C-0B5D 0F43-0F69 1160-11FF 1F71-1FFD 2000-2001 2126-212B"
    " 2329-232A 2ADC F900-FAFF FB1D-FB4E 1D15E-1D164 1D1BB-1D1C0 2F800-2FA1D"
)
"""Code points besides marks that NFC replaces or joins to the one before, and some between them that it leaves."""

_IOTA_BELOW = 0x345

_STEADY = "2002-206F FE00-FE0F FEFF 1F3FB-1F3FF E0000-E0FFF"
"""Marks, as `codepoints.py` has them, that NFC neither moves nor joins: joiners, variation selectors, skin tones."""


def fold_texts(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The normalised texts, one behind the other.

    Args:
        texts: large_string[n] or string[n]; null counts as empty.

    Returns:
        (uint8[m], int64[n + 1]): bytes, and offsets into them.
    """
    data, offsets = text_buffers(texts)
    unsure = np.zeros(len(texts), np.bool_)
    _may_compose(data, offsets, _composing(), unsure)
    if not unsure.any():
        return _fold_all(data, offsets)
    texts = pc.fill_null(texts, "").cast(pa.large_string())
    data, offsets = _fold_all(*text_buffers(_composed(texts, unsure)))
    data, offsets = text_buffers(_composed(strings(data, offsets, texts), unsure))
    return data[: offsets[-1]], offsets


def _fold_all(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `fold_texts`, of texts in NFC."""
    out = np.empty(int((offsets[-1] - offsets[0]) * _GROWTH) + 4, np.uint8)
    ends = np.zeros(len(offsets), np.int64)
    _fold(data, offsets, _folding(), out, ends)
    return out[: ends[-1]], ends


def _composed(texts: pa.LargeStringArray, unsure: np.ndarray) -> pa.LargeStringArray:
    """The texts with those that are unsure in NFC. (Arrow's utf8_normalize leaves accents decomposed: pyarrow 25.)"""
    mask = pa.array(unsure)
    composed = [unicodedata.normalize("NFC", text) for text in texts.filter(mask).to_pylist()]
    return pc.replace_with_mask(texts, mask, pa.array(composed, pa.large_string()))


@cache
def _folding() -> np.ndarray:
    """uint32[0x110000]: the table of `codepoints.py`, where the Greek iota below a letter stays a mark.

    Unicode folds it to the letter iota, which no accent joins any more: the capital of ᾴ would be no ᾴ.
    """
    table = code_points().copy()
    table[_IOTA_BELOW] = table[_IOTA_BELOW] & ~np.uint32(FOLD) | np.uint32(_IOTA_BELOW)
    table.setflags(write=False)
    return table


@cache
def _composing() -> np.ndarray:
    """bool[0x110000]: whether a text with this code point may not be in NFC."""
    composing: np.ndarray = code_points() & CLASS == MARK
    for ranges, value in ((_STEADY, False), (_TWINS, True)):
        for each in ranges.split():
            first, _, last = each.partition("-")
            composing[int(first, 16) : int(last or first, 16) + 1] = value
    composing.setflags(write=False)
    return composing


@kernel
def _may_compose(data: np.ndarray, offsets: np.ndarray, composing: np.ndarray, unsure: np.ndarray) -> None:
    """Set unsure bool[n] where a text has a code point that is `composing`, so that it may not be in NFC."""
    for doc in range(offsets.size - 1):
        i, end = offsets[doc], offsets[doc + 1]
        while i < end:
            if data[i] < 0xCC:  # below U+0300 everything is in NFC
                i += 1
                continue
            cp, size = decode(data, i, end)
            if composing[cp]:
                unsure[doc] = True
                break
            i += size


@kernel
def _fold(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, out: np.ndarray, ends: np.ndarray) -> None:
    """Write the folded texts to `out`, and to ends[1:] where each one ends."""
    at = 0
    for doc in range(offsets.size - 1):
        i, end, begin = offsets[doc], offsets[doc + 1], at
        gap = False
        while i < end:
            cp, size = decode(data, i, end)
            entry = np.int64(table[cp])
            if entry & CLASS == SPACE:
                gap = at > begin
                i += size
                continue
            if gap:
                out[at] = 0x20
                at += 1
                gap = False
            if size == 1:  # ASCII, or a byte that is not UTF-8, which stays as it is
                out[at] = entry & FOLD if cp < 0x80 else data[i]
                at += 1
            else:
                at = _encode(entry & FOLD, out, at)
            i += size
        ends[doc + 1] = at


@inlined
def _encode(cp: np.int64, out: np.ndarray, at: int) -> int:
    """Write the code point as UTF-8 at `at`; where the next one goes."""
    if cp < 0x80:
        out[at] = cp
        return at + 1
    if cp < 0x800:
        out[at] = 0xC0 | (cp >> 6)
        out[at + 1] = 0x80 | (cp & 0x3F)
        return at + 2
    if cp < 0x10000:
        out[at] = 0xE0 | (cp >> 12)
        out[at + 1] = 0x80 | ((cp >> 6) & 0x3F)
        out[at + 2] = 0x80 | (cp & 0x3F)
        return at + 3
    out[at] = 0xF0 | (cp >> 18)
    out[at + 1] = 0x80 | ((cp >> 12) & 0x3F)
    out[at + 2] = 0x80 | ((cp >> 6) & 0x3F)
    out[at + 3] = 0x80 | (cp & 0x3F)
    return at + 4
