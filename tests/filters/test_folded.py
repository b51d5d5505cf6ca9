import unicodedata
from itertools import pairwise, product

import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.filters.codepoints import CODE_POINTS, FOLD, code_points
from crawlsieve.filters.folded import _composing, fold_texts


def folded(*texts):
    data, offsets = fold_texts(pa.array(texts, pa.large_string()))
    assert offsets[-1] == len(data)
    return [data[start:end].tobytes().decode() for start, end in pairwise(offsets)]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Hello World", "hello world"),
        ("  a \t\n\r b  ", "a b"),
        ("a\u00a0\u3000\u2028b", "a b"),
        ("a\u200bb", "a\u200bb"),
        ("ÀÉÎ", "àéî"),
        ("ΣΑΣς", "σασσ"),
        ("ПРИВЕТ", "привет"),
        ("K", "k"),  # U+212A, the Kelvin sign
        ("Ⱥ", "ⱥ"),  # two bytes become three
        ("İ", "İ"),  # has no simple folding
        ("ẞ ß", "ß ß"),
        ("e\u0301", "é"),
        ("E\u0301", "é"),
        ("\u1100\u1161\u11a8", "각"),
        ("ﬁ x² １", "ﬁ x² １"),  # NFC, not NFKC
        ("漢字 かな", "漢字 かな"),
        ("🤝🏽", "🤝🏽"),
        ("𐐀", "𐐨"),
        ("", ""),
        (" \n ", ""),
        (None, ""),
        ("\0", "\0"),
        ("J\u030c", "ǰ"),
        ("Ϊ\u0301", "ΐ"),
        ("H\u0331", "ẖ"),
        ("Ά\u0345", "ᾴ"),
    ],
)
def test_the_normal_form_is_nfc_folded_with_single_spaces(text, normal):
    assert folded(text) == [normal]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b", "ab"),
        ("é", "e"),
        ("x²", "x2"),
        ("ﬁ", "fi"),
        ("１", "1"),
        ("a-b", "a b"),
        ("ß", "ss"),
        ("a\u200bb", "ab"),
    ],
)
def test_what_a_reader_sees_keeps_texts_apart(one, other):
    first, second = folded(one, other)

    assert first != second


def test_each_text_is_folded_for_itself():
    assert folded("A ", None, " B", "e\u0301", "") == ["a", "", "b", "é", ""]


def test_a_slice_is_folded_as_its_copy():
    texts = pa.array(["X", "A\u0301 b", "C", "D"], pa.large_string()).slice(1, 2)
    data, offsets = fold_texts(texts)

    assert data.tobytes().decode() == "á bc"
    assert offsets.tolist() == [0, 4, 5]


def test_no_texts_have_no_bytes():
    data, offsets = fold_texts(pa.array([], pa.large_string()))

    assert len(data) == 0
    assert offsets.tolist() == [0]


def test_the_longest_growth_fits():
    assert folded("Ⱥ" * 1001) == ["ⱥ" * 1001]


def test_no_folding_of_the_table_grows_by_more_than_half():
    table = code_points()
    sizes = [len(chr(point).encode("utf-8", "surrogatepass")) for point in range(CODE_POINTS)]
    folds = (table & FOLD).astype(np.int64)

    moved = np.flatnonzero(folds != np.arange(CODE_POINTS))
    assert max(sizes[folds[point]] / sizes[point] for point in moved) <= 1.5


def test_only_code_points_that_nfc_leaves_alone_take_the_short_way():
    composing = _composing()
    for point in range(CODE_POINTS):
        if composing[point] or 0xD800 <= point < 0xE000:
            continue
        character = chr(point)
        assert unicodedata.normalize("NFC", character) == character
        assert unicodedata.combining(character) == 0
        pair = unicodedata.decomposition(character).split()
        assert len(pair) != 2 or pair[0].startswith("<") or composing[int(pair[1], 16)], hex(point)


def test_case_and_composition_keep_no_code_point_apart():
    """But İ, which has no simple folding: its parts have one."""
    folds = (code_points() & FOLD).tolist()
    alike = {}
    for point in set(range(CODE_POINTS)) - {0x345, *range(0xD800, 0xE000)}:
        alike.setdefault(folds[point], []).append(chr(point))
    for point in sorted({*range(CODE_POINTS)} - {0x130, *range(0xD800, 0xE000)}):
        parts = unicodedata.normalize("NFD", chr(point))
        if len(parts) > 1:
            choices = [alike.get(folds[ord(part)], [part]) if part != "\u0345" else [part] for part in parts]
            assert len({*folded(chr(point), *map("".join, product(*choices)))}) == 1, hex(point)


def test_bytes_that_are_not_utf8_stay_as_they_are():
    raw = b"A\xffB \xe2\x82"
    broken = pa.LargeStringArray.from_buffers(1, pa.py_buffer(np.array([0, len(raw)], np.int64)), pa.py_buffer(raw))

    data, _ = fold_texts(broken)

    assert data.tobytes() == b"a\xffb \xe2\x82"
