"""The rules of `filters/segments.py` and the signals of Gopher once more: slow, obvious, one text at a time."""

from collections import Counter

from crawlsieve.filters.codepoints import (
    ALONE,
    ALPHA,
    CLASS,
    FOLD,
    LETTER,
    LOWER,
    MARK,
    NUMBER,
    SOLID,
    SPACE,
    UPPER,
    WORD,
    code_points,
)

LEANING = set("-./@\\^|~")
CLOSING = set("!\"'),.:;>?]}”")
HYPHENS = set("-~\u2010\u2011\u2012\u2013\u2014")


def entry(char):
    return int(code_points()[ord(char)])


def group(char):
    return entry(char) & CLASS


def fold(word):
    return "".join(chr(entry(char) & FOLD) for char in word)


def words(text):
    """Words of a text, in order."""
    found, i, behind_word = [], 0, False
    while i < len(text):
        if group(text[i]) == SPACE:
            i, behind_word = i + 1, False
            continue
        if group(text[i]) in (LETTER, NUMBER, MARK) or begins_word(text, i, behind_word):
            end = word_end(text, i)
        else:
            end = symbol_end(text, i)
        behind_word = any(entry(char) & WORD for char in text[i:end])
        found.append(text[i:end])
        i = end
    return found


def begins_word(text, i, behind_word):
    following = group(text[i + 1]) if i + 1 < len(text) else None
    if behind_word:
        return text[i] in "'’" and following == LETTER
    return text[i] in LEANING and following in (LETTER, NUMBER)


def symbol_end(text, i):
    end = i + 1
    while end < len(text) and (group(text[end]) == MARK or (text[i] in LEANING and text[end] == text[i])):
        end += 1
    return end


def word_end(text, i):
    last = text[i] if group(text[i]) in (LETTER, NUMBER) else None
    end, dotted, address = i + 1, False, 0
    while end < len(text):
        char = text[end]
        if group(char) in (LETTER, NUMBER):
            last = char
        elif group(char) != MARK and end >= address:
            if group(char) in (SPACE, ALONE) or last is None:
                break
            if text[end:].startswith("://") or (char == "/" and dotted):
                address = address_end(text, end)
            if end >= address:
                after = text[end + 1 : end + 2]
                if not after or group(after) not in (LETTER, NUMBER) or not joins(char, last, after):
                    break
                dotted = dotted or (char == "." and group(after) == LETTER)
        end += 1
    return end


def address_end(text, i):
    end = i
    while end < len(text) and group(text[end]) != SPACE:
        end += 1
    while end > i and text[end - 1] in CLOSING:
        end -= 1
    return end


def joins(char, last, after):
    numbers = (group(last) == NUMBER, group(after) == NUMBER)
    if char == ".":
        return not (entry(last) & LOWER and entry(after) & UPPER)
    if char in ",'’":
        return numbers == (True, True)
    if char in HYPHENS:
        return numbers == (False, True)
    if char in "/:<=>":
        return numbers[1]
    if char in "+*^":
        return numbers != (True, True)
    return "!" <= char <= "~" or char == "·"


def paragraphs(text):
    """Runs of lines that are not empty, line breaks between them included; none of white space only."""
    found, run = [], []
    for line in [*text.splitlines(keepends=True), "\n"]:
        bare = "".join(line.splitlines())
        if bare:
            run.append((line, bare))
        elif run:
            found.append("".join(whole for whole, _ in run[:-1]) + run[-1][1])
            run = []
    return [paragraph for paragraph in found if not blank(paragraph)]


def blank(text):
    return all(group(char) == SPACE for char in text)


def share(part, whole):
    return part / whole if whole else None


def quality(text, stop_words):
    """The signals of GOPHER_QUALITY."""
    tokens, lines = words(text), text.splitlines()
    solid = [token for token in tokens if any(entry(char) & SOLID for char in token)]
    bare = [line.strip() for line in lines]
    return {
        "word_count": len(solid),
        "mean_word_length": share(sum(map(len, solid)), len(solid)),
        "hash_to_word_ratio": share(text.count("#"), len(tokens)),
        "ellipsis_to_word_ratio": share(text.count("...") + text.count("…"), len(tokens)),
        "bullet_line_ratio": share(sum(line.startswith(("•", "-")) for line in bare), len(lines)),
        "ellipsis_line_ratio": share(sum(line.endswith(("...", "…")) for line in bare), len(lines)),
        "alphabetic_word_ratio": share(sum(any(entry(c) & ALPHA for c in token) for token in tokens), len(tokens)),
        "stop_word_count": len(set(stop_words) & set(tokens)),
    }


def datatrove(text):
    """The signals of GOPHER_REPETITION_DATATROVE."""
    tokens, lines = words(text), [line for line in text.splitlines() if line]
    breaks = (text.splitlines()[:1] == [""]) + (len((text + "x").splitlines()) > len(text.splitlines()) > 0)
    again = [line for i, line in enumerate(lines) if line in lines[:i]]
    parts = paragraphs(text)
    parts_again = [part for i, part in enumerate(parts) if part in parts[:i]]
    signals = {
        "duplicate_line_ratio": share(len(again) + (breaks == 2), len(lines) + breaks),
        "duplicate_line_char_ratio": share(len("".join(again)), len(text)),
        "duplicate_paragraph_ratio": share(len(parts_again), len(parts)),
        "duplicate_paragraph_char_ratio": share(len("".join(parts_again)), len(text)),
    }
    for n in (2, 3, 4):
        signals[f"top_{n}gram_char_ratio"] = share(top_first(tokens, n), len(text))
    for n in range(5, 11):
        signals[f"duplicate_{n}gram_char_ratio"] = share(second_copies(tokens, n), len(text))
    return signals


def dclm(text):
    """The signals of GOPHER_REPETITION_DCLM."""
    tokens = [token for token in words(text) if any(entry(char) & WORD for char in token)]
    chars = len("".join(tokens))
    signals = {}
    for name, parts in (("line", text.splitlines()), ("paragraph", paragraphs(text))):
        bare = [strip(part) for part in parts if not blank(part)]
        copies = [part for part in bare if bare.count(part) > 1]
        signals[f"duplicate_{name}_ratio_dclm"] = share(len(copies), len(bare))
        signals[f"duplicate_{name}_char_ratio_dclm"] = share(len("".join(copies)), len("".join(bare)))
    for n in (2, 3, 4):
        signals[f"top_{n}gram_char_ratio_dclm"] = share(top_longest(tokens, n), chars)
    for n in range(5, 11):
        signals[f"duplicate_{n}gram_char_ratio_dclm"] = share(covered(tokens, n), chars)
    return signals


def strip(text):
    while text and group(text[0]) == SPACE:
        text = text[1:]
    while text and group(text[-1]) == SPACE:
        text = text[:-1]
    return text


def ngrams(tokens, n):
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def top_first(tokens, n):
    counts = Counter(ngrams(tokens, n))
    if not counts:
        return 0
    gram = max(counts, key=counts.__getitem__)
    return len(" ".join(gram)) * counts[gram]


def top_longest(tokens, n):
    counts = Counter(ngrams(tokens, n))
    most = max(counts.values(), default=0)
    if most < 2:
        return 0
    return most * max(len("".join(gram)) for gram, count in counts.items() if count == most)


def second_copies(tokens, n):
    seen, i, chars = set(), 0, 0
    while i + n <= len(tokens):
        gram = tuple(tokens[i : i + n])
        if gram in seen:
            chars += len("".join(gram))
            i += n
        else:
            seen.add(gram)
            i += 1
    return chars


def covered(tokens, n):
    counts = Counter(ngrams(tokens, n))
    inside = {i + k for i, gram in enumerate(ngrams(tokens, n)) if counts[gram] > 1 for k in range(n)}
    return sum(len(tokens[i]) for i in inside)
