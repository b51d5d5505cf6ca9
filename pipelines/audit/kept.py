"""Of what was kept, how much is like another document that was kept: what near-duplicates missed."""

from itertools import pairwise
from typing import Any

import numpy as np

from crawlsieve.dedup.neighbours import Neighbours
from crawlsieve.pipelines.audit.documents import Tables
from crawlsieve.pipelines.audit.similarity import bin_of, share, shingles_of, steps
from crawlsieve.stages.near.keys import NearDuplicates

PAIRS = 20
"""Most pairs that a report names."""


def audit_kept(tables: Tables, step: NearDuplicates, sample: dict[str, str], least: float) -> dict[str, Any]:
    """Compare sampled documents with every kept one, exactly: all shingles of the corpus are looked up.

    Args:
        tables: of the run.
        step: how it looked for near-duplicates.
        sample: id -> text of kept documents.
        least: Jaccard similarity of the least similar pairs that are reported.
    """
    ids = list(sample)
    known = Neighbours(shingles_of(step, list(sample.values())))
    best = np.zeros(len(ids))
    pairs: dict[tuple[str, str], dict[str, Any]] = {}
    similarities: list[np.ndarray] = []
    for names, texts in tables.texts("documents"):
        found = known.alike(step.shingles(texts), least)
        others = names.to_pylist()
        other = np.array([others[row] != ids[place] for row, place in zip(found.row, found.known, strict=True)], bool)
        row, place, jaccard = found.row[other], found.known[other], found.jaccard[other]
        np.maximum.at(best, place, jaccard)
        similarities.append(jaccard)
        for r, k, one, two in zip(row, place, jaccard, found.containment[other], strict=True):
            pair = (min(others[r], ids[k]), max(others[r], ids[k]))
            pairs[pair] = {"id": pair[0], "other_id": pair[1], "jaccard": float(one), "containment": float(two)}
        pairs = _most_alike(pairs)
    return {
        "sampled": len(ids),
        "compared_with": tables.manifest["balance"]["documents"],
        "least": least,
        "with_neighbour": share(int((best >= least).sum()), len(ids)),
        "bins": _bins(step, best, np.concatenate([*similarities, np.empty(0)]), least),
        "pairs": sorted(pairs.values(), key=_order),
    }


def _bins(step: NearDuplicates, best: np.ndarray, similarities: np.ndarray, least: float) -> list[dict[str, Any]]:
    """By similarity: pairs, how likely bands find such, and documents whose nearest kept neighbour is so near."""
    edges = steps(least, 0.1)
    pairs, nearest = bin_of(similarities, edges), bin_of(best, edges)
    curve = step.banding.s_curve(similarities)
    return [
        {
            "from": low,
            "to": high,
            "pairs": int((pairs == place).sum()),
            "chance_of_bands": float(curve[pairs == place].mean()) if (pairs == place).any() else None,
            "documents": share(int((nearest == place).sum()), len(best)),
        }
        for place, (low, high) in enumerate(pairwise(edges))
    ]


def _most_alike(pairs: dict[tuple[str, str], dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return dict(sorted(pairs.items(), key=lambda item: _order(item[1]))[:PAIRS])


def _order(pair: dict[str, Any]) -> tuple[float, str, str]:
    return -pair["jaccard"], pair["id"], pair["other_id"]
