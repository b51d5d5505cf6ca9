"""An explanation as a terminal shows it."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawlsieve.filters.rule import Bounds
from crawlsieve.pipelines.ask.explanation import Copy, Explanation, Sighting, Verdict
from crawlsieve.pipelines.ask.printed import cell
from crawlsieve.pipelines.printable import printable

_STYLES = {"documents": "green", "rejected": "red", "duplicates": "yellow", "failed": "magenta"}
_SAID = {
    "documents": "kept",
    "rejected": "rejected",
    "duplicates": "removed as a duplicate",
    "failed": "failed",
}
_MARKS = {True: ("✗", "red"), False: ("✓", ""), None: ("-", "dim")}
_ALONE = ("id", "source_id", "url", "date")
_SHOWN = ("language", "language_score", "script", "word_count", "token_count", "domain", "epoch", "copies")


def print_explanation(told: Explanation, console: Console) -> None:
    """Each record with its outcome, then every rule with its value and bound."""
    many = f" The first {len(told.sightings)} follow." if told.total > len(told.sightings) else ""
    records = "1 record" if told.total == 1 else f"{told.total} records"
    console.print(Text(f"{records} found by {told.found_by}.{many}", style="dim"))
    for sighting in told.sightings:
        console.print()
        _print_sighting(sighting, console)
        _print_rules(sighting, console, keeps_signals=told.keeps_signals)


def _print_sighting(sighting: Sighting, console: Console) -> None:
    record = sighting.record
    style = _STYLES[sighting.outcome]
    console.print(Text.assemble((_SAID[sighting.outcome], f"bold {style}"), f" ({sighting.outcome}/)"), soft_wrap=True)
    for name in _ALONE:
        if name in record:
            _print_fact(name, cell(record[name]), console)
    _print_fact("source", Text(printable(f"{record['source_path']} at {record['source_offset']}")), console)
    for name in _SHOWN:
        if name in record:
            _print_fact(name, cell(record[name]), console)
    if "error" in record:
        _print_fact("error", cell(record["error"]), console)
    _print_duplicate(sighting, console)
    for reason in sighting.reasons:
        _print_fact("reason", Text(printable(reason), style="red"), console)


def _print_duplicate(sighting: Sighting, console: Console) -> None:
    record = sighting.record
    if "method" in record:
        exact = f", similarity {record['similarity']}" if "similarity" in record else ""
        band = f", band {record['band']}" if "band" in record else ""
        label = "alike by" if band else "equal by"
        _print_fact(label, Text(printable(f"{record['method']}{band}{exact}")), console)
    for name, copy in (("twin", sighting.twin), ("kept is", sighting.kept)):
        if copy is not None:
            _print_fact(name, _copy(copy), console)
    if sighting.stands_for:
        _print_fact("stands for", Text(f"{record['duplicates']} removed documents"), console)
        for copy in sighting.stands_for:
            _print_fact("", _copy(copy), console)


def _print_rules(sighting: Sighting, console: Console, *, keeps_signals: bool) -> None:
    """Every rule with its value and bound; the step too, where several judge."""
    if not sighting.verdicts:
        return
    lost = sighting.signals is None and not keeps_signals
    steps = len({verdict.step for verdict in sighting.verdicts}) > 1
    table = Table(show_edge=False, pad_edge=False)
    for name in ("", *(("step",) if steps else ()), "rule", "column", "value", "bounds"):
        table.add_column(name, justify="right" if name == "value" else "left", overflow="fold")
    for verdict in sighting.verdicts:
        mark, style = _MARKS[verdict.rejects]
        names = (verdict.step, verdict.rule, verdict.column) if steps else (verdict.rule, verdict.column)
        value = _value(verdict, "unknown" if sighting.signals is None else "undefined", lost=lost)
        table.add_row(mark, *map(Text, names), value, bounds(verdict), style=style)
    console.print(table)
    if sighting.signals is None:
        why = "The run has kept no signals of this record (keep_rejected: none)." if lost else "No step measured it."
        console.print(Text(why, style="dim"))


def _value(verdict: Verdict, missing: str, *, lost: bool) -> str:
    if verdict.value is not None:
        return str(verdict.value)
    return "not judged" if verdict.rejects is None and not lost else missing


def bounds(verdict: Verdict | Bounds) -> str:
    """The good values, both ends included: `50 to 100000`, `at least 50`, `at most 0.3`."""
    low, high = verdict.at_least, verdict.at_most
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"at least {low}"
    return "any" if high is None else f"at most {high}"


def _copy(copy: Copy) -> Text:
    where = f" in {copy.outcome}/" if copy.outcome else " (not in this run)"
    return Text.assemble(copy.id, where, " ", cell(copy.url) if copy.url else "")


def _print_fact(name: str, value: Text, console: Console) -> None:
    console.print(Text.assemble((f"  {name:<14} ", "dim"), value), soft_wrap=True)
