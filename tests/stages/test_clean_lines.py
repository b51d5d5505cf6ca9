import pyarrow as pa
import pytest

from crawlsieve.pipelines.recipe.options import OptionsError, build
from crawlsieve.stages.clean_lines import CleanLines
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.measure import Measure
from tests.records import added, records

LINE = "The cat sat on the mat."


def test_the_text_is_cleaned_and_what_went_is_counted():
    after = CleanLines(rules=("c4@tfds",))(records([f"{LINE}\nno mark\n{LINE}", None]))

    assert after["text"].to_pylist() == [f"{LINE}\n{LINE}", None]
    assert after["c4_lines_removed_end_mark"].to_pylist() == [1, None]
    assert after["c4_characters_removed_end_mark"].to_pylist() == [7, None]
    assert after["settled"].to_pylist() == [False, False]


def test_a_text_of_which_nothing_stays_is_rejected_and_settled():
    after = CleanLines(rules=("c4",))(records(["no mark", LINE, ""]))

    assert after["text"].to_pylist() == ["", LINE, ""]
    assert after["reasons"].to_pylist() == [["empty_after_cleaning"], [], ["empty_after_cleaning"]]
    assert after["settled"].to_pylist() == [True, False, True]


@pytest.mark.parametrize("name", ["c4", "c4@tfds", "c4@datatrove", "c4@fineweb", "refinedweb", "refinedweb@dclm"])
def test_every_set_of_line_rules_adds_its_declared_columns(name):
    step = CleanLines(rules=(name,))
    after = step(records([LINE, None]))

    assert after.schema.names[-len(step.adds) :] == step.adds.names
    assert all(field.nullable for field in step.adds)
    for field in step.adds:
        assert after.schema.field(field.name).equals(field, check_metadata=True)
        assert after.column(field.name).is_valid().to_pylist() == [True, False]
    assert (step.reads, step.files) == ((), ())


def test_rules_are_applied_one_after_the_other():
    text = f"{LINE}\nALL OF THIS IS LOUD, AND ENDS.\nno mark"

    both = CleanLines(rules=("c4@tfds", "refinedweb"))(records([text]))

    assert both["text"].to_pylist() == [LINE]
    assert both["refinedweb_lines_removed_uppercase"].to_pylist() == [1]
    assert both["c4_lines_removed_end_mark"].to_pylist() == [1]


def test_the_language_of_a_document_decides_whether_lines_need_an_end_mark():
    thai = "คนในหมู่บ้านยังจำน้ำท่วมใหญ่ได้ดี"

    after = CleanLines(rules=("c4",))(records([thai, thai], ["th", None]))

    assert after["text"].to_pylist() == [thai, ""]


@pytest.mark.parametrize(("words", "reasons"), [(19, ["refinedweb_removed_words"]), (20, [])])
def test_one_word_of_twenty_may_go(words, reasons):
    text = "a " * (words - 2) + "b\nword"
    judged = Judge(rules=("refinedweb",))(CleanLines(rules=("refinedweb",))(records([text])))

    assert judged["reasons"].to_pylist() == [reasons]


@pytest.mark.parametrize(("characters", "reasons"), [(190_000, []), (190_001, ["c4_characters"])])
def test_c4_judges_the_length_of_the_page_before_it_was_cleaned(characters, reasons):
    text = "\n".join([LINE] * 3)
    text += "\n" + "é" * (characters - len(text) - 1)
    steps = CleanLines(rules=("c4",)), Measure(signals=("c4",)), Judge(rules=("c4",))

    batch = records([text])
    for step in steps:
        batch = step(batch)

    assert batch["reasons"].to_pylist() == [reasons]


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize(("sentences", "reasons"), [(2, ["c4_sentences"]), (3, [])])
def test_three_sentences_are_enough_for_c4(clean, sentences, reasons):
    batch = records(["\n".join([LINE] * sentences)])
    for step in [CleanLines(rules=("c4",))] * clean + [Measure(signals=("c4",)), Judge(rules=("c4",))]:
        batch = step(batch)

    assert batch["reasons"].to_pylist() == [reasons]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("Lorem ipsum dolor sit amet.", ["c4_lorem_ipsum"]),
        ("The cat {sat} on the mat.", ["c4_curly_bracket"]),
        ("We use cookies { on our page.", ["c4_curly_bracket"]),
        ("no mark {", []),
    ],
)
def test_one_bad_line_spoils_the_page(text, reasons):
    batch = records(["\n".join([LINE] * 3 + [text])])
    for step in (CleanLines(rules=("c4",)), Measure(signals=("c4",)), Judge(rules=("c4",))):
        batch = step(batch)

    assert batch["reasons"].to_pylist() == [reasons]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": []}, "cleans nothing"),
        ({"rules": ["c4@tfds", "c4@datatrove"]}, "`rules` has c4 twice"),
        ({"rules": ["c4@tfd"]}, "Did you mean 'c4@tfds'"),
    ],
)
def test_wrong_options_are_refused_with_the_right_answer(options, message):
    with pytest.raises(OptionsError) as refused:
        build(CleanLines, options)

    assert any(message in said for _, said in refused.value.problems)


def test_no_rows_no_text():
    assert added(CleanLines(rules=("c4",)), records([]))["c4_cleaning_sentences"] == []
    assert pa.types.is_large_string(CleanLines(rules=("c4",))(records([])).schema.field("text").type)
