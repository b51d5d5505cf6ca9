"""The whole audit of a run, and the file that it leaves."""

import math
from dataclasses import dataclass
from typing import Any

from crawlsieve.dedup.intervals import CONFIDENCE
from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.audit.documents import Drawn, Tables
from crawlsieve.pipelines.audit.injected import audit_injected
from crawlsieve.pipelines.audit.kept import audit_kept
from crawlsieve.pipelines.audit.removed import audit_removed
from crawlsieve.pipelines.recipe.load import from_mapping
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, write_json
from crawlsieve.stages.near.keys import NearDuplicates

FILE = "audit.json"


@dataclass(frozen=True)
class Audit:
    """What is audited, and how closely.

    Attributes:
        run: a finished run.
        sample: documents of each sample.
        seed: of the samples and edits.
        alike: Jaccard similarity from which two documents are alike; if not given, see `usual_bound`.
    """

    run: str
    sample: int = 200
    seed: int = 0
    alike: float | None = None


def audit(asked: Audit) -> dict[str, Any]:
    """Audit a run and write `audit.json` beside its manifest, which stays as it is.

    Cost: one process; every kept text is read and cut into shingles once, and row groups with sampled ones once more.

    Raises:
        CrawlsieveError: it is no finished run, or one that did not look for near-duplicates.
    """
    tables = Tables(asked.run, manifest(asked.run))
    step = near_of(tables)
    alike = usual_bound(step) if asked.alike is None else asked.alike
    drawn = Drawn(asked.sample, asked.seed)
    for batch in tables.batches("documents", ["id"]):
        drawn.add(batch)
    texts = tables.texts_of("documents", (row["id"] for row in drawn.rows))
    sample = {row["id"]: texts[row["id"]] for row in drawn.rows}
    least = min(0.5, max(0.1, math.floor(alike * 10) / 10))
    found = {
        "name": tables.manifest["name"],
        "key": tables.manifest["key"],
        "method": step.method,
        "bands": step.banding.bands,
        "rows": step.banding.rows,
        "sample": asked.sample,
        "seed": asked.seed,
        "alike": alike,
        "confidence": CONFIDENCE,
        "removed": audit_removed(tables, step, (asked.sample, asked.seed, alike)),
        "kept": audit_kept(tables, step, sample, least),
        "injected": audit_injected(step, sample, asked.seed),
    }
    write_json(join(asked.run, FILE), found)
    return found


def near_of(tables: Tables) -> NearDuplicates:
    """How the run looked for near-duplicates.

    Raises:
        CrawlsieveError: it did not.
    """
    near = from_mapping(tables.manifest["recipe"], join(tables.run, "manifest.json")).near
    if near is None:
        raise CrawlsieveError(
            f"{tables.run}: its recipe has no step near_duplicates, so there is nothing to audit. "
            f"`crawlsieve dedup {tables.run} --output FOLDER --audit` looks for near-duplicates among its documents."
        )
    return near


def usual_bound(step: NearDuplicates) -> float:
    """The Jaccard similarity from which documents count as alike, if nobody says another.

    What the recipe verifies, else its threshold, else (1 / bands) ** (1 / rows), near which the S-curve is steepest
    (Leskovec, Rajaraman, Ullman, section 3.4.2), to two decimals.
    """
    verify, layout = step.verification, step.banding
    if verify is not None:
        return verify.at_least
    if step.threshold is not None:
        return step.threshold
    return round(float((1 / layout.bands) ** (1 / layout.rows)), 2)
