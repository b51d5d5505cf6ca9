import pyarrow as pa
import pytest

from crawlsieve.filters.scripts import scripts


def script(*texts):
    return scripts(pa.array(texts, pa.large_string())).to_pylist()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hello", "Latn"),
        ("Þingið æðra ÿ", "Latn"),
        ("Привет", "Cyrl"),
        ("Καλημέρα", "Grek"),
        ("שלום", "Hebr"),
        ("مرحبا", "Arab"),
        ("नमस्ते", "Deva"),
        ("สวัสดี", "Thai"),
        ("한국어", "Hang"),
        ("გამარჯობა", "Geor"),
        ("ᚠᚢᚦ", "Runr"),
        ("𐌰𐌱𐌲", "Goth"),
        ("中文网页", "Hani"),
        ("これは日本語です", "Jpan"),
        ("カタカナ", "Jpan"),
    ],
)
def test_the_script_of_a_word(text, code):
    assert script(text) == [code]


def test_most_letters_decide():
    assert script("ab где", "abcd где", "1234567 где !!!!!!!") == ["Cyrl", "Latn", "Cyrl"]


def test_of_equally_many_the_first_in_the_alphabet():
    assert script("яя ab", "ab яя") == ["Cyrl", "Cyrl"]


@pytest.mark.parametrize("text", ["", " \n", "123", "!?…", "😀", "\u0301", "ー", None])
def test_without_letters_there_is_no_script(text):
    assert script(text) == [None]


@pytest.mark.parametrize(("han", "code"), [(19, "Jpan"), (20, "Hani")])
def test_one_kana_in_twenty_makes_it_japanese(han, code):
    assert script("の" + "中" * han) == [code]


def test_kana_and_han_count_together_against_others():
    assert script("abcd 日本の語") == ["Jpan"] == script("abc 日本の")


def test_malformed_bytes_are_no_letters():
    text = pa.Array.from_buffers(pa.large_string(), 1, pa.array([b"\xd0\xc3ab\xff"], pa.large_binary()).buffers())

    assert scripts(text).to_pylist() == ["Latn"]


def test_bytes_behind_a_null_are_no_letters():
    hidden = pa.array(["где", "abc"], pa.large_string())
    text = pa.Array.from_buffers(pa.large_string(), 2, [pa.py_buffer(b"\x02"), *hidden.buffers()[1:]])

    assert scripts(text).to_pylist() == [None, "Latn"]


def test_a_string_array_with_narrow_offsets_is_read_as_any_other():
    texts = pa.array(["abc", "где", None, "中文"], pa.string())

    assert scripts(texts).to_pylist() == ["Latn", "Cyrl", None, "Hani"]
    assert scripts(texts.slice(1)).to_pylist() == ["Cyrl", None, "Hani"]


def test_slices_are_read_at_their_place():
    texts = pa.array(["abc", "где", "中文"], pa.large_string())

    assert scripts(texts.slice(1)).to_pylist() == ["Cyrl", "Hani"]


@pytest.mark.shared
def test_scripts_of_the_declaration_of_human_rights(shared):
    import gzip
    import json

    path = shared / "data/lid/udhr_paragraphs/paragraphs.jsonl.gz"
    with gzip.open(path, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    ours = {"Hans": "Hani", "Hant": "Hani", "Kore": "Hang"}

    said = [ours.get(row["script"], row["script"]) for row in rows]
    found = script(*[row["text"] for row in rows])

    right = sum(a == b for a, b in zip(said, found, strict=True))
    assert right / len(rows) > 0.995
