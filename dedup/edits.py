"""Near-copies of a text for tests of recall: some words replaced by words that nobody has written."""

import numpy as np

from crawlsieve.dedup.partition import mix64

_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)
_LENGTH = 12  # 26**12 = 9.5e16 words
_STEP = np.uint64(0x9E3779B97F4A7C15)


def edit_order(words: int, salt: int) -> np.ndarray:
    """int64[words]: in which order words are replaced; another salt (uint64), another order."""
    places = mix64(np.arange(words, dtype=np.uint64) * _STEP + np.uint64(salt))
    order: np.ndarray = np.argsort(places, kind="stable")
    return order


def words_to_replace(reach: tuple[np.ndarray, np.ndarray], similarity: float, order: np.ndarray) -> np.ndarray:
    """int64[e], e >= 1 if there is a word: the words whose replacement brings a text near to this similarity.

    Of S shingles, d that are replaced by others leave a Jaccard similarity of (S - d) / (S + d), if all are different.
    It is near, not exact: a word in the middle takes all shingles around it, and shingles may repeat. Whoever needs the
    similarity measures it.

    Args:
        reach: int64[w], int64[w], the first shingle that each word is part of, and the one behind the last; ascending.
        similarity: 0 to 1.
        order: int64[w], in which order words are taken.
    """
    begin, end = reach
    total = int(end[-1]) if len(end) else 0
    wanted = total * (1 - similarity) / (1 + similarity)
    hit = np.zeros(total, np.bool_)
    chosen: list[int] = []
    done = 0
    for word in order.tolist():
        part = hit[begin[word] : end[word]]
        fresh = len(part) - int(part.sum())
        if chosen and done + fresh / 2 > wanted:  # nearer without it
            break
        part[:] = True
        done += fresh
        chosen.append(word)
    return np.array(sorted(chosen), np.int64)


def reach_of_words(words: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """What `words_to_replace` wants, of shingles of `size` words. A text of fewer words is one shingle."""
    shingles = max(1, words - size + 1) if words else 0
    at = np.arange(words)
    return np.clip(at - size + 1, 0, max(0, shingles - 1)), np.clip(at + 1, 0, shingles)


def reach_of_characters(start: np.ndarray, length: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The same, of shingles of `size` characters, as if each had one byte.

    Args:
        start: int64[w], first byte of each word; from 0, ascending.
        length: int[w], its bytes.
        size: characters of a shingle.
    """
    end = start + length
    shingles = max(1, int(end[-1]) - size + 1) if len(end) else 0
    return np.clip(start - size + 1, 0, max(0, shingles - 1)), np.clip(end, 1, shingles)


def replaced(text: bytes, spans: tuple[np.ndarray, np.ndarray], chosen: np.ndarray, salt: int) -> bytes:
    """The text with other words in some places.

    Args:
        text: UTF-8.
        spans: int64[w], int[w]: first byte and bytes of each word, ascending.
        chosen: int64[e], the words to replace, ascending.
        salt: uint64; another salt, other words.
    """
    start, length = spans
    parts, done = [], 0
    for word, fresh in zip(chosen.tolist(), new_words(chosen, salt), strict=True):
        parts += [text[done : start[word]], fresh]
        done = int(start[word] + length[word])
    return b"".join([*parts, text[done:]])


def new_words(places: np.ndarray, salt: int) -> list[bytes]:
    """A word of twelve letters for each of int64[e] places, that no other place or salt has, nor any language."""
    numbers = mix64(places.astype(np.uint64) * _STEP ^ mix64(np.array([salt], np.uint64)))
    letters = np.empty((len(numbers), _LENGTH), np.uint8)
    for column in range(_LENGTH):
        letters[:, column] = _LETTERS[(numbers % np.uint64(26)).astype(np.int64)]
        numbers = numbers // np.uint64(26)
    return [row.tobytes() for row in letters]
