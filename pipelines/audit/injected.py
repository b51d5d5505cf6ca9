"""Near-copies of kept documents, made for the purpose: how many of them the run's bands find, by exact similarity."""

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from crawlsieve.dedup.edits import edit_order, reach_of_characters, reach_of_words, replaced, words_to_replace
from crawlsieve.dedup.partition import mix64
from crawlsieve.filters.segments import segment
from crawlsieve.filters.tokens import WORDLIKE
from crawlsieve.pipelines.audit.documents import ids_of
from crawlsieve.pipelines.audit.similarity import bin_of, exact_similarity, share, shingles_of, steps
from crawlsieve.stages.near.keys import NearDuplicates

EDGES = tuple(steps(0.5, 0.05))
"""Of the bins of similarity; one copy of each document aims at the middle of each."""

_AT_ONCE = 100  # documents, and ten copies of each


def audit_injected(step: NearDuplicates, sample: dict[str, str], seed: int) -> dict[str, Any]:
    """Recall: edited copies of documents, each compared with its original as the run would.

    A copy is found if it shares a band key with its original and, where the recipe verifies, is as similar by the
    recipe's measure. Two things are not simulated: other documents that a copy may also be like, and the limit
    `max_comparisons`. A filter of lshbloom forgets no key, so that it finds as much.

    Args:
        step: how the run looked for near-duplicates.
        sample: id -> text of kept documents.
        seed: of the edits.
    """
    parts = [_measured(step, part, seed) for part in _parts(sample)]
    jaccard = np.concatenate([part[0] for part in parts] or [np.empty(0)])
    shared, found = (np.concatenate([part[n] for part in parts] or [np.empty(0, np.bool_)]) for n in (1, 2))
    bins, curve = bin_of(jaccard, EDGES), step.banding.s_curve(jaccard)
    return {
        "copies": len(jaccard),
        "verified": step.verification is not None,
        "bins": [
            _bin(low, high, (shared[bins == place], found[bins == place], curve[bins == place]))
            for place, (low, high) in enumerate(pairwise(EDGES))
        ],
    }


def near_copies(step: NearDuplicates, sample: dict[str, str], seed: int) -> tuple[list[str], list[str]]:
    """Originals and copies, one for each document with a word and each bin."""
    originals, copies = [], []
    middles = [(low + high) / 2 for low, high in pairwise(EDGES)]
    for name, text in sample.items():
        words = segment(pa.array([text], pa.large_string())).words
        wordlike = np.flatnonzero(words.kind & WORDLIKE)
        spans = words.start[wordlike], words.length[wordlike]
        if len(wordlike) == 0:
            continue
        by_words = step.unit == "words"
        reach = reach_of_words(len(wordlike), step.ngram) if by_words else reach_of_characters(*spans, step.ngram)
        for level, middle in enumerate(middles):
            salt = _salt(name, seed, level)
            chosen = words_to_replace(reach, middle, edit_order(len(wordlike), salt))
            originals.append(text)
            copies.append(replaced(text.encode(), spans, chosen, salt).decode())
    return originals, copies


def _parts(sample: dict[str, str]) -> Iterator[dict[str, str]]:
    items = iter(sample.items())
    while part := dict(islice(items, _AT_ONCE)):
        yield part


def _measured(step: NearDuplicates, sample: dict[str, str], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each copy: exact Jaccard similarity, whether it shares a band, whether it is also verified."""
    originals, copies = near_copies(step, sample, seed)
    exact = exact_similarity(step, originals, copies)
    return exact[0], *_found(step, originals, copies, exact)


def _salt(name: str, seed: int, level: int) -> int:
    """uint64: of an id, the seed and the level."""
    mixed = mix64(ids_of(pa.array([name]))[0] ^ mix64(np.array([seed % (1 << 64), level], np.uint64)))
    return int(mixed[0] ^ mixed[1])


def _found(
    step: NearDuplicates, originals: list[str], copies: list[str], exact: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """(bool[n], bool[n]): whether each pair shares a band, and whether it is also verified."""
    one, other = (step.minhash.signatures(shingles_of(step, texts)) for texts in (originals, copies))
    (keys, present), (other_keys, other_present) = step.banding.keys(one), step.banding.keys(other)
    shared: np.ndarray = (keys == other_keys).any(axis=1) & present & other_present
    verify = step.verification
    if verify is None:
        return shared, shared
    measured = {"exact": exact[0], "containment": exact[1], "estimated": (one == other).mean(axis=1)}
    return shared, shared & (measured[verify.measure] >= verify.at_least)


def _bin(low: float, high: float, of: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict[str, Any]:
    shared, found, curve = of
    by_bands = share(int(shared.sum()), len(shared))
    expected = float(curve.mean()) if len(curve) else None
    return {
        "from": low,
        "to": high,
        "recall": share(int(found.sum()), len(found)),
        "by_bands": by_bands,
        "s_curve": expected,
        "as_expected": None if expected is None else bool(by_bands["low"] <= expected <= by_bands["high"]),
    }
