"""What `crawlsieve explain` has to say, as data."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """A rule, and what it says of one document."""

    step: str
    rule: str
    column: str
    value: float | None
    """Null where the signal is undefined, or the run has not kept it."""
    at_least: float | None
    at_most: float | None
    rejects: bool | None
    """Whether it is a reason of the document; null where the rule never judged it, or the run has not kept enough."""


@dataclass(frozen=True)
class Copy:
    """Another document, as far as it explains this one."""

    id: str
    url: str | None
    outcome: str
    """Table that has it; empty where none has."""


@dataclass(frozen=True)
class Sighting:
    """One record that the question meant."""

    outcome: str
    """documents, rejected, duplicates or failed: the table that has it."""
    record: dict[str, Any]
    """Its row there, without the text."""
    signals: dict[str, Any] | None
    """Its row of signals/, None where the run has not kept it."""
    verdicts: tuple[Verdict, ...]
    """Every rule with bounds that the run judged by, if the document was measured or rejected."""
    reasons: tuple[str, ...]
    """Reasons that no number decided, such as url_domain."""
    twin: Copy | None
    """The winner when it was removed as a duplicate."""
    kept: Copy | None
    """The row of documents/ at the end of that chain."""
    stands_for: tuple[Copy, ...]
    """The first of the removed documents that this one stands for."""


@dataclass(frozen=True)
class Explanation:
    """All that a run says of a page."""

    asked: str
    found_by: str
    """id, source_id, url or canonical url."""
    total: int
    """How many records were found; at most 20 are in `sightings`."""
    keeps_signals: bool
    """Whether the run keeps the signals of all measured records, not of the kept ones alone."""
    sightings: tuple[Sighting, ...]
