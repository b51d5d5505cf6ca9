"""Exact similarity of texts as the run's own step sees them, and counts of it by bin."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from crawlsieve.dedup.intervals import wilson
from crawlsieve.dedup.neighbours import distinct
from crawlsieve.dedup.shingles import Shingles
from crawlsieve.dedup.verified import shingle_similarity
from crawlsieve.stages.near.keys import NearDuplicates

_AT_ONCE = 256  # texts


def shingles_of(step: NearDuplicates, texts: Sequence[str]) -> Shingles:
    """The shingles of some texts."""
    parts = [
        step.shingles(pa.array(texts[begin : begin + _AT_ONCE], pa.large_string()))
        for begin in range(0, len(texts), _AT_ONCE)
    ]
    counts = [np.diff(part.first) for part in parts]
    first = np.cumsum(np.concatenate([[0], *counts])).astype(np.int64)
    return Shingles(first, np.concatenate([part.hash for part in parts] or [np.empty(0, np.uint64)]))


def exact_similarity(step: NearDuplicates, one: Sequence[str], other: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(float64[n], float64[n]): Jaccard similarity and containment of the sets of shingles, text by text.

    Of two texts without shingles, both are 0.
    """
    sets = distinct(shingles_of(step, [*one, *other]))
    places = np.arange(len(one))
    shingles = (sets.hash, sets.first)
    jaccard = shingle_similarity(shingles, places, places + len(one), containment=False)
    return jaccard, shingle_similarity(shingles, places, places + len(one), containment=True)


def share(count: int, of: int) -> dict[str, Any]:
    """A share with its interval (Wilson, 95 %), as the report has it; null of nothing."""
    low, high = wilson(count, of)
    return {"count": count, "of": of, "share": count / of if of else None, "low": low, "high": high}


def bin_of(values: np.ndarray, edges: Sequence[float]) -> np.ndarray:
    """int64[n]: the bin from edges[i] to below edges[i + 1] (the last one to its end) of each value, -1 outside."""
    places = np.searchsorted(np.array(edges), values, side="right") - 1
    places[values == edges[-1]] = len(edges) - 2
    places[(values < edges[0]) | (values > edges[-1])] = -1
    return places


def steps(least: float, width: float) -> list[float]:
    """Edges of bins of one width from `least` to 1, rounded to 4 decimals."""
    count = round((1 - least) / width)
    return [round(1 - width * (count - place), 4) for place in range(count + 1)]
