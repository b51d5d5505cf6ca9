r"""The texts of ../shared/data/neardup, and which of them are alike: exact Jaccard similarity of every pair.

Shingles of the truth: the different 5-grams of words, a word being a match of `\w+` in the lower-cased text; a text of
fewer words has one shingle, all of them. This is how the data's own `pairs.jsonl` were made, and not how crawlsieve
compares by default: it ignores accents and numbers, too, and has other words.
"""

import gzip
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "neardup"
FILES = {
    "licence texts": "licence_texts/documents.jsonl.gz",
    "RFC versions": "rfc_versions/documents.jsonl.gz",
    "book editions": "gutenberg_editions/editions.jsonl.gz",
}
WORD = re.compile(r"\w+")
LEAST = 0.2
"""Similarity of the pairs that are kept."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Texts:
    """Texts in their total order, and what is known of them.

    Attributes:
        name: of the set.
        texts: in order.
        pairs: Jaccard similarity of the pairs (earlier, later) of at least LEAST.
        planted: pairs that were planted.
    """

    name: str
    texts: list[str]
    pairs: dict[Pair, float]
    planted: frozenset[Pair]

    def alike(self, threshold: float) -> set[Pair]:
        """Pairs of at least this similarity."""
        return {pair for pair, similarity in self.pairs.items() if similarity >= threshold}


def sets() -> list[Texts]:
    """All of them; the largest set of articles."""
    found = []
    for name, path in FILES.items():
        with gzip.open(DATA / path, "rt", encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in lines]
        found.append(Texts(name, texts, similarities(texts), frozenset()))
    return [*found, articles(2500)]


def articles(number: int) -> Texts:
    """One of the sets of articles with planted pairs."""
    folder, texts = DATA / "plagiarism_articles", list[str]()
    ids: dict[str, int] = {}
    with gzip.open(folder / f"articles_{number}.train.gz", "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name, _, text = line.strip().partition(" ")
            ids[name] = len(texts)
            texts.append(text)
    truth = (folder / f"articles_{number}.truth").read_text().split()
    planted = [sorted((ids[one], ids[other])) for one, other in zip(truth[::2], truth[1::2], strict=True)]
    pairs = frozenset((first, second) for first, second in planted)
    return Texts(f"{number:,} articles", texts, similarities(texts), pairs)


def similarities(texts: list[str]) -> dict[Pair, float]:
    """Exact Jaccard similarity of all pairs of at least LEAST."""
    numbers: dict[tuple[str, ...], int] = {}
    documents = []
    for text in texts:
        words = WORD.findall(text.lower())
        grams = {tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4))} if words else set()
        documents.append(np.array([numbers.setdefault(gram, len(numbers)) for gram in grams], np.int64))
    return of_sets(documents, LEAST)


def of_sets(documents: list[np.ndarray], least: float) -> dict[Pair, float]:
    """The same of sets of small numbers."""
    sizes = np.array([len(one) for one in documents])
    grams = np.concatenate(documents)
    order = np.argsort(grams, kind="stable")
    owner = np.repeat(np.arange(len(documents)), sizes)[order]
    first = np.concatenate([[0], np.cumsum(np.bincount(grams))])
    found = {}
    for number, one in enumerate(documents):
        counts = first[one + 1] - first[one]
        places = np.repeat(first[one] - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
        shared = np.bincount(owner[places], minlength=len(documents))
        similarity = shared / np.maximum(sizes + sizes[number] - shared, 1)
        later = np.flatnonzero(similarity >= least)
        found.update({(number, int(other)): float(similarity[other]) for other in later if other > number})
    return found


def walk(documents: int, pairs: Iterable[Pair]) -> set[int]:
    """The rule: documents, in order, that are alike to a kept one are removed."""
    earlier: dict[int, list[int]] = {}
    for one, other in pairs:
        earlier.setdefault(max(one, other), []).append(min(one, other))
    removed: set[int] = set()
    for number in range(documents):
        if any(other not in removed for other in earlier.get(number, [])):
            removed.add(number)
    return removed
