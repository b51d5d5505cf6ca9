import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.filters import line_scan, walk
from crawlsieve.filters.c4 import REMOVED_BY, VARIANTS, LineLimits, c4_lines, c4_page_facts, c4_removed_counts
from crawlsieve.filters.line_scan import ALL, scan_line, scan_tables
from crawlsieve.filters.strings import text_buffers
from crawlsieve.schemas.c4 import C4_REMOVES, at_cleaning, c4_page, c4_removed

LINE = "The cat sat on the mat."


def cleaned(text, variant="c4@tfds"):
    return c4_lines(pa.array([text]), VARIANTS[variant]).cleaned.to_pylist()[0]


def removed(text, variant="c4@tfds"):
    """The rules that remove a line of the text."""
    counts = c4_lines(pa.array([text]), VARIANTS[variant]).lines[0].tolist()
    return [rule for rule, count in zip(REMOVED_BY, counts, strict=True) if count]


def scanned(line):
    """(words, sentences) of a line."""
    data, offsets = text_buffers(pa.array([line]))
    words, sentences, _ = scan_line(data, 0, int(offsets[1]), scan_tables(), ALL)
    return words, sentences


@pytest.mark.parametrize("shape", ["! ", "!) ", "。", ". ", "中! ", "e.g. "])
def test_no_byte_of_a_line_is_searched_for_words_again_and_again(shape, monkeypatch):
    searched = 0

    def has_word(data, begin, stop, table):
        nonlocal searched
        searched += stop - begin
        return walk.has_word(data, begin, stop, table)

    monkeypatch.setattr(line_scan, "has_word", has_word)
    data, offsets = text_buffers(pa.array([shape * 500]))
    first, *tables = scan_tables()
    scan_line.py_func(data, 0, int(offsets[1]), (first.astype(np.int64), *tables), ALL)

    assert searched <= 3 * offsets[1]


@pytest.mark.parametrize("shape", ["! ", "!) ", "。", ". ", "中! ", "e.g. ", "[", "[1", "…", "a", "{"])
def test_a_line_of_a_megabyte_takes_no_longer_than_its_length(shape):
    text = shape * (1_000_000 // len(shape))

    assert c4_lines(pa.array([f"{text}."]), VARIANTS["c4@tfds"]).lines.shape == (1, len(REMOVED_BY))


@pytest.mark.parametrize(("letters", "rules"), [(1000, []), (1001, ["long_word"])])
@pytest.mark.parametrize("letter", ["w", "ж", "😀"])
def test_a_word_of_a_thousand_code_points_is_short_enough(letters, rules, letter):
    assert removed(f"The cat sat on {letter * letters} here.") == rules


@pytest.mark.parametrize(("words", "variant", "rules"), [
    (5, "c4@tfds", []),
    (4, "c4@tfds", ["few_words"]),
    (3, "c4@datatrove", []),
    (2, "c4@datatrove", ["few_words"]),
    (3, "c4@fineweb", []),
    (2, "c4@fineweb", ["few_words"]),
])  # fmt: skip
def test_a_line_has_enough_words(words, variant, rules):
    assert removed("word " * (words - 1) + "end.", variant) == rules


@pytest.mark.parametrize("end", [".", "?", "!", '"', "。", "؟", "।", "。」", "！”", "。)"])
def test_a_line_may_end_in_a_mark_of_any_script(end):
    assert cleaned(f"The cat sat on the mat{end}") == f"The cat sat on the mat{end}"


@pytest.mark.parametrize("end", ["", "...", "…", ";", ")", ".)", "”", ".”", "」", ","])
def test_any_other_end_is_no_end_mark(end):
    assert removed(f"The cat sat on the mat{end}") == ["end_mark"]


def test_only_datatrove_takes_a_single_quote_for_an_end_mark():
    assert removed("He said 'the cat sat on'") == ["end_mark"]
    assert removed("He said 'the cat sat on'", "c4@datatrove") == []


def test_two_full_stops_are_an_end_mark_three_are_none():
    assert removed("The cat sat on the mat..") == []
    assert removed("The cat sat on the mat...") == ["end_mark"]
    assert removed("...") == ["end_mark"]
    assert removed("The cat sat on the mat...", "c4@fineweb") == []


def test_citations_are_cut_out_before_the_end_is_looked_at():
    assert cleaned("The cat sat [12] on the[edit] mat.[citation needed]") == "The cat sat  on the mat."
    assert cleaned("The cat [note] sat on [1a] the mat.") == "The cat [note] sat on [1a] the mat."
    assert cleaned("The cat [] sat on the mat.") == "The cat  sat on the mat."
    assert removed("The cat sat on the mat. [1]") == ["end_mark"]


def test_citations_count_as_words_in_datatrove_only():
    assert removed("Two words [1].") == ["few_words"]
    assert removed("Two [1] words.", "c4@datatrove") == []
    assert removed("The cat sat on [1] mat.") == []
    assert removed("The cat sat [1] mat.") == ["few_words"]


@pytest.mark.parametrize("phrase", [
    "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies", "Use Cookies",
])  # fmt: skip
def test_a_line_on_policies_goes(phrase):
    assert removed(f"Here we say something about {phrase} to you.") == ["policy"]
    assert removed(f"{phrase} and some more words of it.") == ["policy"]
    assert removed(f"Here we say something at last on the {phrase}.") == ["policy"]


@pytest.mark.parametrize("phrase", ["terms  of use", "privacy\tpolicy", "cookies policy", "user cookie", "ſcript java"])
def test_a_line_that_almost_says_so_stays(phrase):
    assert removed(f"Here we say something about {phrase} to you.") == []


@pytest.mark.parametrize("before", range(0, 70, 3))
def test_a_phrase_is_found_wherever_it_stands(before):
    assert removed("x" * before + " please turn on JavaScript in this thing.") == ["javascript"]
    assert removed("x" * before + " please turn it on in this javascript.") == ["javascript"]


def test_lorem_ipsum_and_curly_brackets_spoil_the_page_and_stay():
    found = c4_lines(
        pa.array(["Lorem Ipsum dolor sit amet.", "The cat {sat} on the mat.", "Lorem ipsum { on the mat."]),
        VARIANTS["c4@tfds"],
    )

    assert found.lorem.tolist() == [1, 0, 1]
    assert found.curly.tolist() == [0, 1, 0]
    assert found.cleaned.to_pylist()[1] == "The cat {sat} on the mat."


def test_what_a_line_rule_removed_before_spoils_no_page():
    found = c4_lines(
        pa.array(["lorem ipsum", "short {.", "The javascript { is on here.", "We use cookies { on our page."]),
        VARIANTS["c4@tfds"],
    )

    assert found.lorem.tolist() == [0, 0, 0, 0]
    assert found.curly.tolist() == [0, 0, 0, 1]


def test_lines_are_those_of_splitlines_and_stripped():
    text = f"\u3000{LINE}\u00a0\r\n{LINE}\r{LINE}\u2028{LINE}\x85{LINE}\v{LINE}\x1c{LINE}\n\n"

    assert cleaned(text) == "\n".join([LINE] * 7)


def test_what_is_removed_is_counted_in_code_points_without_white_space():
    found = c4_lines(pa.array([f"  éé  \n{LINE}\n\n"]), VARIANTS["c4@tfds"])

    assert dict(zip(REMOVED_BY, found.lines[0].tolist(), strict=True))["end_mark"] == 1
    assert found.characters.sum() == 2
    assert found.page_characters.tolist() == [7 + len(LINE) + 2]


def test_null_stays_null_and_empty_stays_empty():
    assert c4_lines(pa.array([None, "", "x"], pa.string()), VARIANTS["c4@tfds"]).cleaned.to_pylist() == [None, "", ""]
    assert c4_lines(pa.array([], pa.large_string()), VARIANTS["c4@tfds"]).cleaned.to_pylist() == []


def test_a_slice_is_cleaned_like_its_rows():
    texts = pa.array([LINE, None, "x", f"{LINE}\nno"], pa.large_string())

    assert c4_lines(texts[2:], VARIANTS["c4@tfds"]).cleaned.to_pylist() == ["", LINE]


def test_limits_may_differ_from_page_to_page():
    limits = LineLimits(words=pa.array([5, 6, 5]).to_numpy(), marked=pa.array([True, True, False]).to_numpy(False))

    found = c4_lines(pa.array([LINE, f"{LINE[:-5]}.", "no mark in this line"]), VARIANTS["c4@tfds"], limits)

    assert found.cleaned.to_pylist() == [LINE, "", "no mark in this line"]


def test_facts_and_counts_have_their_declared_columns():
    found = c4_lines(pa.array([f"{LINE}\nno"]), VARIANTS["c4@datatrove"])

    assert c4_page_facts("c4@datatrove", found).schema.equals(c4_page("c4@datatrove"))
    (counts,) = c4_removed_counts("c4@datatrove", found).to_pylist()
    assert counts["c4_datatrove_lines_removed_end_mark"] == 1
    assert counts["c4_datatrove_characters_removed_end_mark"] == 2
    assert sum(counts.values()) == 3
    assert tuple(C4_REMOVES) == REMOVED_BY


def test_each_variant_leaves_its_facts_under_its_own_name():
    names = [at_cleaning(name) for variant in VARIANTS for name in c4_page(variant).names]
    taken = {name for variant in VARIANTS for name in (*c4_page(variant).names, *c4_removed(variant).names)}

    assert at_cleaning("c4_datatrove_sentences") == "c4_datatrove_cleaning_sentences"
    assert len(set(names)) == len(names)
    assert not taken & set(names)


@pytest.mark.parametrize(("line", "count"), [
    ("The cat sat. The dog ran.", 2),
    ("The cat sat. the dog ran", 2),
    ("The cat sat! Did it? Yes. ", 3),
    ('"The cat sat." (The dog ran.) No', 3),
    ("The cat sat.The dog ran.", 2),
    ("See example.com or 3.14 or v1.2 now", 1),
    ("Mr. Smith and Dr. J. R. Who met e.g. Bob at 5 p.m. sharp.", 1),
    ("(Prof. Smith) said so", 1),
    ("The amr. is a word", 2),
    ("Re\u0301al. is a word", 2),
    ("Re\u0301a. is a word", 2),
    ("Well... the cat ... sat", 1),
    ("It ends here....", 1),
    ("Really?! Yes", 2),
    ("猫坐下了。狗跑了！真的吗？是", 4),
    ("「猫。」と言った", 2),
    ("أين القط؟ هنا.", 2),
    ("А. С. Пушкин родился. Да.", 2),
    ("... !? .", 0),
    ("", 0),
])  # fmt: skip
def test_sentences_end_where_the_definition_says(line, count):
    assert scanned(line)[1] == count


@pytest.mark.parametrize(("line", "count"), [
    ("the cat - sat", 4),
    (" a\u00a0b\u3000c ", 3),
    ("猫が坐る", 4),
    ("「猫」 と ABC漢字DEF。", 6),
    ("か\u3099 が", 2),
    ("ภาษาไทย", 7),
    ("한국어 문장", 2),
    ("", 0),
])  # fmt: skip
def test_words_are_what_white_space_separates_and_letters_without_spaces(line, count):
    assert scanned(line)[0] == count
