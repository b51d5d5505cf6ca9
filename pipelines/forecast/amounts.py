"""The parts of a forecast, as programs read them."""

import math
from dataclasses import dataclass, replace

from crawlsieve.pipelines.forecast.estimate import Total


@dataclass(frozen=True)
class Amount:
    """A number of the whole run.

    Attributes:
        estimate: of it.
        low, high: bounds of the 95 % interval; null where a sample knows of none.
        seen: in the sample.
    """

    estimate: float
    low: float | None
    high: float | None
    seen: float


@dataclass(frozen=True)
class Outcome:
    """Documents and the UTF-8 bytes of their texts."""

    documents: Amount
    text_bytes: Amount


@dataclass(frozen=True)
class Named:
    """What one rule rejects, or one kind of error costs. A document that breaks several rules counts for each."""

    name: str
    documents: Amount
    text_bytes: Amount


@dataclass(frozen=True)
class StepShare:
    """What one step sees, what it settles, and how long its calls take on one worker."""

    step: str
    records: Amount
    settled: Amount
    seconds: Amount


@dataclass(frozen=True)
class Yields:
    """What becomes of the records.

    Attributes:
        records: of all inputs.
        steps: of the recipe, in order; the reader first.
        rejected, failed, passed: where the steps leave them; `passed` is before duplicates are removed.
        duplicates: found in the sample, a lower bound of those in the whole.
        published_before: found in the history, which the sample asks as the whole run would.
        documents: what is kept at most.
        rules: that reject, most documents first; rules of `judge` that rejected nothing stand at the end.
        errors: kinds of failure.
        methods: by which duplicates were found, each a lower bound but for `history`.
    """

    records: Amount
    steps: tuple[StepShare, ...]
    rejected: Outcome
    failed: Outcome
    passed: Outcome
    duplicates: Amount
    published_before: Amount | None
    documents: Outcome
    rules: tuple[Named, ...]
    errors: tuple[Named, ...]
    methods: tuple[tuple[str, Amount], ...]


@dataclass(frozen=True)
class Disk:
    """Stored bytes.

    Attributes:
        tables: (table, bytes of its files).
        output: all of them.
        staged: of `_work/` while the run goes on, and after it.
    """

    tables: tuple[tuple[str, Amount], ...]
    output: Amount
    staged: Amount


@dataclass(frozen=True)
class Time:
    """Seconds, as this machine has them.

    Attributes:
        workers: that `wall` counts with; null where they are on other machines.
        curate: of reading, steps and staging, all workers together.
        start: of one worker: imports, models, compiled loops.
        decide: of the passes over keys.
        publish: of the pass that writes the tables.
        core_hours: of all of it.
        wall: from start to end; null without `workers`.
    """

    workers: int | None
    curate: Amount
    start: float
    decide: Amount
    publish: Amount
    core_hours: Amount
    wall: Amount | None


@dataclass(frozen=True)
class Memory:
    """Bytes.

    Attributes:
        worker: the most that one worker of the sample held, with its extractor.
        workers: that, times the workers of this machine; null where they are on others.
        staging: what a worker may hold of staged rows, by configuration; a small sample holds less.
        selection: of the pass over near-duplicates, in one worker; null without one, or with `verify`.
        selection_bound: what that can be at most; null where it grows with the documents.
    """

    worker: float
    workers: float | None
    staging: int
    selection: Amount | None
    selection_bound: int | None


def amount(total: Total) -> Amount:
    """Of things that are counted: the bounds are whole numbers outside the interval."""
    low, high = round(total.low, 3), round(total.high, 3)  # what was multiplied may miss a whole number by a hair
    return Amount(round(total.estimate), math.floor(low), math.ceil(high), round(total.seen))


def spent(total: Total) -> Amount:
    """Of seconds and hours, to the microsecond."""
    return Amount(*(round(value, 6) for value in (total.estimate, total.low, total.high, total.seen)))


def at_least(total: Total, *, exact: bool) -> Amount:
    """A number of which a sample sees a part only: its lower bound stands, there is no upper one."""
    found = amount(total)
    return found if exact else replace(found, high=None)


def at_most(total: Total, *, exact: bool) -> Amount:
    """A number from which more will go than a sample sees."""
    found = amount(total)
    return found if exact else replace(found, low=None)
