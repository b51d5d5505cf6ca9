import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.filters.gopher import STOP_WORDS, gopher_quality, stop_words
from crawlsieve.filters.segments import segment
from crawlsieve.schemas.gopher import GOPHER_QUALITY

ENGLISH = stop_words([STOP_WORDS])


def measured(*texts, words=ENGLISH, language=None):
    return gopher_quality(segment(pa.array(texts, pa.large_string())), words, language)


def value(name, text):
    return measured(text)[name][0].as_py()


def test_columns_are_those_of_the_schema():
    assert measured("a").schema.equals(GOPHER_QUALITY, check_metadata=True)
    assert all(field.metadata[b"unit"] for field in GOPHER_QUALITY)


def test_punctuation_alone_is_no_word():
    assert value("word_count", "one, two • three 😀 ... (four)") == 5
    assert value("mean_word_length", "one, two!") == 3


@pytest.mark.parametrize(
    "name", [name for name in GOPHER_QUALITY.names if name not in ("word_count", "stop_word_count")]
)
@pytest.mark.parametrize("text", ["", None])
def test_a_ratio_of_nothing_is_null(name, text):
    assert value(name, text) is None
    assert value("word_count", text) == value("stop_word_count", text) == 0


def test_a_text_of_symbols_has_words_but_no_word_length():
    row = measured("... !!!").to_pylist()[0]

    assert row["word_count"] == 0
    assert row["mean_word_length"] is None
    assert row["alphabetic_word_ratio"] == 0.0


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("# a", 1 / 2),
        ("## a", 2 / 3),
        ("#a #b", 2 / 4),
        ("a b", 0.0),
        ("x#y and a longer line #", 2 / 6),
        ("#" * 9, 1.0),
    ],
)
def test_number_signs_are_counted_wherever_they_stand(text, ratio):
    assert value("hash_to_word_ratio", text) == ratio


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("a...", 1 / 2),
        ("a…", 1 / 2),
        ("a .. b", 0.0),
        ("a...... b", 2 / 3),
        ("a..... b", 1 / 3),
        ("a…...b", 2 / 4),
        ("a¦ “b” — ‖…… c", 2 / 10),
        ("¦a", 0.0),
    ],
)
def test_three_full_stops_are_an_ellipsis(text, ratio):
    assert value("ellipsis_to_word_ratio", text) == ratio


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("- a\nb", 1 / 2),
        ("\u3000\t• a\n", 1.0),
        ("-\n\n- b", 2 / 3),
        ("a - b", 0.0),
        ("* a", 0.0),
        (" \n\n", 0.0),
        ("—a\n‣ b", 0.0),
    ],
)
def test_bullets_begin_lines_after_any_white_space(text, ratio):
    assert value("bullet_line_ratio", text) == ratio


@pytest.mark.parametrize(
    ("text", "ratio"),
    [("a...\nb", 1 / 2), ("a…\u00a0 \n\n", 1 / 2), ("a..\n..", 0.0), ("...", 1.0), ("a... b", 0.0), ("…", 1.0)],
)
def test_ellipses_end_lines_before_any_white_space(text, ratio):
    assert value("ellipsis_line_ratio", text) == ratio


def test_a_letter_of_any_script_is_alphabetic():
    assert value("alphabetic_word_ratio", "one два 三 4 ! x5") == 4 / 6


def test_stop_words_are_counted_once_and_by_case():
    assert value("stop_word_count", "the the The of OF, to-be") == 4


def test_every_language_has_its_own_list():
    words = stop_words([["the", "of"], ["der", "die", "und", "nicht wahr"], []])
    texts = ["the of der und"] * 4

    counts = measured(*texts, words=words, language=np.array([0, 1, 2, -1]))["stop_word_count"].to_pylist()

    assert counts == [2, 2, 0, None]


def test_long_lists_keep_every_word():
    many = [f"w{i}x" for i in range(3000)]

    assert measured(" ".join(many), words=stop_words([many]))["stop_word_count"].to_pylist() == [3000]
