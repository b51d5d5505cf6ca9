"""Near-copies: words replaced, near to the similarity that is asked for."""

import numpy as np
import pytest

from crawlsieve.dedup.edits import (
    edit_order,
    new_words,
    reach_of_characters,
    reach_of_words,
    replaced,
    words_to_replace,
)

WORDS = [f"w{n}" for n in range(400)]
TEXT = " ".join(WORDS).encode()
LENGTH = np.array([len(word) for word in WORDS])
START = np.concatenate([[0], np.cumsum(LENGTH + 1)[:-1]])


def jaccard(one, other, size):
    a, b = ({tuple(words[n : n + size]) for n in range(len(words) - size + 1)} for words in (one, other))
    return len(a & b) / len(a | b)


@pytest.mark.parametrize("size", [1, 5, 13])
@pytest.mark.parametrize("similarity", [0.5, 0.7, 0.9])
def test_a_copy_is_near_to_the_similarity_that_is_asked_for(size, similarity):
    chosen = words_to_replace(reach_of_words(400, size), similarity, edit_order(400, 7))
    copy = replaced(TEXT, (START, LENGTH), chosen, 7).decode()

    assert jaccard(WORDS, copy.split(), size) == pytest.approx(similarity, abs=0.03)


@pytest.mark.parametrize("similarity", [0.5, 0.7, 0.9])
def test_so_is_one_in_characters(similarity):
    chosen = words_to_replace(reach_of_characters(START, LENGTH, 10), similarity, edit_order(400, 7))
    copy = replaced(TEXT, (START, LENGTH), chosen, 7).decode()

    assert jaccard(TEXT.decode(), copy, 10) == pytest.approx(similarity, abs=0.08)  # new words are longer


def test_only_chosen_words_change():
    chosen = np.array([0, 17, 399])
    copy = replaced(TEXT, (START, LENGTH), chosen, 1).decode().split()

    assert [n for n, (a, b) in enumerate(zip(WORDS, copy, strict=True)) if a != b] == chosen.tolist()


def test_what_stands_around_the_words_stays():
    assert replaced("«é, a!»".encode(), (np.array([2, 6]), np.array([2, 1])), np.array([1]), 0).decode() == (
        f"«é, {new_words(np.array([1]), 0)[0].decode()}!»"
    )


def test_something_changes_even_in_one_word_and_nothing_where_there_is_none():
    assert len(words_to_replace(reach_of_words(1, 5), 0.99, edit_order(1, 0))) == 1
    assert len(words_to_replace(reach_of_words(0, 5), 0.99, edit_order(0, 0))) == 0
    nothing = np.empty(0, np.int64)
    assert len(words_to_replace(reach_of_characters(nothing, nothing, 5), 0.5, nothing)) == 0


@pytest.mark.parametrize("words", [1, 3, 5, 6])
def test_every_shingle_is_reached_and_no_more(words):
    begin, end = reach_of_words(words, 5)

    assert set().union(*(range(a, b) for a, b in zip(begin, end, strict=True))) == set(range(max(1, words - 4)))


def test_another_salt_is_another_copy():
    assert edit_order(50, 1).tolist() != edit_order(50, 2).tolist()
    assert sorted(edit_order(50, 1)) == list(range(50))
    assert len({*new_words(np.arange(1000), 1), *new_words(np.arange(1000), 2)}) == 2000
    assert all(word.isalpha() and len(word) == 12 for word in new_words(np.arange(100), 3))
