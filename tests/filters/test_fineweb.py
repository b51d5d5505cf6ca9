import pyarrow as pa
import pytest

from crawlsieve.filters.fineweb import fineweb, mc4
from crawlsieve.filters.segments import segment
from crawlsieve.schemas.c4 import MC4
from crawlsieve.schemas.fineweb import FINEWEB


def measured(text):
    (row,) = fineweb(segment(pa.array([text]))).to_pylist()
    return row


def third_longest(text):
    return mc4(segment(pa.array([text])))["third_longest_line"].to_pylist()[0]


@pytest.mark.parametrize("mark", [".", "!", "?", "。", "؟", "।", "…x."])
def test_a_line_that_ends_in_a_sentence_mark_of_any_script_counts(mark):
    assert measured(f"one{mark}\ntwo")["line_punctuation_ratio"] == 0.5


@pytest.mark.parametrize("end", ["", '."', ".)", ". ", "…", ";"])
def test_what_stands_behind_the_mark_takes_it_away(end):
    assert measured(f"one{end}\ntwo.")["line_punctuation_ratio"] == 0.5


@pytest.mark.parametrize(("letters", "ratio"), [(30, 1.0), (31, 0.5)])
@pytest.mark.parametrize("letter", ["w", "ж", "猫"])
def test_thirty_code_points_are_a_short_line(letters, ratio, letter):
    assert measured(f"{letter * letters}\nx")["short_line_ratio"] == ratio


def test_blank_lines_are_no_lines():
    row = measured("one.\n\n  \n\u3000\ntwo\n")

    assert row["line_punctuation_ratio"] == 0.5
    assert row["short_line_ratio"] == 1.0


def test_later_copies_of_a_line_are_repeated_blank_ones_are_not():
    row = measured("éé\nb\néé\n  \n  \néé")

    assert row["repeated_line_char_ratio"] == 4 / 11


def test_a_line_with_other_white_space_is_another_line():
    assert measured("abc\nabc ")["repeated_line_char_ratio"] == 0.0


def test_line_feeds_are_counted_and_words_with_punctuation():
    assert measured("Hello, world.\r\n\n猫\v犬\u2028")["newline_to_word_ratio"] == 2 / 6


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_nothing_to_divide_by_is_null(text):
    assert measured(text) == dict.fromkeys(FINEWEB.names)


def test_white_space_only_has_characters_and_no_lines():
    assert measured(" \n ") == dict.fromkeys(FINEWEB.names) | {"repeated_line_char_ratio": 0.0}


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("aaaa\nbb\nccc", 2),
        ("a\nbb\nccc\ndddd", 2),
        ("dddd\nccc\nbb\na", 2),
        ("bb\nbb\nbb", 2),
        ("ж\n\nжж\nжжж", 1),
        ("\n\n", None),
        ("\n\nx", 0),
        ("one\ntwo", None),
        ("", None),
    ],
)
def test_the_third_longest_line_is_null_if_there_are_two(text, length):
    assert third_longest(text) == length


def test_every_text_has_a_row_of_the_declared_columns():
    segments = segment(pa.array(["x", None, ""], pa.large_string()))

    assert fineweb(segments).schema.equals(FINEWEB)
    assert mc4(segments).schema.equals(MC4)
    assert fineweb(segments).num_rows == mc4(segments).num_rows == 3
    assert fineweb(segment(pa.array([], pa.string()))).num_rows == 0
