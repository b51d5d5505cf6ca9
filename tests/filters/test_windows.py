"""Words found 64 bytes at a time are those found one after the other; at the end of a buffer there is no window."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawlsieve.filters.masks import WIDTH
from crawlsieve.filters.segments import segment
from tests import plain

TRICKY = (
    "abcXYZ09 .,;:!?'’\"-–—/\\<>=+*^_@&#%$|~()[]{}…•·\n\r\t\x0b\x1c\x1f\x85\u2028\u00a0\u3000\x00\x7féßẞſĳŁžИДдї中カー"
    "กั한अि\u0301\u200d\u00ad😀🏽٣²１×÷。「」！＄゠・\u2060"
)
FRAGMENTS = [
    "don't",
    "don’t",
    "“No.”",
    "e.g.",
    "http://a.b/c-d?e=f).",
    "a.b/c",
    "well-known",
    "3.14",
    "covid–19",
    "...",
    "--",
    "-5",
    "éa's",
    "中'a",
    "Œuvre",
    "слово, дело",
    "中文，",
    " the ",
    "x" * 15,
    "y" * 16,
    "z" * 61,
    "w" * 62,
    "v" * 64,
    "é" * 32,
    "中" * 22,
]
texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(st.sampled_from(TRICKY), max_size=5)), max_size=40)
pieces = st.one_of(
    st.sampled_from([each.encode() for each in FRAGMENTS]),
    st.text(st.sampled_from(TRICKY), max_size=5).map(str.encode),
    st.binary(max_size=3),
)
unhurried = settings(deadline=None)
BEHIND = b"z " * 60


def cut(texts):
    """(Words, their columns) of the first of the texts, given as bytes."""
    segments = segment(pa.array(texts, pa.large_binary()).view(pa.large_string()))
    words, count = segments.words, segments.words.first[1]
    columns = [column[:count].tolist() for column in (words.start, words.length, words.chars, words.hash, words.kind)]
    data = segments.data.tobytes()
    return [data[at : at + size] for at, size in zip(*columns[:2], strict=True)], columns


@unhurried
@given(texts, st.integers(0, WIDTH))
@example(["word’s “end”"], 0)
def test_words_of_a_window_are_as_the_rules_say(parts, shift):
    text = "a" * shift + "".join(parts)

    found, columns = cut([text.encode(), BEHIND])

    words = plain.words(text)
    assert found == [word.encode() for word in words]
    assert columns[2] == [len(word) for word in words]


@unhurried
@given(st.lists(pieces, max_size=20).map(b"".join))
def test_what_stands_behind_a_text_does_not_matter(text):
    text = text[: WIDTH + 15]  # so much is read one after the other at the end of a buffer

    assert cut([text, BEHIND]) == cut([text])
    assert cut([text, text + BEHIND]) == cut([text])


@pytest.mark.parametrize(
    "piece",
    [
        "’",
        "中",
        "é",
        "слово",
        "a's",
        "a’s",
        "://",
        "...",
        " ",
        "-5",
        "a\u0301",
        "中\u0301",
        "”\u0301",
        "a”中",
        "10’000",
        "covid–19",
    ],
)
def test_a_word_at_any_place_of_a_window_is_the_same(piece):
    for shift in range(2 * WIDTH):
        text = "a " * (shift // 2) + "b" * (shift % 2) + piece + " and more"

        found, _ = cut([text.encode(), BEHIND])

        assert found == [word.encode() for word in plain.words(text)]


def test_kinds_do_not_depend_on_the_way_a_word_is_found():
    text = "word Title UPPER 42 a1 É été Жук жук 中 の . ? ! … “ 。 don't it’s Don’t"

    _, near_the_end = cut([text.encode()[:79]])
    _, in_a_window = cut([text.encode()[:79], BEHIND])

    assert in_a_window == near_the_end
    assert np.max(in_a_window[4]) < 32
