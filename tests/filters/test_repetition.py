import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.filters import ngrams
from crawlsieve.filters.repetition import gopher_repetition
from crawlsieve.filters.segments import segment
from crawlsieve.schemas.gopher import GOPHER_REPETITION_DATATROVE, GOPHER_REPETITION_DCLM
from tests import plain


def measured(text, variant="datatrove"):
    return gopher_repetition(segment(pa.array([text], pa.large_string())), variant).to_pylist()[0]


@pytest.mark.parametrize(
    ("variant", "schema"), [("datatrove", GOPHER_REPETITION_DATATROVE), ("dclm", GOPHER_REPETITION_DCLM)]
)
def test_columns_are_those_of_the_schema(variant, schema):
    batch = gopher_repetition(segment(pa.array(["a b", ""], pa.large_string())), variant)

    assert batch.schema.equals(schema, check_metadata=True)
    assert len(schema) == 13
    assert batch.to_pylist()[1] == dict.fromkeys(schema.names)


def test_the_variants_share_no_column_name():
    assert not set(GOPHER_REPETITION_DATATROVE.names) & set(GOPHER_REPETITION_DCLM.names)


def test_datatrove_counts_later_copies_of_a_line_and_dclm_all():
    text = "same\nsame \nother\nsame\nsame"

    assert measured(text)["duplicate_line_ratio"] == 2 / 5
    assert measured(text)["duplicate_line_char_ratio"] == 8 / len(text)
    assert measured(text, "dclm")["duplicate_line_ratio_dclm"] == 4 / 5
    assert measured(text, "dclm")["duplicate_line_char_ratio_dclm"] == 16 / 21


@pytest.mark.parametrize(
    ("text", "ratio"),
    [("a\n\n\na", 1 / 2), ("a\na\n", 1 / 3), ("\na\na", 1 / 3), ("\na\na\n", 2 / 4), ("\n\n", 1 / 2), ("a", 0.0)],
)
def test_datatrove_has_an_empty_line_at_each_end_that_is_a_line_break(text, ratio):
    assert measured(text)["duplicate_line_ratio"] == ratio


def test_paragraphs_repeat():
    text = "one\ntwo\n\none\ntwo\n\n\n one\ntwo"

    assert measured(text)["duplicate_paragraph_ratio"] == 1 / 3
    assert measured(text)["duplicate_paragraph_char_ratio"] == 7 / len(text)
    assert measured(text, "dclm")["duplicate_paragraph_ratio_dclm"] == 1.0


def test_the_top_bigram_of_datatrove_is_the_first_of_the_most_frequent():
    text = "a b a b cc dd cc dd"

    assert measured(text)["top_2gram_char_ratio"] == 2 * len("a b") / len(text)
    assert measured(text, "dclm")["top_2gram_char_ratio_dclm"] == 2 * len("ccdd") / len("ababccddccdd")


def test_the_longest_of_several_tops_may_come_first():
    assert measured("cc dd cc dd a b a b", "dclm")["top_2gram_char_ratio_dclm"] == 2 * len("ccdd") / len("ccddccddabab")


def test_an_ngram_that_occurs_once_is_a_top_for_datatrove_only():
    text = "one two three"

    assert measured(text)["top_3gram_char_ratio"] == 1.0
    assert measured(text)["top_4gram_char_ratio"] == 0.0
    assert measured(text, "dclm")["top_3gram_char_ratio_dclm"] == 0.0


def test_datatrove_jumps_behind_what_it_counts_and_dclm_covers_all():
    text = "a b c d e a b c d e a"

    assert measured(text)["duplicate_5gram_char_ratio"] == 5 / len(text)
    assert measured(text)["duplicate_6gram_char_ratio"] == 6 / len(text)
    assert measured(text)["duplicate_7gram_char_ratio"] == 0.0
    assert measured(text, "dclm")["duplicate_5gram_char_ratio_dclm"] == 1.0
    assert measured(text, "dclm")["duplicate_6gram_char_ratio_dclm"] == 1.0
    assert measured(text, "dclm")["duplicate_7gram_char_ratio_dclm"] == 0.0


def test_punctuation_is_a_word_for_datatrove_only():
    text = ", , , , , , a"

    assert measured(text)["duplicate_5gram_char_ratio"] == 5 / 13
    assert measured(text, "dclm")["duplicate_5gram_char_ratio_dclm"] == 0.0


def test_case_makes_words_different():
    assert measured("The the The the The the")["top_2gram_char_ratio"] == 3 * 7 / 23


def test_one_word_a_million_times_is_measured_in_no_time():
    text = "x " * 500_000

    assert measured(text)["top_2gram_char_ratio"] == 3 * 499_999 / 1_000_000
    assert measured(text)["duplicate_5gram_char_ratio"] == pytest.approx(0.5, abs=1e-5)
    assert measured(text, "dclm")["duplicate_10gram_char_ratio_dclm"] == 1.0


def test_many_short_texts_after_a_long_one_are_not_disturbed_by_it():
    texts = ["a b c d e f " * 5000, *["a b c d e f g"] * 200, "a b c d e a b c d e"]

    batch = gopher_repetition(segment(pa.array(texts, pa.large_string()))).to_pylist()

    assert batch[1:-1] == [measured(texts[1])] * 200
    assert batch[-1] == measured(texts[-1])


def test_stamps_that_run_out_begin_again(monkeypatch):
    monkeypatch.setattr(ngrams, "_LAST_STAMP", 40)
    tokens = list("abcabcabcdabcdabcdeabcdeabcdef")
    hashes = np.array([ord(token) * 0x9E3779B97F4A7C15 % 2**64 for token in tokens] * 20, np.uint64)
    first = np.arange(21) * len(tokens)
    out = np.zeros((20, 11, 2), np.int64)

    with np.errstate(over="ignore"):
        ngrams.measure_ngrams.py_func(first, hashes, np.ones(len(hashes), np.int32), ngrams.scratch(len(tokens)), out)

    assert out[:, 5, ngrams.SECOND].tolist() == [plain.second_copies(tokens, 5)] * 20
    assert out[:, 3, ngrams.LONGEST].tolist() == [plain.top_longest(tokens, 3)] * 20
