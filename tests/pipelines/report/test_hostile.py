"""Text of strangers, as a page may show it."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.pipelines.report.hostile import shown


def test_controls_become_pictures_and_plain_breaks_stay():
    assert shown("a\0b\x1b[31m\tc\nd\x7f", 99) == "a␀b␛[31m\tc\nd␡"


def test_marks_that_turn_text_become_numbers():
    assert shown("exe\u202egpj\u2066\u2028\ufeff", 99) == "exe‹U+202E›gpj‹U+2066›‹U+2028›‹U+FEFF›"


def test_a_text_is_cut_at_its_most_and_says_so():
    assert shown("a" * 10, 10) == "a" * 10
    assert shown("a" * 11, 10) == "a" * 10 + "…"


def test_of_a_pile_of_marks_four_stay():
    assert shown("z" + "\u0301" * 500 + "a", 999) == "z" + "\u0301" * 4 + "a"


def test_no_text_stays_none():
    assert shown(None, 5) is None


@given(st.text())
def test_nothing_that_is_shown_can_act_on_a_screen(text):
    for character in shown(text, 1_000):
        assert character in "\t\n" or unicodedata.category(character) != "Cc"
        assert unicodedata.bidirectional(character) not in {
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        }
