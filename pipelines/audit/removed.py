"""Of what was removed as a near-duplicate, how much is really like its twin."""

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow.compute as pc

from crawlsieve.pipelines.audit.documents import Drawn, Tables
from crawlsieve.pipelines.audit.similarity import bin_of, exact_similarity, share, steps
from crawlsieve.stages.near.keys import NearDuplicates

_COLUMNS = ["id", "method", "band", "similarity", "twin_id"]
_BOUNDS = (0.5, 0.6, 0.7, 0.8, 0.9)


def audit_removed(tables: Tables, step: NearDuplicates, asked: tuple[int, int, float]) -> dict[str, Any]:
    """Precision: exact similarity of a sample of removed documents and their twins.

    Args:
        tables: of the run.
        step: how it looked for near-duplicates.
        asked: size of the sample, seed, and the Jaccard similarity from which two documents are alike.
    """
    size, seed, alike = asked
    drawn, removed = Drawn(size, seed), 0
    for batch in tables.batches("duplicates", _COLUMNS):
        near = batch.filter(pc.equal(batch.column("method"), step.method))
        removed += len(near)
        drawn.add(near.filter(pc.is_valid(near.column("twin_id"))))
    texts = tables.texts_of("duplicates", (row["id"] for row in drawn.rows))
    twins = tables.texts_of("documents", (row["twin_id"] for row in drawn.rows))
    pairs = [row for row in drawn.rows if row["id"] in texts and row["twin_id"] in twins]
    found = {
        "removed": removed,
        "without_twin": removed - drawn.total,
        "without_text": len(drawn.rows) - len(pairs),
        "why": _why(tables, len(drawn.rows), len(pairs)),
        "sampled": len(pairs),
    }
    jaccard, containment = exact_similarity(
        step, [texts[row["id"]] for row in pairs], [twins[row["twin_id"]] for row in pairs]
    )
    return found | _measured(pairs, jaccard, containment, alike)


def _measured(
    pairs: list[dict[str, Any]], jaccard: np.ndarray, containment: np.ndarray, alike: float
) -> dict[str, Any]:
    edges = steps(0.0, 0.1)
    bins = bin_of(jaccard, edges)
    count = len(pairs)
    return {
        "precision": share(int((jaccard >= alike).sum()), count),
        "precision_by_containment": share(int((containment >= alike).sum()), count),
        "at_least": [{"jaccard": bound, **share(int((jaccard >= bound).sum()), count)} for bound in _BOUNDS],
        "distribution": [
            {"from": low, "to": high, "pairs": int((bins == place).sum())}
            for place, (low, high) in enumerate(pairwise(edges))
        ],
        "quantiles": _quantiles(jaccard),
        "pairs": sorted(
            (
                {"id": row["id"], "twin_id": row["twin_id"], "band": row["band"], "jaccard": one, "containment": other}
                for row, one, other in zip(pairs, jaccard.tolist(), containment.tolist(), strict=True)
            ),
            key=lambda pair: (pair["jaccard"], pair["id"]),
        ),
    }


def _quantiles(values: np.ndarray) -> dict[str, float]:
    if len(values) == 0:
        return {}
    cuts = (0.0, 0.05, 0.25, 0.5, 0.75, 1.0)
    return {f"{cut:g}": float(value) for cut, value in zip(cuts, np.quantile(values, cuts), strict=True)}


def _why(tables: Tables, drawn: int, pairs: int) -> str | None:
    """Why pairs have no text, with what to do; null where all have one."""
    if drawn == pairs:
        return None
    kept = tables.manifest["recipe"]["keep_rejected"]
    if kept != "text":
        return (
            f"the run did not keep the texts of removed documents (keep_rejected: {kept}). "
            "Run it again with --set keep_rejected=text, or with `crawlsieve dedup ... --audit`"
        )
    return "the text of a twin is not among the documents of the run"
