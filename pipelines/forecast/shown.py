"""A forecast for people, and for programs."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any

from crawlsieve import __version__
from crawlsieve.pipelines.ask.printed import cell
from crawlsieve.pipelines.forecast.amounts import Amount, Named, Outcome
from crawlsieve.pipelines.forecast.forecast import Forecast
from crawlsieve.pipelines.forecast.interval import LEVEL
from crawlsieve.pipelines.plan_text import size_text

_UNKNOWN = "-"
_NUMBERS = ("estimate", "low", "high")

Line = tuple[str, ...]


def forecast_text(found: Forecast) -> str:
    """The forecast, for people: each number with its interval."""
    parts = [_head(found), _table(_yield_lines(found)), _table(_step_lines(found)), _table(_cost_lines(found))]
    return "\n\n".join([*parts, "\n".join(_words(found))]) + "\n"


def forecast_json(found: Forecast) -> str:
    """The forecast as one JSON object; `docs/reference/forecast.md` has its fields."""
    told: dict[str, Any] = {
        "crawlsieve": __version__,
        "level": LEVEL,
        "sample": {
            "seed": found.seed,
            "whole": found.whole,
            "records": found.sampled,
            "strata": [
                {
                    "format": part.format,
                    "inputs": part.inputs,
                    "bytes": round(part.size),
                    "inputs_read": len(part.chosen),
                    "bytes_read": round(sum(part.sizes)),
                    "records_rate": part.rate,
                }
                for part in found.strata
            ],
        },
        **{name: dataclasses.asdict(getattr(found, name)) for name in ("yields", "disk", "time", "memory")},
    }
    told["yields"]["methods"] = dict(told["yields"]["methods"])
    told["disk"]["tables"] = dict(told["disk"]["tables"])
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _head(found: Forecast) -> str:
    inputs, read = sum(part.inputs for part in found.strata), sum(len(part.chosen) for part in found.strata)
    share = found.sampled / found.yields.records.estimate if found.yields.records.estimate else 1.0
    sample = f"{found.sampled:,} records, about {share:.2%} of all, from {read:,} of {inputs:,} inputs"
    return f"forecast  from {sample}; seed {found.seed}\n          low and high: an interval of {LEVEL:.0%}"


def _yield_lines(found: Forecast) -> Iterator[Line]:
    told = found.yields
    yield ("", *_NUMBERS, "text", *_NUMBERS[1:])
    yield ("records", *_counts(told.records))
    yield _outcome("rejected", told.rejected)
    yield from _names("  ", told.rules)
    yield _outcome("failed", told.failed)
    yield from _names("  ", told.errors)
    yield _outcome("pass the rules", told.passed)
    yield ("duplicates, at least", *_counts(told.duplicates))
    for method, number in told.methods:
        yield (f"  {method}, at least", *_counts(number))
    if told.published_before is not None:
        yield ("published before", *_counts(told.published_before))
    yield _outcome("documents" if found.whole else "documents, at most", told.documents)


def _step_lines(found: Forecast) -> Iterator[Line]:
    yield ("step", "records in", "settled", "low", "high", "seconds", "low", "high")
    for step in found.yields.steps:
        seconds = (_seconds(value) for value in (step.seconds.estimate, step.seconds.low, step.seconds.high))
        yield (step.step, _count(step.records.estimate), *_counts(step.settled), *seconds)


def _cost_lines(found: Forecast) -> Iterator[Line]:
    disk, time, memory = found.disk, found.time, found.memory
    yield ("disk, time, memory", *_NUMBERS)
    for table, size in disk.tables:
        yield (f"{table}/", *_sizes(size))
    yield ("output, at most", *_sizes(disk.output))
    yield ("_work/, staged", *_sizes(disk.staged))
    yield ("curate, all workers", *_times(time.curate))
    yield ("decide", *_times(time.decide))
    yield ("publish", *_times(time.publish))
    yield ("start of a worker", _seconds(time.start))
    hours = (time.core_hours.estimate, time.core_hours.low, time.core_hours.high)
    yield ("core hours", *(_UNKNOWN if value is None else f"{value:,.4g}" for value in hours))
    if time.wall is not None:
        yield (f"wall, {time.workers} worker{'s' if time.workers != 1 else ''}", *_times(time.wall))
    yield ("memory of a worker, seen", size_text(round(memory.worker)))
    if memory.workers is not None:
        yield ("memory of all workers", size_text(round(memory.workers)))
    if memory.selection is not None:
        yield ("memory of the selection", *_sizes(memory.selection))


def _words(found: Forecast) -> Iterator[str]:
    """What the numbers do not say."""
    if found.whole:
        yield "The sample is all there is: counts and bytes are those of the run."
        return
    share = found.sampled / max(1, found.yields.records.estimate)
    if found.unseen:
        yield f"Of the inputs that hold {', '.join(found.unseen)}, no record is in the sample: only `records` has them."
    yield (
        f"Duplicates are a lower bound: a sample of {share:.2%} sees {share * share:.4%} of the pairs of documents that"
        " lie in any two places. More of the documents will go."
    )
    if found.yields.published_before is not None:
        yield "What was published before is no bound: each document is looked up in the whole history."
    yield "Small files compress worse than large ones, so sizes err on the high side."
    yield (
        "Seconds are this machine's, with as many workers as here; the interval has the chance of the sample in it, not"
        " what else the machine does. Survey, manifest and cards are not counted, nor is a mixture."
    )
    staging = size_text(found.memory.staging)
    yield f"A worker holds up to {staging} of staged rows, by configuration; a small sample does not fill that."
    if found.memory.selection_bound is not None:
        yield f"The selection never takes more than {size_text(found.memory.selection_bound)}: rounds come before it."


def _outcome(label: str, outcome: Outcome) -> Line:
    return (label, *_counts(outcome.documents), *_sizes(outcome.text_bytes))


def _names(indent: str, named: Sequence[Named]) -> Iterator[Line]:
    for one in named:
        yield (indent + cell(one.name).plain, *_counts(one.documents), *_sizes(one.text_bytes))


def _counts(number: Amount) -> Line:
    return tuple(_count(value) for value in (number.estimate, number.low, number.high))


def _sizes(number: Amount) -> Line:
    values = (number.estimate, number.low, number.high)
    return tuple(_UNKNOWN if value is None else size_text(round(value)) for value in values)


def _times(number: Amount) -> Line:
    return tuple(_seconds(value) for value in (number.estimate, number.low, number.high))


def _count(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,}"


def _seconds(value: float | None) -> str:
    """In the unit that people would use."""
    if value is None:
        return _UNKNOWN
    for unit, size in (("h", 3600), ("min", 60)):
        if value >= 2 * size:
            return f"{value / size:,.1f} {unit}"
    return f"{value:.3g} s"


def _table(lines: Iterator[Line]) -> str:
    """Labels to the left, numbers to the right."""
    rows = list(lines)
    columns = max(len(row) for row in rows)
    full = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(len(row[place]) for row in full) for place in range(columns)]
    aligned = [
        [row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))]
        for row in full
    ]
    return "\n".join("  ".join(line).rstrip() for line in aligned)
