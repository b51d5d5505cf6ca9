import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.filters.c4 import VARIANTS
from crawlsieve.filters.gopher import STOP_WORDS
from crawlsieve.filters.rulesets import RULE_SETS
from crawlsieve.filters.segments import segment
from crawlsieve.stages.languages import for_languages, languages, line_limits, places, places_of
from tests.records import records

ISO = [label for language in languages() for label in language.labels if len(label) == 2]


def test_these_languages_have_data_files():
    assert " ".join(ISO) == "ar cs de el en es fi fr he hi it ja ko nl pl pt ru sv th tr uk vi zh"


@pytest.mark.parametrize("code", ISO)
def test_a_language_is_known_by_its_short_label_and_by_one_with_script(code):
    language = languages()[places()[code]]

    assert any("_" in label for label in language.labels)
    assert 8 <= len(language.stop_words) <= 20


@pytest.mark.parametrize("language", languages(), ids=lambda language: language.labels[0])
def test_every_stop_word_is_one_word_and_there_once(language):
    words = segment(pa.array(list(language.stop_words), pa.large_string())).words

    assert words.counts.tolist() == [1] * len(language.stop_words)
    assert len(set(language.stop_words)) == len(language.stop_words)


def test_no_label_stands_for_two_languages():
    assert len(places()) == sum(len(language.labels) for language in languages())


def test_english_has_the_stop_words_of_the_paper():
    assert languages()[places()["en"]].stop_words == STOP_WORDS


def test_every_bound_is_of_a_rule_that_is_there():
    names = {rule.name for rules in RULE_SETS.values() for rule in rules}

    assert {name for language in languages() for name in language.bounds} <= names


def test_a_document_without_a_language_is_taken_for_english_and_an_unknown_one_for_nothing():
    found = places_of(records(["x"] * 4, ["de", None, "tlh", "deu_Latn"]))

    assert found.tolist() == [places()["de"], places()["en"], -1, places()["de"]]
    assert places_of(records(["x"])).tolist() == [places()["en"]]
    assert places_of(records([], [])).tolist() == []


def test_a_slice_has_the_languages_of_its_rows():
    batch = records(["x"] * 3, ["de", "fr", "de"])

    assert places_of(batch.slice(1)).tolist() == places_of(batch).tolist()[1:]


def test_thai_lines_need_no_end_mark():
    found = np.array([places()["th"], places()["en"], -1])

    assert line_limits(found, VARIANTS["c4@tfds"]).marked.tolist() == [False, True, True]
    assert line_limits(found, VARIANTS["c4@fineweb"]).marked.tolist() == [False, False, False]
    assert line_limits(found, VARIANTS["c4@tfds"]).words.tolist() == [5, 5, 5]


def test_mean_word_length_fits_scripts_in_which_a_letter_is_a_word():
    (rule,) = [rule for rule in RULE_SETS["gopher_quality@datatrove"] if rule.column == "mean_word_length"]

    assert for_languages(rule).bounds_for("zh").ends == (1, 5)
    assert for_languages(rule).bounds_for("cmn_Hani").ends == (1, 5)
    assert for_languages(rule).bounds_for("en").ends == (3, 10)
