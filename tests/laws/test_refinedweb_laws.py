import re

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.filters.codepoints import ALONE, ALPHA, CLASS, UPPER, WORD, code_points
from crawlsieve.filters.refinedweb import refinedweb_lines
from crawlsieve.schemas.refinedweb import REFINEDWEB_REMOVES

relaxed = settings(deadline=None)  # the first call loads compiled code
PIECES = [
    "items in cart", "Items In Cart", "Read more...", "read more…", "Sign-in", "sign-in ", "3", "1.2K", "12,000 ", "x",
    "likes", " views", "Comments", "*", "_", "word ", "UP", "Ж", "é", "漢", "字", "か\u3099", "٣", "½", " ", "\u00a0",
    "\u3000", "\t", "\n", "\n\n", "\r\n", "\x85", "\u2028", "\x1f", "😀", "-", "...", "a b c d e f g h ",
]  # fmt: skip
COUNTED = r"likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes|downloads|views|followers"
texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.text(max_size=60))


def entry(letter):
    return int(code_points()[ord(letter)])


def is_word(letter):
    return bool(entry(letter) & WORD)


def word_count(line):
    count = 0
    for piece in line.split():
        alone = [letter for letter in piece if entry(letter) & CLASS == ALONE]
        runs = "".join(" " if letter in alone else letter for letter in piece).split(" ")
        count += len(alone) + (sum(any(map(is_word, run)) for run in runs) if alone else 1)
    return count


def small(line):
    """The line with ASCII letters in lower case, the others as they are: as long as before."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in line)


def is_counter(line):
    found = re.search(rf"[0-9][0-9,.]*[kmb]?\s+(?:{COUNTED})", small(line))
    around = line[: found.start()] + line[found.end() :] if found else "x"
    return not any(is_word(letter) or letter == "_" for letter in around)


def cut(pattern, line):
    gone = {place for found in re.finditer(pattern, small(line)) for place in range(*found.span())}
    return "".join(letter for place, letter in enumerate(line) if place not in gone)


def without_labels(line):
    if word_count(line) > 10:
        return line
    for pattern in (r"\s?items in cart", r"\s?read more(\.\.\.|…)\Z", r"\Asign-in\s?"):
        line = cut(pattern, line)
    return line


def judged(line):
    if 2 * sum(bool(entry(letter) & UPPER) for letter in line) > len(line):
        return "uppercase", ""
    if line and all(is_word(letter) and not entry(letter) & ALPHA for letter in line):
        return "numeric", ""
    if is_counter(line):
        return "counter", ""
    if line and word_count(line) < 2:
        return ("few_words" if line.strip() else "blank"), ""
    left = without_labels(line)
    return ("phrase", "") if line and not left.strip() else ("", left)


def reference(text):
    lines = dict.fromkeys(REFINEDWEB_REMOVES, 0)
    kept, labels = [], 0
    for line in text.splitlines():
        rule, left = judged(line)
        if rule in lines:
            lines[rule] += 1
        elif not rule:
            kept.append(left)
            labels += len(line) - len(left)
    before = sum(map(word_count, text.splitlines()))
    return "\n".join(kept).strip(), lines, labels, before, before - sum(map(word_count, kept))


def measured(texts):
    found = refinedweb_lines(pa.array(texts, pa.large_string()))
    for i, cleaned in enumerate(found.cleaned.to_pylist()):
        lines = dict(zip(REFINEDWEB_REMOVES, found.lines[i].tolist(), strict=True))
        yield cleaned, lines, int(found.labels[i]), int(found.words_before[i]), int(found.words_removed[i])


@relaxed
@given(st.lists(texts, min_size=1, max_size=4))
def test_the_kernel_does_what_the_definition_says(texts):
    assert list(measured(texts)) == [reference(text) for text in texts]


@relaxed
@given(texts)
def test_characters_of_removed_lines_add_up(text):
    found = refinedweb_lines(pa.array([text]))
    (cleaned,) = found.cleaned.to_pylist()

    assert found.characters.sum() + found.labels.sum() + len(cleaned) <= len(text)
    assert found.words_removed >= 0
