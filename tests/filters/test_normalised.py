"""Normalised words against a slow reading of the rules, with Python's own `unicodedata`."""

import itertools
import re
import sys
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawlsieve.filters import normalised
from crawlsieve.filters.codepoints import ALPHA, WORD
from crawlsieve.filters.hashes import hash_bytes
from crawlsieve.filters.normalised import NONE, Normalisation, normalised_text, normalised_words
from crawlsieve.filters.normalised_kernel import spell as spell_kernel
from crawlsieve.filters.segments import segment
from tests import plain

ALL = [Normalisation(*switches) for switches in itertools.product((False, True), repeat=4)]
DEFAULT = Normalisation()
ACCENTS = Normalisation(case=False, accents=True, punctuation=False, numbers=False)

TRICKY = "aAzZ@[`{09.,'’-_ \n\x00\u0301\u0327\u0345\u0903\u200d\u00ad\u09cb\U0001d15e"
TRICKY += "éÉÅ\u212bÇİıßẞſKΩς가각힣٣²Ⅷ〇½①≠中😀ओि"
FRAGMENTS = ["Straße", "ÉCOLE", "e\u0301cole", "1,000.50", "covid-19", "x2y33z", "ABCDEFGH", "abcdefgh", "12345678"]
FRAGMENTS += ["ABCDEFGHIJKLMNOPq", "2024", "don't", "a_b", "http://A.b/C?d=1", "Ａｂｃ", "...", "-5", "한국어한국어"]
assigned = st.characters(exclude_categories=("Cn", "Cs", "Co"))
texts = st.one_of(
    st.text(assigned, max_size=40),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(TRICKY, max_size=4)), max_size=20).map(" ".join),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(TRICKY, max_size=4)), max_size=20).map("".join),
)
normalisations = st.sampled_from(ALL)
unhurried = settings(deadline=None)


SINCE_CHANGED = "\U0001171e"
"""Mn up to Unicode 15, Mc from 16 on."""


def is_number(char):
    return plain.entry(char) & (WORD | ALPHA) == WORD


def fold(char):
    """Simple case folding: one code point for one."""
    return next((folded for folded in (char.casefold(), char.lower()) if len(folded) == 1), char)


def is_kept(char):
    return plain.entry(char) & WORD or unicodedata.category(char)[0] == "M"


def is_thin(char):
    return unicodedata.category(char) == "Mn" and char not in SINCE_CHANGED


def spell(word, normalisation):
    """The rules as `normalised.py` has them; empty if the word is dropped."""
    if normalisation.punctuation and not any(plain.entry(char) & WORD for char in word):
        return ""
    if normalisation.accents:
        word = "".join(c for c in unicodedata.normalize("NFD", word) if not is_thin(c))
    if normalisation.punctuation:
        word = "".join(char for char in word if is_kept(char))
    kinds = "".join("0" if is_number(char) else "x" for char in word)
    if normalisation.case:
        word = "".join(fold(char) for char in word)
    if normalisation.numbers:
        runs = [(run.start(), run.end()) for run in re.finditer("0+", kinds)]
        for start, end in reversed(runs):
            word = word[:start] + "0" + word[end:]
    return word


def spelled(text, normalisation):
    return [found for word in plain.words(text) if (found := spell(word, normalisation))]


def hashed(word):
    data = np.frombuffer(word.encode() + b"beyond", np.uint8)
    return int(hash_bytes(data, 0, len(data) - 6))


def segments(*batch):
    return segment(pa.array(batch, pa.large_string()))


def hashes(batch, normalisation):
    """List of hashes of each text."""
    first, values = normalised_words(segments(*batch), normalisation)
    return [values[a:b].tolist() for a, b in itertools.pairwise(first.tolist())]


def written(batch, normalisation):
    """Normalised spelling of each text."""
    data, offsets = normalised_text(segments(*batch), normalisation)
    return [data[a:b].tobytes().decode() for a, b in itertools.pairwise(offsets.tolist())]


@unhurried
@given(st.lists(texts, max_size=4), normalisations)
@example(["ABCDEFG", "Abcdefgh"], DEFAULT)
@example(["가힣" * 30], ACCENTS)
def test_a_word_has_the_hash_of_its_normalised_spelling(batch, normalisation):
    expected = [[hashed(word) for word in spelled(text, normalisation)] for text in batch]

    assert hashes(batch, normalisation) == expected


@unhurried
@given(st.lists(texts, max_size=4), normalisations)
def test_the_normalised_text_is_the_spellings_with_spaces(batch, normalisation):
    assert written(batch, normalisation) == [" ".join(spelled(text, normalisation)) for text in batch]


@pytest.mark.parametrize("normalisation", [DEFAULT, ACCENTS])
def test_every_assigned_code_point_is_spelled_by_the_rules(normalisation):
    every = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) not in {"Cn", "Cs", "Co"}]
    expected = [" ".join(spelled(char, normalisation)) for char in every]

    wrong = [hex(ord(c)) for c, a, b in zip(every, written(every, normalisation), expected, strict=True) if a != b]

    assert wrong == []


@unhurried
@given(st.lists(texts, min_size=2, max_size=5), normalisations, st.data())
def test_batch_boundaries_do_not_matter(batch, normalisation, data):
    cut = data.draw(st.integers(1, len(batch) - 1))

    assert hashes(batch[:cut], normalisation) + hashes(batch[cut:], normalisation) == hashes(batch, normalisation)


@unhurried
@given(texts)
def test_composed_and_decomposed_texts_are_one(text):
    """Unless the segmentation cuts them differently, which a lone accent at a word's end can bring about."""
    words = plain.words(text)

    for form in ("NFC", "NFD"):
        for word in words:
            assert spell(unicodedata.normalize(form, word), ACCENTS) == spell(word, ACCENTS)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("École", "ecole"),
        ("e\u0301cole", "école"),
        ("STRASSE Müller", "strasse muller"),
        ("Hello, World!", "hello world"),
        ("2024 1,000.50 ٣٤", "1 22 333"),
        ("covid-19", "COVID-20"),
        ("각", "\u1100\u1161\u11a8"),
        ("Ω K Å", "ω k a"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_by_default_these_are_equal(left, right):
    assert hashes([left], DEFAULT) == hashes([right], DEFAULT)
    assert hashes([left], NONE) != hashes([right], NONE)


@pytest.mark.parametrize(("left", "right"), [("ß", "ss"), ("a b", "ab"), ("x1y", "xy"), ("1 2", "12"), ("ø", "o")])
def test_by_default_these_differ(left, right):
    assert hashes([left], DEFAULT) != hashes([right], DEFAULT)


@pytest.mark.parametrize("switch", ["case", "accents", "punctuation", "numbers"])
def test_each_difference_matters_unless_it_is_normalised(switch):
    pairs = {"case": ("Word", "word"), "accents": ("né", "ne"), "punctuation": ("a - b", "a b"), "numbers": ("7", "12")}
    switches = {name: name == switch for name in pairs}

    for name, (left, right) in pairs.items():
        equal = hashes([left], Normalisation(**switches)) == hashes([right], Normalisation(**switches))
        assert equal == (name == switch)


def test_without_normalisation_words_keep_their_hashes():
    cut = segments("Some Text, with 3 words.", "É")

    first, values = normalised_words(cut, NONE)

    assert first.tolist() == cut.words.first.tolist()
    assert values.tolist() == cut.words.hash.tolist()


def test_no_batch_and_empty_texts_have_no_words():
    assert hashes([], DEFAULT) == []
    assert hashes(["", "...", "!?"], DEFAULT) == [[], [], []]
    assert written(["", "... -", "\u0301"], DEFAULT) == ["", "", ""]


def test_a_slice_is_read_as_its_copy():
    texts = pa.array(["Skip ME", "Read ÉACH word 5", "end"], pa.large_string())

    _, values = normalised_words(segment(texts.slice(1, 1)), DEFAULT)

    assert values.tolist() == hashes(["read each word 0"], DEFAULT)[0]


@pytest.mark.parametrize("strange", [b"\xc3\xff", b"\xe4\xb8\xff", b"\xe4\xff\xb8", b"\xe4\xb8", b"\xc3", b"\xf5\x80"])
def test_bytes_that_only_look_like_utf8_are_replaced_one_by_one(strange):
    data, out = np.frombuffer(b"a" + strange + b"\x80" * 3, np.uint8), np.zeros(40, np.uint8)

    end = spell_kernel(data, (0, len(data) - 3), normalised._tables(ACCENTS), out, 0)

    assert out[:end].tobytes().decode() == "a" + "\ufffd" * len(strange)


def test_bytes_that_are_not_utf8_find_room():
    raw = b"a" + b"\xff" * 5000
    broken = pa.LargeStringArray.from_buffers(1, pa.py_buffer(np.array([0, len(raw)], np.int64)), pa.py_buffer(raw))

    data, offsets = normalised_text(segment(broken), ACCENTS)

    assert data.tobytes().decode().replace(" ", "") == "a" + "\ufffd" * 5000
    assert offsets.tolist() == [0, len(data)]


@pytest.mark.parametrize("normalisation", ALL[1:])
def test_no_spelling_outgrows_its_room(normalisation):
    table, parts, _ = normalised._tables(normalisation)
    sizes = 1 + (table > 0xFF) + (table > 0xFFFF) + (table > 0xFFFFFF)
    own = np.select([np.arange(len(table)) < limit for limit in (0x80, 0x800, 0x10000)], [1, 2, 3], 4)
    sizes[table == normalised.DROPPED] = 0
    sizes[table == normalised.NUMBER] = 1
    many = np.flatnonzero((table & 0xFF) == normalised.SEVERAL)
    for point in many:
        first, count = int(table[point]) >> 12, int(table[point]) >> 8 & 15
        pieces = parts[first : first + count]
        assert len(pieces) == count
        sizes[point] = sum(1 + (piece > 0xFF) + (piece > 0xFFFF) + (piece > 0xFFFFFF) for piece in pieces.tolist())

    assert (sizes <= normalised._GROWTH * own).all()
    assert ((parts & 0xFF) < 0xF8).all()


def test_the_stored_marks_and_decompositions_are_those_of_unicode():
    thin, marks, decompositions = normalised._unicode()

    for point in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(point))
        if category in {"Cn", "Cs", "Co"}:
            continue
        assert thin[point] == (category == "Mn") or chr(point) in SINCE_CHANGED, hex(point)
        assert marks[point] == (category[0] == "M"), hex(point)
        if (point in decompositions) != (unicodedata.normalize("NFD", chr(point)) != chr(point)):
            assert category == "Mn" or 0xAC00 <= point < 0xD7A4, hex(point)


def test_a_description_tells_normalisations_apart():
    described = [tuple(each.describe().items()) for each in ALL]

    assert len(set(described)) == len(ALL)
    assert dict(described[0])["normalisation_version"] == normalised.VERSION


def test_hashes_are_those_of_version_1():
    found = hashes(["The Café has 42 well-known items, don't 東京 서울 Москва"], DEFAULT)[0]

    assert normalised.VERSION == 1
    assert sum(place * value for place, value in enumerate(found, 1)) % 2**64 == 12939849807942272369
