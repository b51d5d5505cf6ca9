import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.filters.segments import segment
from crawlsieve.filters.tokens import ALPHABETIC, LOWERCASE, SOLID, UPPERCASE, WORDLIKE


def pieces(spans, segments):
    data = segments.data.tobytes()
    return [data[start : start + size].decode() for start, size in zip(spans.start, spans.length, strict=True)]


def words(text):
    segments = segment(pa.array([text], pa.large_string()))
    return pieces(segments.words, segments)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two words", ["two", "words"]),
        ("\u3000two\u00a0words\u2003", ["two", "words"]),
        ("well-known, he said.", ["well", "-", "known", ",", "he", "said", "."]),
        ("end.Next e.g. U.S", ["end", ".", "Next", "e.g", ".", "U.S"]),
        (
            "3.14 1,000 a,b covid-19 10-20 30-day",
            ["3.14", "1,000", "a", ",", "b", "covid-19", "10", "-", "20", "30", "-", "day"],
        ),
        ("1/2 and/or 10:30 a:b x=1 x=y", ["1/2", "and", "/", "or", "10:30", "a", ":", "b", "x=1", "x", "=", "y"]),
        ("2*3 a*b C++ 1'000", ["2", "*", "3", "a*b", "C", "+", "+", "1'000"]),
        ("don't it’s l'eau 'tis", ["don", "'t", "it", "’s", "l", "'eau", "'", "tis"]),
        ("snake_case x@y.z #tag @name", ["snake_case", "x@y.z", "#", "tag", "@name"]),
        ("-5 .NET /usr/bin -- ... !!", ["-5", ".NET", "/usr", "/", "bin", "--", "...", "!", "!"]),
        ("(see https://a.b/c-d?e=f&g).", ["(", "see", "https://a.b/c-d?e=f&g", ")", "."]),
        ("a.b/c-d, a/b-c", ["a.b/c-d", ",", "a", "/", "b", "-", "c"]),
        ("l·l a‧b", ["l·l", "a", "‧", "b"]),
    ],
)
def test_symbols_join_or_part_words_as_the_rule_says(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("老磨坊，很", ["老", "磨", "坊", "，", "很"]),
        ("abc中文def", ["abc", "中", "文", "def"]),
        ("コーヒー", ["コ", "ー", "ヒ", "ー"]),
        ("カ\u3099", ["カ\u3099"]),
        ("마을 사람들", ["마을", "사람들"]),
        ("ก็ดี", ["ก็", "ดี"]),
        ("река, мир", ["река", ",", "мир"]),
        ("बाढ़ को।", ["बाढ़", "को", "।"]),
        ("كان هادئا،", ["كان", "هادئا", "،"]),
        ("cafe\u0301", ["cafe\u0301"]),
        ("\ufeffbom soft\u00adhyphen z\u200bw", ["\ufeffbom", "soft\u00adhyphen", "z\u200bw"]),
        ("👍🏽❤\ufe0f→", ["👍🏽", "❤\ufe0f", "→"]),
    ],
)
def test_scripts_have_words_of_their_own(text, expected):
    assert words(text) == expected


def test_line_breaks_are_those_of_python():
    text = "a\nb\r\nc\rd\x0be\x0cf\x1cg\x1dh\x1ei\x85j\u2028k\u2029\n"

    segments = segment(pa.array([text], pa.large_string()))

    assert pieces(segments.lines, segments) == text.splitlines()
    assert segments.lines.blank.tolist() == [False] * 11 + [True]


def test_paragraphs_are_parted_by_empty_lines_not_by_blank_ones():
    text = "\n one\n \ntwo \n\n\t\n\n\nthree\n"

    segments = segment(pa.array([text], pa.large_string()))

    assert pieces(segments.paragraphs, segments) == [" one\n \ntwo ", "three"]


def test_line_breaks_are_part_of_a_paragraph():
    segments = segment(pa.array(["a\r\nb\n\na\nb\n\na\u2028b", "a\r\nb"], pa.large_string()))

    assert segments.paragraphs.chars.tolist() == [4, 3, 3, 4]
    assert segments.paragraphs.length.tolist() == [4, 3, 5, 4]
    assert len(set(segments.paragraphs.hash.tolist())) == 3
    assert segments.paragraphs.hash[0] == segments.paragraphs.hash[3]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("word", ALPHABETIC | WORDLIKE | SOLID | LOWERCASE),
        ("Longerword", ALPHABETIC | WORDLIKE | SOLID | LOWERCASE | UPPERCASE),
        ("É", ALPHABETIC | WORDLIKE | SOLID | UPPERCASE),
        ("中", ALPHABETIC | WORDLIKE | SOLID),
        ("42", WORDLIKE | SOLID),
        ("…", 0),
        ("$", 0),
        ("•", 0),
        ("😀", SOLID),
    ],
)
def test_a_word_knows_what_it_is_made_of(word, kind):
    segments = segment(pa.array([word + " and more", word], pa.large_string()))

    assert segments.words.kind[[0, 3]].tolist() == [kind, kind]


def test_the_same_bytes_hash_alike_wherever_they_stand():
    text = "repeated line of some length"

    segments = segment(pa.array([f"{text}\nother\n{text}", text], pa.large_string()))

    assert segments.lines.hash[0] == segments.lines.hash[2] == segments.lines.hash[3]


def test_text_is_not_copied():
    text = pa.array(["some text", "more"], pa.large_string())

    segments = segment(text)

    assert segments.data.ctypes.data == text.buffers()[2].address
    assert segments.data[segments.words.start[2]] == ord("m")


@pytest.mark.parametrize("batch", [[], [""], [None], ["", None, ""]])
def test_nothing_has_no_pieces(batch):
    segments = segment(pa.array(batch, pa.large_string()))

    for spans in (segments.words, segments.lines, segments.paragraphs):
        assert spans.counts.tolist() == [0] * len(batch)
        assert len(spans.start) == 0
    assert len(segments) == len(batch)


def test_a_null_with_bytes_behind_it_is_empty():
    hidden = pa.Array.from_buffers(
        pa.large_string(),
        2,
        [pa.py_buffer(b"\x02"), pa.py_buffer(np.array([0, 6, 11], np.int64)), pa.py_buffer(b"hiddenshown")],
    )

    assert segment(hidden).words.counts.tolist() == [0, 1]


def test_more_words_than_foreseen_make_the_columns_grow():
    texts = ["! " * 500 for _ in range(50)]

    segments = segment(pa.array(texts, pa.large_string()))

    assert segments.words.counts.tolist() == [500] * 50
    assert set(segments.words.hash.tolist()) == {int(segments.words.hash[0])}
    assert segments.words.start.tolist() == list(range(0, 50_000, 2))


def test_more_lines_than_foreseen_make_the_columns_grow():
    texts = ["a\n\n" * 500 for _ in range(50)]

    segments = segment(pa.array(texts, pa.large_string()))

    assert segments.lines.counts.tolist() == [1000] * 50
    assert segments.lines.chars.tolist() == [1, 0] * 25_000
    assert segments.paragraphs.counts.tolist() == [500] * 50


def test_a_megabyte_without_a_space_is_one_word():
    segments = segment(pa.array(["x" * 1_000_003, "中" * 100_001], pa.large_string()))

    assert segments.words.counts.tolist() == [1, 100_001]
    assert segments.words.chars[0] == 1_000_003
