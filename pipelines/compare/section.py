"""The comparison as a section of a report: `crawlsieve report RUN --compare OTHER`."""

import json
from collections.abc import Sequence
from typing import Any

from crawlsieve.filters.rule import Bounds
from crawlsieve.pipelines.ask.explain_text import bounds
from crawlsieve.pipelines.compare.comparison import UNITS, Alone, Comparison, comparison
from crawlsieve.pipelines.compare.pair import Question
from crawlsieve.pipelines.compare.samples import Decided, Sample
from crawlsieve.pipelines.compare.shifts import Shift
from crawlsieve.pipelines.compare.verdicts import Ruling
from crawlsieve.pipelines.compare.why import KINDS
from crawlsieve.pipelines.report.blocks import Block, bars, note, section, table, tiles
from crawlsieve.pipelines.report.facts import Section
from crawlsieve.pipelines.report.hostile import shown
from crawlsieve.pipelines.report.tables import Tables

_NAME = 200
_ADDRESS = 300
_TEXT = 300
_CHANGES = 100


def against(other: str, question: Question | None = None) -> Section:
    """A section that compares the run of a report, A, with another one, B.

    Raises:
        CrawlsieveError: when it is made: B is no finished run, or its files are damaged.
    """

    def compared_with(tables: Tables) -> Block:
        return compared(comparison(tables.output, other, question))

    return compared_with


def compared(found: Comparison) -> Block:
    """What is kept by both, by one alone and by neither, why, and how the two were made."""
    overlap, unit = found.overlap, UNITS[found.by]
    equal = "Both keep the same with the same texts, and give the same reasons. " if found.equal else ""
    numbers = (
        ("both", overlap.both, "kept by both runs"), ("A alone", overlap.only_a, "this run"),
        ("B alone", overlap.only_b, "the other run"), ("neither", overlap.neither, "kept by none"),
    )  # fmt: skip
    return section(
        "compare",
        "Compared with another run",
        f"A is this run, {_said(found.a.name)}; B is {_said(found.b.name)} in {_said(found.b.place)}. {equal}"
        f"What is counted are {unit}.",
        *(note(each, "warning") for each in found.notes),
        tiles(*((label, value, "number", said) for label, value, said in numbers)),
        _recipes(found),
        _funnels(found),
        *_alone(found.only_a, "A", "B", unit),
        *_alone(found.only_b, "B", "A", unit),
        _rules(found.rules),
        _shifts(found.languages, "language"),
        _shifts(found.sites, "site"),
        *_texts(found),
    )


def _recipes(found: Comparison) -> Block:
    inputs = found.inputs
    changes = [*found.recipe, *found.versions][:_CHANGES]
    rows = [(_said(change.path), _value(change.a), _value(change.b)) for change in changes]
    of_both = inputs.same + inputs.other_content
    rows.append(("inputs", f"{of_both + inputs.only_a:,}", f"{of_both + inputs.only_b:,}"))
    more = f"; {inputs.same:,} inputs are of both, {inputs.other_content:,} have changed"
    return table([("what", "text"), ("A", "text"), ("B", "text")], rows, f"Options and versions that differ{more}")


def _funnels(found: Comparison) -> Block | None:
    if not found.funnel:
        return None
    rows = [
        (stage.name, stage.a_documents, stage.a_share, stage.a_bytes, stage.b_documents, stage.b_share, stage.b_bytes)
        for stage in found.funnel
    ]
    return table(
        [("after", "text"), ("A", "number"), ("of its input", "share"), ("text in A", "bytes"), ("B", "number"),
         ("of its input", "share"), ("text in B", "bytes")],
        rows,
        "Documents and text after each step",
    )  # fmt: skip


def _alone(alone: Alone, own: str, other: str, unit: str) -> tuple[Block | None, ...]:
    """What one run alone keeps; nothing where that is nothing."""
    if not alone.kinds:
        return ()
    title = f"Kept by {own} only: what became of it in {other}"
    rows: list[tuple[str, str | None, int, int | None, int]]
    rows = [(KINDS[each.kind], None, each.documents, None, each.bytes) for each in alone.kinds]
    rows += [(KINDS[each.kind], _said(each.reason), each.documents, each.alone, each.bytes) for each in alone.reasons]
    signals = [
        (_said(each.column), each.measured_by.upper(), each.distance, each.alone.p50, each.common.p50)
        for each in alone.contrasts
    ]
    return (
        bars(title, [unit], [(KINDS[each.kind], [each.documents]) for each in alone.kinds]),
        table(
            [("why", "text"), ("reason", "text"), (unit, "number"), ("for this alone", "number"), ("text", "bytes")],
            rows,
            f"{title}, by reason",
        ),
        table(
            [("signal", "code"), ("of", "text"), ("Kolmogorov-Smirnov distance", "decimal"),
             (f"median, {own} only", "decimal"), ("median, both", "decimal")],
            signals,
            f"Signals in which it differs most from what both keep: kept by {own} only",
        ) if signals else None,
        table(
            [("address", "text"), ("why", "text"), ("text", "text"), ("id", "code")],
            [(shown(each.url, _ADDRESS), _why(each), shown(each.text, _TEXT), each.id) for each in alone.samples],
            f"Some of it, chosen by a hash of id and seed: kept by {own} only",
        ) if alone.samples else None,
    )  # fmt: skip


def _why(sample: Sample) -> str:
    """What the other run says of a document, with what was measured."""
    decided = {each.rule: _decided(each) for each in sample.decided}
    reasons = "; ".join(f"{_said(reason)}{decided.get(reason, '')}" for reason in sample.reasons)
    return reasons if sample.kind == "rejected" else f"{KINDS[sample.kind]}{f' ({reasons})' if reasons else ''}"


def _decided(decided: Decided) -> str:
    value = "undefined" if decided.value is None else f"{decided.value:.6g}"
    return f": {value}, good is {bounds(Bounds(at_least=decided.at_least, at_most=decided.at_most))}"


def _rules(rules: Sequence[Ruling]) -> Block | None:
    rows = [
        (_said(rule.a), _said(rule.b), rule.rejects_a, rule.rejects_b, rule.rejects_both)
        for rule in rules
        if rule.rejects_a or rule.rejects_b
    ]
    return table(
        [("reason in A", "code"), ("reason in B", "code"), ("A", "number"), ("B", "number"), ("both", "number")],
        rows,
        "Reasons, of documents that both have read; rules of one column, or of variants of one, stand in one line",
    ) if rows else None  # fmt: skip


def _shifts(shifts: Sequence[Shift], kind: str) -> Block | None:
    rows = [(_said(each.name), each.kept_a, each.kept_b, each.only_a, each.only_b) for each in shifts]
    return table(
        [(kind, "text"), ("A keeps", "number"), ("B keeps", "number"), ("only A", "number"), ("only B", "number")],
        rows,
        f"Documents by {kind}: the largest differences",
    ) if rows else None  # fmt: skip


def _texts(found: Comparison) -> tuple[Block | None, ...]:
    texts = found.texts
    told = (
        f"Of {texts.compared:,} texts that both keep, {texts.changed:,} differ: {texts.longer:,} are longer in B, "
        f"{texts.shorter:,} shorter."
    )
    diffs = (
        {
            "kind": "code",
            "caption": f"{shown(each.url, _ADDRESS) or each.a_id}: {each.a_bytes:,} bytes in A, {each.b_bytes:,} in B",
            "text": "\n".join(shown(line, _ADDRESS) or "" for line in each.diff),
        }
        for each in found.changed
    )
    return note(told), *diffs


def _said(name: str | None) -> str | None:
    return shown(name, _NAME)


def _value(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    return _said(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
