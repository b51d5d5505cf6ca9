"""Shingles against tuples, and against the formula in Python's integers."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.dedup import shingles
from crawlsieve.dedup.shingles import character_shingles, word_shingles

BASE = 0x9E3779B97F4A7C15
WORDS = [0, 1, 2**64 - 1, BASE, 12345678901234567890]

documents = st.lists(st.lists(st.sampled_from(WORDS), max_size=12), max_size=6)
characters = st.text(st.sampled_from("ab\x00é中😀"), max_size=12)
sizes = st.integers(1, 7)
unhurried = settings(deadline=None)


def packed(lists, kind=np.uint64):
    first = np.cumsum([0, *map(len, lists)])
    return first, np.array(list(itertools.chain.from_iterable(lists)), kind)


def cut(found):
    first, hashes = found
    return [hashes[a:b].tolist() for a, b in itertools.pairwise(first.tolist())]


def of_words(lists, size=5):
    return cut(word_shingles(*packed(lists), size))


def of_characters(texts, size):
    offsets, data = packed([text.encode() for text in texts], np.uint8)
    return cut(character_shingles(offsets, data, size))


def mix(h):
    h ^= h >> 33
    h = h * 0xFF51AFD7ED558CCD % 2**64
    h ^= h >> 33
    h = h * 0xC4CEB9FE1A85EC53 % 2**64
    return h ^ h >> 33


def hashed(gram):
    polynomial = 0
    for member in gram:
        polynomial = (polynomial * BASE + member) % 2**64
    return mix(polynomial ^ len(gram) << 32)


def ngrams(members, size):
    if len(members) < size:
        return [tuple(members)] if members else []
    return [tuple(members[i : i + size]) for i in range(len(members) - size + 1)]


@unhurried
@given(documents, sizes)
def test_a_shingle_is_the_mixed_polynomial_of_its_words(lists, size):
    assert of_words(lists, size) == [[hashed(gram) for gram in ngrams(words, size)] for words in lists]


@unhurried
@given(st.lists(characters, max_size=6), sizes)
def test_a_shingle_of_characters_is_that_of_their_mixed_bytes(texts, size):
    members = [[mix((int.from_bytes(char.encode()) + BASE) % 2**64) for char in text] for text in texts]

    assert of_characters(texts, size) == [[hashed(gram) for gram in ngrams(list_, size)] for list_ in members]


@unhurried
@given(st.lists(characters, max_size=6), sizes)
def test_equal_grams_and_only_those_have_equal_hashes(texts, size):
    grams = [gram for text in texts for gram in ngrams(list(text), size)]
    hashes = list(itertools.chain.from_iterable(of_characters(texts, size)))

    assert len(set(zip(grams, hashes, strict=True))) == len(set(grams)) == len(set(hashes))


@unhurried
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=12), min_size=2, max_size=6), sizes, st.data())
def test_batch_boundaries_do_not_matter(lists, size, data):
    at = data.draw(st.integers(1, len(lists) - 1))

    assert of_words(lists[:at], size) + of_words(lists[at:], size) == of_words(lists, size)


def test_a_short_document_has_one_shingle_and_an_empty_one_none():
    assert [len(found) for found in of_words([[], [1], [1, 2, 3, 4], [1] * 5, [1] * 6])] == [0, 1, 1, 1, 2]


def test_a_short_document_is_no_shingle_of_a_longer_one():
    (short,), (long,) = of_words([[1, 2], [0, 0, 0, 1, 2]])

    assert short != long


def test_the_order_of_words_in_a_shingle_matters():
    found = of_words([list(order) for order in itertools.permutations([1, 2, 3, 4, 5])])

    assert len({hash_ for (hash_,) in found}) == 120


def test_long_shingles_of_similar_characters_do_not_collide():
    rng = np.random.default_rng(0)
    texts = {"".join(rng.choice(list("01"), 64)) for _ in range(2000)}

    assert len({hash_ for (hash_,) in of_characters(sorted(texts), 64)}) == len(texts)


def test_both_halves_of_a_hash_are_spread():
    hashes = word_shingles(np.array([0, 100_000]), np.arange(100_000, dtype=np.uint64), 2).hash

    for half in (hashes >> np.uint64(32), hashes & np.uint64(0xFFFFFFFF)):
        counts = np.bincount((half >> np.uint64(24)).astype(np.int64), minlength=256)
        assert abs(counts - len(hashes) / 256).max() < 6 * (len(hashes) / 256) ** 0.5


def test_text_that_is_not_utf8_is_cut_all_the_same():
    data = np.frombuffer(b"\x80\x80a\xff\x80", np.uint8)

    found = cut(character_shingles(np.array([0, 2, 5]), data, 1))

    assert [len(hashes) for hashes in found] == [1, 2]


@pytest.mark.parametrize("size", [0, -1])
def test_a_shingle_has_a_member(size):
    with pytest.raises(ValueError, match=f"1 word or character at least, not {size}"):
        of_words([[1]], size)
    with pytest.raises(ValueError, match="at least"):
        of_characters(["a"], size)


def test_hashes_are_those_of_version_1():
    assert shingles.VERSION == 1
    assert of_words([[1, 2, 3, 4, 5]]) == [[hashed((1, 2, 3, 4, 5))]] == [[4870461543201699548]]
