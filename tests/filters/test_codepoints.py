import sys
import unicodedata

import numpy as np
import pytest

from crawlsieve.filters.codepoints import (
    ALONE,
    ALPHA,
    CLASS,
    FOLD,
    LOWER,
    MARK,
    NUMBER,
    OTHER,
    PUNCTUATION,
    SOLID,
    SPACE,
    TERMINAL,
    UPPER,
    WORD,
    code_points,
)


@pytest.fixture(scope="module")
def assigned():
    """Code points that this Python's Unicode knows, no surrogates: the table's Unicode is newer or as new."""
    return [c for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]


def having(bits, assigned):
    table = code_points()
    return {c for c in assigned if table[c] & bits}


def test_white_space_and_letters_are_those_of_python(assigned):
    table = code_points()

    assert [c for c in assigned if table[c] & CLASS == SPACE] == [c for c in assigned if chr(c).isspace()]
    assert having(ALPHA, assigned) == {c for c in assigned if chr(c).isalpha()}


def test_properties_are_categories_of_unicode(assigned):
    category = {c: unicodedata.category(chr(c)) for c in assigned}

    assert having(WORD, assigned) == {c for c in assigned if category[c][0] in "LN"}
    assert having(UPPER, assigned) == {c for c in assigned if category[c] in ("Lu", "Lt")}
    assert having(LOWER, assigned) ^ {c for c in assigned if category[c] == "Ll"} <= {0x295}  # Lo since Unicode 16


def test_marks_punctuation_and_numbers_are_classes_of_their_own(assigned):
    table = code_points()
    groups = {
        name: [unicodedata.category(chr(c)) for c in assigned if table[c] & CLASS == bits]
        for name, bits in {"mark": MARK, "number": NUMBER, "punctuation": PUNCTUATION, "other": OTHER}.items()
    }

    assert set(groups["mark"]) == {"Mn", "Mc", "Me", "Cf", "Sk"}
    assert groups["mark"].count("Sk") == 5
    assert set(groups["number"]) == {"Nd", "Nl", "No"}
    assert {name for name in groups["punctuation"] if name[0] == "S"} == {"Sc", "Sk", "Sm"}
    assert not {name for name in groups["other"] if name[0] in "LNMPZ"}


@pytest.mark.parametrize("char", "中々〇ひカーกກកကᥐ𑜀")
def test_scripts_without_spaces_stand_alone(char):
    assert code_points()[ord(char)] & CLASS == ALONE


@pytest.mark.parametrize("char", "aДع한אअ")
def test_scripts_with_spaces_do_not(char):
    assert code_points()[ord(char)] & CLASS != ALONE


def test_folding_is_pythons_where_that_is_one_for_one(assigned):
    table = code_points()

    for c in assigned:
        full = chr(c).casefold()
        if len(full) == 1:
            assert table[c] & FOLD == ord(full)
    assert table[ord("ß")] & FOLD == ord("ß")
    assert table[ord("İ")] & FOLD == ord("İ")


def test_folding_twice_is_folding_once():
    fold = code_points() & FOLD

    np.testing.assert_array_equal(fold[fold], fold)


@pytest.mark.parametrize("char", ".?!。！？؟।።។‼…"[:-1])
def test_sentences_end(char):
    assert code_points()[ord(char)] & TERMINAL


@pytest.mark.parametrize("char", ",;:…'\"")
def test_sentences_go_on(char):
    assert not code_points()[ord(char)] & TERMINAL


@pytest.mark.parametrize(
    ("char", "solid"), [("a", True), ("😀", True), ("©", True), ("•", False), ("$", False), ("\0", False)]
)
def test_punctuation_is_not_solid(char, solid):
    assert bool(code_points()[ord(char)] & SOLID) is solid


def test_nobody_can_write_to_the_table():
    with pytest.raises(ValueError, match="read-only"):
        code_points()[0] = 0
