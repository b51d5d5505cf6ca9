import pickle

import pyarrow as pa
import pytest

from crawlsieve.pipelines.recipe.options import OptionsError, alternatives, build, option_types
from crawlsieve.stages import measure
from crawlsieve.stages.clean_lines import CleanLines
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.measure import Measure
from tests.records import added, records

(KIND,) = alternatives(option_types(Measure)["signals"])
SIGNALS = KIND.__args__[0].__args__
PROSE = "The cat sat on the mat, and that was that. It had to be with you.\n"


@pytest.mark.parametrize("signal", SIGNALS)
def test_every_signal_adds_its_declared_columns_null_where_there_is_no_text(signal):
    step = Measure(signals=(signal,))
    after = step(records([PROSE, None]))

    assert after.schema.names[-len(step.adds) :] == step.adds.names
    for field in step.adds:
        assert field.nullable
        assert after.schema.field(field.name).equals(field, check_metadata=True)
        assert after.column(field.name).is_valid().to_pylist()[1] is False


@pytest.mark.parametrize("signal", SIGNALS)
def test_an_empty_text_has_no_ratios_and_zero_counts(signal):
    for name, (value,) in added(Measure(signals=(signal,)), records([""])).items():
        assert value in ({None} if "ratio" in name or name in {"mean_word_length", "third_longest_line"} else {0})


def test_the_bundle_gopher_is_quality_and_repetition():
    apart = Measure(signals=("gopher_quality", "gopher_repetition")).adds

    assert Measure(signals=("gopher",)).adds.equals(apart, check_metadata=True)


def test_a_prefix_begins_every_name():
    step = Measure(signals=("fineweb",), prefix="raw_")

    assert all(name.startswith("raw_") for name in step.adds.names)
    assert added(step, records([PROSE]))["raw_short_line_ratio"] == [0.0]


def test_rows_and_other_columns_stay_as_they_are():
    batch = records([PROSE, "", None])

    assert Measure(signals=("gopher", "c4"))(batch).select(batch.schema.names).equals(batch)


def test_pieces_do_not_matter(monkeypatch):
    batch = records([PROSE * 3, "x", None, "", PROSE], ["en", "de", None, "zh", "tlh"])
    whole = Measure(signals=SIGNALS[1:])(batch)

    for piece in (1, 50, 150):
        monkeypatch.setattr(measure, "PIECE", piece)
        assert Measure(signals=SIGNALS[1:])(batch).equals(whole)


def test_a_batch_without_rows_keeps_its_columns():
    step = Measure(signals=("gopher", "c4", "fineweb", "mc4"))

    assert step(records([])).num_rows == 0
    assert step(records([])).schema.names[-len(step.adds) :] == step.adds.names


def test_stop_words_are_those_of_the_document_s_language():
    texts = ["der Hund und die Katze", "the dog and the cat", "the dog and the cat", "le the der"]
    languages = ["de", None, "deu_Latn", "tlh"]

    assert added(Measure(signals=("gopher_quality",)), records(texts, languages))["stop_word_count"] == [3, 2, 0, None]
    assert added(Measure(signals=("gopher_quality",)), records(texts))["stop_word_count"] == [0, 2, 2, 1]


def test_prose_in_scripts_without_spaces_passes_gopher_quality():
    texts = [
        "春天的早晨，河边的老磨坊很安静。村里的人都记得那一年的大水，水进了每一个地窖，船就停在教堂的门口。从那以后，他们在河岸上修了一道墙。",
        "川のそばの古い水車小屋は、今年はとても静かです。村の人々は大きな洪水の年をよく覚えています。それから彼らは岸に壁を作りました。子どもたちはその上を走ります。",
        "หมู่บ้านริมแม่น้ำเงียบมากในปีนี้ คนในหมู่บ้านยังจำน้ำท่วมใหญ่ได้ดี "
        "เพราะน้ำเข้าไปในทุกบ้าน และเรือก็ต้องผูกไว้ที่ประตูวัด ตั้งแต่นั้นมาพวกเขาก็สร้างกำแพงไว้ที่ริมน้ำ",
    ]
    judged = Judge(rules=("gopher_quality",))(Measure(signals=("gopher",))(records(texts, ["zh", "ja", "th"])))

    assert judged["reasons"].to_pylist() == [[], [], []]


def test_c4_is_measured_in_the_text_as_it_is_without_clean_lines():
    facts = added(Measure(signals=("c4",)), records([f"{PROSE}no mark\nLorem ipsum {{ dolor sit amet.\n"]))

    assert facts == {
        "c4_characters": [len(PROSE) + 8 + 30],
        "c4_sentences": [3],
        "c4_lorem_ipsum_lines": [1],
        "c4_curly_bracket_lines": [0],
    }


def test_c4_is_what_clean_lines_met_if_that_came_before():
    text = f"{PROSE}no mark\nWe use cookies {{ on our page.\nThe cat [[1]] sat . on .\n"
    raw = records([text, None, "no"])
    names = Measure(signals=("c4",)).adds.names
    cleaned = CleanLines(rules=("c4@tfds",))(raw)

    assert added(Measure(signals=("c4",)), cleaned) == added(Measure(signals=("c4",)), raw)
    assert added(Measure(signals=("c4",), prefix="b_"), cleaned)[f"b_{names[0]}"] != [len(text), None, 2]
    assert added(Measure(signals=("c4@datatrove",)), cleaned)["c4_datatrove_characters"] != [len(text), None, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"signals": []}, "measures nothing"),
        ({"signals": ["gopher", "gopher_quality"]}, "`signals` has 'gopher_quality' twice"),
        ({"signals": ["c4"], "prefix": "Raw-"}, "`prefix` is 'Raw-'"),
        ({"signals": ["gohper"]}, "Did you mean 'gopher'"),
        ({}, "needs option 'signals'"),
    ],
)
def test_wrong_options_are_refused_with_the_right_answer(options, message):
    with pytest.raises(OptionsError) as refused:
        build(Measure, options)

    assert any(message in said for _, said in refused.value.problems)


def test_a_measure_travels_to_a_worker_and_reads_no_files():
    step = Measure(signals=("gopher",))

    assert pickle.loads(pickle.dumps(step)) == step  # noqa: S301 - our own bytes
    assert (step.reads, step.files) == ((), ())
    assert pa.types.is_int64(step.adds.field("word_count").type)
