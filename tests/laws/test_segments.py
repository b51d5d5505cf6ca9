"""Laws of the segmentation and of the signals over it: they equal a slow reading of their rules, in any batch."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawlsieve.filters.gopher import STOP_WORDS, gopher_quality, stop_words
from crawlsieve.filters.hashes import hash_bytes
from crawlsieve.filters.repetition import gopher_repetition
from crawlsieve.filters.segments import segment
from tests import plain

TRICKY = (
    "abcXYZ09 .,;:!?'’\"-–—/\\<>=+*^_@&#%$|~()[]{}…•·\n\r\t\x0b\x0c\x1c\x1f\x85\u2028\u2029\u00a0\u3000\x00\x7f"
    "éßẞſKİДд中カーกั한अि\u0301\u0308\u200d\u200b\ufeff\u00ad😀🏽🇫٣²Ⅷ１。「」！"
)
FRAGMENTS = [
    "don't",
    "e.g.",
    "http://a.b/c-d?e=f).",
    "a.b/c",
    "well-known",
    "3.14",
    "1,000",
    "...",
    "--",
    "\n\n",
    "\r\n",
    " \n",
    "longwordlongword",
    "Longer1Word2",
    "the",
    "of",
    "word " * 9,
    "中文",
    "ก็",
    "é" * 9,
    "x" * 40,
]

texts = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from(TRICKY), max_size=80),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(st.sampled_from(TRICKY), max_size=3)), max_size=30).map(
        "".join
    ),
)
repetitive = st.one_of(
    st.lists(st.sampled_from(["a", "bb", "the", ".", "\n", "\n\n", "é"]), max_size=60).map(" ".join),
    st.lists(st.sampled_from(["a b c d e f", "one line", "", " ", "a b c"]), max_size=20).map("\n".join),
)
unhurried = settings(deadline=None)


def hashed(text):
    data = np.frombuffer(text.encode() + b"beyond", np.uint8)
    return int(hash_bytes(data, 0, len(data) - 6))


def cut(segments, spans):
    data = segments.data.tobytes()
    pieces = [data[start : start + length].decode() for start, length in zip(spans.start, spans.length, strict=True)]
    return [pieces[a:b] for a, b in zip(spans.first[:-1], spans.first[1:], strict=True)]


@unhurried
@given(st.lists(texts, max_size=5))
@example(["a" * 8, "b" * 7 + " ", "c" * 16 + "'s", "中" * 9])
def test_the_kernels_read_the_rules_as_written(batch):
    segments = segment(pa.array(batch, pa.large_string()))

    assert cut(segments, segments.words) == [plain.words(text) for text in batch]
    assert cut(segments, segments.lines) == [text.splitlines() for text in batch]
    assert cut(segments, segments.paragraphs) == [plain.paragraphs(text) for text in batch]
    assert segments.lines.blank.tolist() == [plain.blank(line) for text in batch for line in text.splitlines()]


@unhurried
@given(st.lists(texts, min_size=1, max_size=5))
@example(["ABCDEFGHIJKLMNOPQRSTUVWXYZ@[`{ ÀZÀZÀZÀZ", "ZZ"])
def test_sizes_add_up_and_hashes_tell_what_is_equal(batch):
    segments = segment(pa.array(batch, pa.large_string()))

    for spans in (segments.words, segments.lines, segments.paragraphs):
        pieces = [piece for text in cut(segments, spans) for piece in text]
        assert spans.chars.tolist() == [len(piece) for piece in pieces]
        assert len({*zip(pieces, spans.hash.tolist(), strict=True)}) == len(set(pieces)) == len({*spans.hash.tolist()})
    words = [word for text in cut(segments, segments.words) for word in text]
    assert segments.words.hash.tolist() == [hashed(word) for word in words]


@unhurried
@given(st.lists(texts, max_size=6), st.data())
def test_slices_chunks_and_nulls_are_the_texts_that_they_hold(batch, data):
    low = data.draw(st.integers(0, len(batch)))
    high = data.draw(st.integers(low, len(batch)))
    whole = pa.array([*batch, None, "x"], pa.large_string())

    part = segment(whole.slice(low, high - low))
    chunked = segment(pa.chunked_array([whole.slice(0, low), whole.slice(low)]))
    narrow = segment(pa.array([*batch, None, "x"], pa.string()))

    assert cut(part, part.words) == [plain.words(text) for text in batch[low:high]]
    for other in (chunked, narrow):
        assert cut(other, other.words) == [*map(plain.words, batch), [], ["x"]]


def signals(batch):
    segments = segment(pa.array(batch, pa.large_string()))
    parts = (
        gopher_quality(segments, stop_words([STOP_WORDS])),
        gopher_repetition(segments, "datatrove"),
        gopher_repetition(segments, "dclm"),
    )
    return [{**a, **b, **c} for a, b, c in zip(*(part.to_pylist() for part in parts), strict=True)]


@unhurried
@given(st.lists(st.one_of(texts, repetitive), max_size=4))
def test_signals_are_what_their_definitions_say(batch):
    expected = [{**plain.quality(text, STOP_WORDS), **plain.datatrove(text), **plain.dclm(text)} for text in batch]

    assert signals(batch) == expected


@unhurried
@given(st.lists(st.one_of(texts, repetitive), min_size=2, max_size=6), st.data())
def test_batch_boundaries_do_not_matter(batch, data):
    at = data.draw(st.integers(1, len(batch) - 1))

    assert signals(batch[:at]) + signals(batch[at:]) == signals(batch)


@unhurried
@given(st.lists(st.sampled_from("abc"), max_size=120))
def test_ngrams_of_a_list_of_words_are_counted_as_datatrove_and_dclm_count_them(tokens):
    text = " ".join(tokens)

    (measured,) = signals([text])

    for n in (2, 3, 4):
        assert measured[f"top_{n}gram_char_ratio"] == plain.share(plain.top_first(tokens, n), len(text))
        assert measured[f"top_{n}gram_char_ratio_dclm"] == plain.share(plain.top_longest(tokens, n), len(tokens))
    for n in range(5, 11):
        assert measured[f"duplicate_{n}gram_char_ratio"] == plain.share(plain.second_copies(tokens, n), len(text))
        assert measured[f"duplicate_{n}gram_char_ratio_dclm"] == plain.share(plain.covered(tokens, n), len(tokens))


@pytest.mark.parametrize(
    "piece",
    [b"\xff", b"\xc3", b"\xe2\x80", b"\xf0\x9f\x98", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xf8\x80\x80\x80", b"\x80"],
)
@pytest.mark.parametrize(
    ("before", "behind"),
    [(b"", b""), (b"some words before it ", b""), (b"word", b"word and some more"), (b"", b" and a long text behind")],
)
def test_each_byte_that_is_no_utf8_is_a_symbol(piece, before, behind):
    broken = pa.array([before + piece + behind, b"next text"], pa.large_binary()).view(pa.large_string())

    segments = segment(broken)
    data = segments.data.tobytes()
    found = [data[s : s + n] for s, n in zip(segments.words.start, segments.words.length, strict=True)]

    symbols = [piece[i : i + 1] for i in range(len(piece))]
    assert found == [*before.split(), *symbols, *behind.split(), b"next", b"text"]
    assert segments.words.chars.tolist() == [len(word) for word in found]
