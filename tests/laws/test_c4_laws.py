import re

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.filters.c4 import REMOVED_BY, VARIANTS, c4_lines
from crawlsieve.filters.codepoints import ALONE, CLASS, LETTER, LOWER, MARK, SPACE, TERMINAL, UPPER, WORD, code_points
from crawlsieve.filters.line_scan import ABBREVIATIONS, CLOSERS

PIECES = [
    "The cat sat on the mat.", "the end", "a ", "B", "x", ".", "..", "...", "!", "?", '"', "'", ")", "”", "」", "。",
    "[1]", "[edit]", "[citation needed]", "[", "]", "{", "Lorem ipsum ", "JavaScript", "uses cookies", "use of cookies",
    "Use Cookies", "privacy policy", "cookie policy", "terms of use", "e.g", "Mr", "J", "3.14", "n.N", "漢", "字", "؟",
    "か\u3099", "ภ", "ษา", "é", "e\u0301", "ё", "\u00a0", "\u3000", " ", "  ", "\t", "\n", "\n\n", "\r\n", "\r", "\v",
    "\x1c", "\x1f", "\x85", "\u2028", "…", "😀", "w" * 1000, "ж" * 1001, "-", "\0",
]  # fmt: skip
relaxed = settings(deadline=None)  # the first call loads compiled code
texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.text(max_size=60))


def entry(letter):
    return int(code_points()[ord(letter)])


def has_word(text):
    return any(entry(letter) & WORD for letter in text)


def is_space(text):
    return len(text) == 1 and entry(text) & CLASS == SPACE


def words_of(line):
    """(word, whether it stands for itself): what white space separates, with ALONE letters cut out."""
    for piece in line.split():
        parts = re.split("([" + "".join({c for c in piece if entry(c) & CLASS == ALONE} or {"\ue000"}) + "])", piece)
        yield from (part for part in parts if part and (len(parts) == 1 or has_word(part)))


def is_abbreviated(before):
    if not before or entry(before[-1]) & CLASS != LETTER:
        return False
    if len(before) == 1 or not (entry(before[-2]) & WORD or entry(before[-2]) & CLASS == MARK):
        return True
    tail = re.search(r"[A-Za-z]{1,8}\Z", before)
    rest = before[: tail.start()] if tail else "a"
    joined = rest and (entry(rest[-1]) & WORD or entry(rest[-1]) & CLASS == MARK)
    return not joined and tail.group().lower() in ABBREVIATIONS


def sentences_of(line):
    count, tail, i = 0, 0, 0
    while i < len(line):
        if not entry(line[i]) & TERMINAL:
            i += 1
            continue
        j = i
        while j < len(line) and (entry(line[j]) & TERMINAL or line[j] in CLOSERS):
            j += 1
        run, behind = line[i:j], line[j : j + 1]
        if not behind or any(ord(mark) > 127 for mark in run if entry(mark) & TERMINAL):
            ends = True
        elif not is_space(behind):
            ends = run == "." and bool(entry(behind) & UPPER) and i > 0 and bool(entry(line[i - 1]) & LOWER)
        elif run.strip("."):
            ends = True
        else:
            ends = run == "." and not is_abbreviated(line[:i])
        if ends and has_word(line[tail:i]):
            count, tail = count + 1, j
        i = j
    return count + has_word(line[tail:])


def ends_wide(line):
    while line and line[-1] in CLOSERS:
        line = line[:-1]
    return bool(line) and ord(line[-1]) > 127 and bool(entry(line[-1]) & TERMINAL)


def ascii_lower(text):
    return "".join(c.lower() if c.isascii() else c for c in text)


def removed_by(line, original, variant):
    marked = line.endswith(tuple(chr(mark) for mark in variant.marks)) and not line.endswith("...")
    said = ascii_lower(line)
    phrases = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
    rules = {
        "long_word": any(len(word) > 1000 for word in words_of(original)),
        "end_mark": variant.marks and not marked and not ends_wide(line),
        "few_words": len(list(words_of(original if variant.counts_citations else line))) < variant.words,
        "lorem": "lorem ipsum" in said,
        "javascript": "javascript" in said,
        "curly": "{" in line,
        "policy": any(phrase in said for phrase in phrases),
    }
    return next((rule for rule, holds in rules.items() if holds), "")


def reference(text, variant):
    facts = dict.fromkeys(("sentences", "lorem", "curly", "citations"), 0)
    lines, characters, kept = dict.fromkeys(REMOVED_BY, 0), dict.fromkeys(REMOVED_BY, 0), []
    for original in map(str.strip, text.splitlines()):
        if not original:
            continue
        line = re.sub(r"\[[0-9]*\]|\[edit\]|\[citation needed\]", "", original)
        rule = removed_by(line, original, variant)
        if rule in lines:
            lines[rule] += 1
            characters[rule] += len(original)
            continue
        facts["lorem"] += rule == "lorem"
        facts["curly"] += rule == "curly"
        facts["sentences"] += sentences_of(line)
        facts["citations"] += len(original) - len(line)
        kept.append(line)
    return {**facts, "lines": lines, "characters": characters, "cleaned": "\n".join(kept).strip()}


def measured(texts, variant):
    found = c4_lines(pa.array(texts, pa.large_string()), variant)
    for i, cleaned in enumerate(found.cleaned.to_pylist()):
        yield {
            **{name: int(getattr(found, name)[i]) for name in ("sentences", "lorem", "curly", "citations")},
            "lines": dict(zip(REMOVED_BY, found.lines[i].tolist(), strict=True)),
            "characters": dict(zip(REMOVED_BY, found.characters[i].tolist(), strict=True)),
            "cleaned": cleaned,
        }


@relaxed
@given(st.lists(texts, min_size=1, max_size=4), st.sampled_from(list(VARIANTS.values())))
def test_the_kernel_does_what_the_definition_says(texts, variant):
    assert list(measured(texts, variant)) == [reference(text, variant) for text in texts]


@relaxed
@given(st.lists(texts, min_size=2, max_size=6), st.data())
def test_batch_boundaries_do_not_matter(texts, data):
    cut = data.draw(st.integers(1, len(texts) - 1))
    variant = VARIANTS["c4@tfds"]

    apart = [*measured(texts[:cut], variant), *measured(texts[cut:], variant)]

    assert apart == list(measured(texts, variant))


@relaxed
@given(texts.filter(lambda text: "[" not in text), st.sampled_from(list(VARIANTS.values())))
def test_a_clean_text_stays_as_it_is(text, variant):
    once = c4_lines(pa.array([text]), variant).cleaned

    assert c4_lines(once, variant).cleaned.equals(once)


@relaxed
@given(st.lists(texts, min_size=1, max_size=4))
def test_measuring_alone_counts_what_cleaning_counts(texts):
    array = pa.array(texts, pa.large_string())
    for variant in VARIANTS.values():
        cleaned, seen = c4_lines(array, variant), c4_lines(array, variant, clean=False)

        assert np.array_equal(cleaned.sentences, seen.sentences)
        assert np.array_equal(cleaned.lines, seen.lines)
        assert seen.cleaned.null_count == len(texts)
