"""A comparison as a terminal shows it."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from crawlsieve.filters.rule import Bounds
from crawlsieve.pipelines.ask.explain_text import bounds
from crawlsieve.pipelines.ask.printed import cell
from crawlsieve.pipelines.compare.comparison import UNITS, Alone, Comparison
from crawlsieve.pipelines.compare.manifests import Change
from crawlsieve.pipelines.compare.samples import Changed, Sample
from crawlsieve.pipelines.compare.shifts import Shift
from crawlsieve.pipelines.compare.signals import Contrast
from crawlsieve.pipelines.compare.verdicts import Ruling
from crawlsieve.pipelines.compare.why import KINDS
from crawlsieve.pipelines.plan_text import size_text

_RULES = 20
_SIGNALS = 8
_REASONS = 12
_WIDEST = 10_000


def print_comparison(found: Comparison, console: Console) -> None:
    """All of it; of equal runs one line, and where their recipes differ all the same."""
    _line(console, "A: ", cell(found.a.name), " in ", cell(found.a.place))
    _line(console, "B: ", cell(found.b.name), " in ", cell(found.b.place))
    for note in found.notes:
        console.print(Text(note, style="yellow"), soft_wrap=True)
    if found.equal:
        _line(console, _equal(found))
        _print_changes(found.recipe, "recipe", console)
        return
    _print_changes(found.recipe, "recipe", console)
    _print_changes(found.versions, "version", console)
    _print_inputs(found, console)
    _print_funnel(found, console)
    _print_overlap(found, console)
    _print_alone(found.only_a, ("A", "B"), found, console)
    _print_alone(found.only_b, ("B", "A"), found, console)
    _print_rules(found.rules, console)
    _print_shifts(found.languages, "language", console)
    _print_shifts(found.sites, "site", console)
    _print_texts(found, console)


def _equal(found: Comparison) -> str:
    same = "the same recipe, inputs and versions" if found.a.key == found.b.key else "made otherwise"
    sampled = "" if found.texts.share == 1 else " (of those that were read)"
    return (
        f"The runs are equal ({same}): both keep the same {found.overlap.both:,} {UNITS[found.by]} with the same "
        f"texts{sampled}, and give the same reasons for the others."
    )


def _print_changes(changes: Sequence[Change], what: str, console: Console) -> None:
    if not changes:
        _line(console, f"The {what}s are the same.")
        return
    table = _table(what, "A", "B")
    for change in changes:
        table.add_row(cell(change.path), _value(change.a), _value(change.b))
    console.print()
    console.print(table)


def _value(value: Any) -> Text:  # noqa: ANN401 - any JSON value
    return cell(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _print_inputs(found: Comparison, console: Console) -> None:
    inputs = found.inputs
    changed = f", {inputs.other_content:,} changed" if inputs.other_content else ""
    console.print()
    _line(
        console,
        f"Inputs: {inputs.same:,} of both, {inputs.only_a:,} of A alone, {inputs.only_b:,} of B alone{changed}.",
    )
    for letter, paths in (("A", inputs.examples_a), ("B", inputs.examples_b)):
        for path in paths:
            _line(console, f"  {letter} ", cell(path))


def _print_funnel(found: Comparison, console: Console) -> None:
    if not found.funnel:
        return
    table = _table("after", "A", "share", "text", "B", "share", "text", right=6)
    for stage in found.funnel:
        table.add_row(
            cell(stage.name),
            *(_number(stage.a_documents), _share(stage.a_share), _size(stage.a_bytes)),
            *(_number(stage.b_documents), _share(stage.b_share), _size(stage.b_bytes)),
        )
    console.print()
    _show(table, console)


def _print_overlap(found: Comparison, console: Console) -> None:
    overlap = found.overlap
    kept = overlap.both + overlap.only_a + overlap.only_b
    table = _table(UNITS[found.by], "number", "of all kept", "text in A", "text in B", right=4)
    for name, many, a_bytes, b_bytes in (
        ("kept by both", overlap.both, overlap.both_a_bytes, overlap.both_b_bytes),
        ("kept by A only", overlap.only_a, overlap.only_a_bytes, None),
        ("kept by B only", overlap.only_b, None, overlap.only_b_bytes),
    ):
        table.add_row(name, _number(many), _share(many / kept if kept else None), _size(a_bytes), _size(b_bytes))
    table.add_row("kept by neither", _number(overlap.neither), "", "", "")
    console.print()
    _show(table, console)


def _print_alone(alone: Alone, letters: tuple[str, str], found: Comparison, console: Console) -> None:
    """What one run alone keeps: why, how it differs, some of it."""
    own, other = letters
    if not alone.kinds:
        return
    console.print()
    _line(console, Text(f"Kept by {own} only: what became of it in {other}", style="bold"))
    table = _table("why", UNITS[found.by], "alone", "text", right=3)
    for kind in alone.kinds:
        table.add_row(KINDS[kind.kind], _number(kind.documents), "", _size(kind.bytes), style="bold")
        for reason in [each for each in alone.reasons if each.kind == kind.kind][:_REASONS]:
            name = Text.assemble("  ", cell(reason.reason))
            table.add_row(name, _number(reason.documents), _number(reason.alone), _size(reason.bytes))
    _show(table, console)
    _print_contrasts(alone.contrasts, letters, console)
    for sample in alone.samples:
        _print_sample(sample, console)


def _print_contrasts(contrasts: Sequence[Contrast], letters: tuple[str, str], console: Console) -> None:
    different = [each for each in contrasts if each.distance > 0][:_SIGNALS]
    if not different:
        return
    console.print()
    _line(
        console, f"Signals in which it differs most from what both keep; values of {letters[0]} if not said otherwise"
    )
    table = _table("signal", "KS", f"median, {letters[0]} only", "both", right=3)
    for each in different:
        foreign = "" if each.measured_by.upper() == letters[0] else f" (of {letters[1]})"
        medians = (f"{spread.p50:.4g}" for spread in (each.alone, each.common))
        table.add_row(cell(each.column + foreign), f"{each.distance:.3f}", *medians)
    _show(table, console)


def _print_sample(sample: Sample, console: Console) -> None:
    console.print()
    _line(console, Text(sample.id, style="dim"), " ", cell(sample.url))
    decided = {each.rule: each for each in sample.decided}
    if sample.kind != "rejected":
        reasons = Text.assemble(" (", cell(" ".join(sample.reasons)), ")") if sample.reasons else ""
        _line(console, "  ", KINDS[sample.kind], reasons)
    else:
        for reason in sample.reasons:
            told = "" if reason not in decided else _measured(decided[reason])
            _line(console, "  ", Text.assemble(cell(reason), style="red"), told)
    if sample.kept_id:
        _line(console, "  kept instead: ", sample.kept_id, " ", cell(sample.kept_url))
    _line(console, "  ", cell(sample.text), Text(f" ({sample.length:,} characters)", style="dim"))


def _measured(decided: Any) -> str:  # noqa: ANN401 - a Decided
    value = "undefined" if decided.value is None else f"{decided.value:.6g}"
    return f": {decided.column} = {value}, good is {bounds(Bounds(at_least=decided.at_least, at_most=decided.at_most))}"


def _print_rules(rules: Sequence[Ruling], console: Console) -> None:
    """Reasons that the runs do not give to the same documents; of the others, how many there are."""
    unlike = [rule for rule in rules if rule.unlike]
    alike = sum(rule.rejects_a > 0 and not rule.unlike for rule in rules)
    if unlike:
        console.print()
        _line(console, Text("Reasons that do not stand for the same documents, of what both have read", style="bold"))
        table = _table("reason", "bounds", "in A", "in B", "both", right=3)
        for rule in unlike[:_RULES]:
            names = Text("\n").join(cell(name) for name in dict.fromkeys((rule.a, rule.b)))
            counts = (rule.rejects_a, rule.rejects_b, rule.rejects_both)
            table.add_row(names, _bounds(rule), *map(_number, counts))
        _show(table, console)
    if alike:
        _line(console, f"\n{alike:,} other reasons stand for the same documents in both.")


def _bounds(rule: Ruling) -> str:
    told = [
        bounds(Bounds(at_least=ends[0], at_most=ends[1])) if column else ""
        for column, ends in ((rule.a_column, rule.a_bounds), (rule.b_column, rule.b_bounds))
    ]
    return "\n".join(dict.fromkeys(told))


def _print_shifts(shifts: Sequence[Shift], what: str, console: Console) -> None:
    if not shifts:
        return
    table = _table(what, "A keeps", "B keeps", "only A", "only B", right=4)
    for each in shifts:
        table.add_row(cell(each.name), *map(_number, (each.kept_a, each.kept_b, each.only_a, each.only_b)))
    console.print()
    _show(table, console)


def _print_texts(found: Comparison, console: Console) -> None:
    texts = found.texts
    if not texts.compared:
        return
    console.print()
    share = texts.changed / texts.compared
    _line(console, f"Texts: {texts.changed:,} of {texts.compared:,} that both keep differ ({share:.1%}).")
    if texts.changed:
        sizes = f"They have {texts.a_bytes:,} bytes in A and {texts.b_bytes:,} in B"
        _line(console, f"{sizes}; {texts.longer:,} are longer in B, {texts.shorter:,} shorter.")
    for each in found.changed:
        _print_changed(each, console)


def _print_changed(changed: Changed, console: Console) -> None:
    console.print()
    _line(console, Text(changed.a_id, style="dim"), " ", cell(changed.url))
    _line(console, f"  {changed.a_bytes:,} bytes in A, {changed.b_bytes:,} in B")
    for line in changed.diff:
        style = {"-": "red", "+": "green"}.get(line[:1], "dim")
        _line(console, "  ", Text.assemble(cell(line), style=style))


def _table(*names: str, right: int = 0) -> Table:
    """A table whose last `right` columns are numbers."""
    table = Table(show_edge=False, pad_edge=False)
    for place, name in enumerate(names):
        number = place >= len(names) - right
        table.add_column(name, justify="right" if number else "left", no_wrap=number or right > 0, overflow="fold")
    return table


def _show(table: Table, console: Console) -> None:
    """Print a table whole, wider than the terminal if need be: a number that is cut is another number."""
    width = console.width
    wanted = Measurement.get(console, console.options.update(width=_WIDEST), table).maximum
    console.width = max(width, wanted)
    console.print(table)
    console.width = width


def _line(console: Console, *parts: str | Text) -> None:
    console.print(Text.assemble(*parts), soft_wrap=True)


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _size(value: int | None) -> str:
    return "-" if value is None else size_text(value)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
