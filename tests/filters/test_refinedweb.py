import pyarrow as pa
import pytest

from crawlsieve.filters.refinedweb import refinedweb_lines, refinedweb_removed
from crawlsieve.schemas.refinedweb import REFINEDWEB, REFINEDWEB_REMOVES

STAYS = "a line stays"


def cleaned(text):
    return refinedweb_lines(pa.array([text])).cleaned.to_pylist()[0]


def removed(line):
    """The rule that removes the line, if one does."""
    counts = refinedweb_lines(pa.array([f"{STAYS}\n{line}\n{STAYS}"])).lines[0].tolist()
    return [rule for rule, count in zip(REFINEDWEB_REMOVES, counts, strict=True) if count]


@pytest.mark.parametrize(
    ("line", "rules"), [("AB cd", []), ("ABC d", ["uppercase"]), ("ЖЖЖ ж", ["uppercase"]), ("ǅǅǅ d", ["uppercase"])]
)
def test_half_of_a_line_may_be_upper_case(line, rules):
    assert removed(line) == rules


@pytest.mark.parametrize(
    ("line", "rules"), [("12345", ["numeric"]), ("٣٤", ["numeric"]), ("Ⅷ½", ["numeric"]), ("1 2", []), ("12 x", [])]
)
def test_a_line_of_numbers_only_goes(line, rules):
    assert removed(line) == rules


@pytest.mark.parametrize("line", [
    "3 likes", "1.2K  Views", "10,000 followers", "*** 5M\tdownloads ***", "7b shares!", "2 comments…", "1.,2 quotes",
])  # fmt: skip
def test_a_counter_goes(line):
    assert removed(line) == ["counter"]


@pytest.mark.parametrize("line", [
    "3 likes it", "I have 3 likes", "3 like", "3kk likes", "likes 3", "3 likes_", "3. x likes", "3 dislikes",
])  # fmt: skip
def test_what_is_no_counter_stays(line):
    assert removed(line) == []


@pytest.mark.parametrize("line", ["word", "  word  ", "---", "3likes"])
def test_a_line_of_one_word_goes(line):
    assert removed(line) == ["few_words"]


def test_an_empty_line_stays_and_one_of_white_space_goes_unnamed():
    assert cleaned(f"\n \n{STAYS}\n\n  \n{STAYS}\n\n") == f"{STAYS}\n\n{STAYS}"
    assert removed("  ") == []


@pytest.mark.parametrize(("line", "left"), [
    ("you have 3 Items in Cart now", "you have 3 now"),
    ("now items in cart items in cart", "now"),
    ("items in cart items in cart or", " or"),
    ("one more thing Read more...", "one more thing"),
    ("one more thing read more…", "one more thing"),
    ("one more thing Read more", "one more thing Read more"),
    ("Read more... and on", "Read more... and on"),
    ("Sign-in to go on", "to go on"),
    ("Sign-into this", "to this"),
    ("please Sign-in", "please Sign-in"),
    ("Sign-in 2 items in cart read more...", "2"),
])  # fmt: skip
def test_labels_are_cut_out(line, left):
    assert cleaned(f"{STAYS}\n{line}\n{STAYS}") == f"{STAYS}\n{left}\n{STAYS}"


@pytest.mark.parametrize("line", ["items in cart", "Read more...", " sign-in", "Sign-in Read more..."])
def test_a_line_of_labels_goes(line):
    assert removed(line) in (["phrase"], ["few_words"])


@pytest.mark.parametrize(("words", "cut"), [(10, True), (11, False)])
def test_labels_are_cut_out_of_lines_of_ten_words(words, cut):
    line = "x " * (words - 3) + "items in cart"

    assert ("items" not in cleaned(line)) is cut


def test_words_and_characters_are_counted():
    found = refinedweb_lines(pa.array([f"{STAYS}\nLOUD LINE\n3 éé items in cart", None, ""]))
    (row, null, empty) = refinedweb_removed(found).to_pylist()

    assert row["refinedweb_characters_removed_uppercase"] == 9
    assert row["refinedweb_characters_removed_label"] == 14
    assert row["refinedweb_removed_word_ratio"] == 5 / 10
    assert null["refinedweb_removed_word_ratio"] is empty["refinedweb_removed_word_ratio"] is None
    assert found.cleaned.to_pylist() == [f"{STAYS}\n3 éé", None, ""]
    assert refinedweb_removed(found).schema.equals(REFINEDWEB)
