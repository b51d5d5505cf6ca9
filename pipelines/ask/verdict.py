"""What a rule of a run has said of a document: the value, and the bounds that held when it judged."""

import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from crawlsieve.filters.rule import LANGUAGE
from crawlsieve.pipelines.ask.explanation import Verdict
from crawlsieve.pipelines.ask.macros import RuleMacro


def verdict(macro: RuleMacro, signals: dict[str, Any] | None, reasons: list[str], judged: Collection[str]) -> Verdict:
    """What a rule says, by the bounds that held for the document when it was judged.

    Args:
        macro: the rule of a step.
        signals: of the document; None where the run has not kept them.
        reasons: of the document.
        judged: steps by one of whose rules it was rejected; all of their rules have then judged it.
    """
    rule = macro.rule
    own = rule.bounds_for((signals or {}).get(LANGUAGE)) if macro.by_language else rule.bounds
    value = (signals or {}).get(rule.column)
    low, high = own.ends
    outside = value is None or not low <= value <= high  # of NaN that is true
    rejects: bool | None = rule.name in reasons
    if signals is None:
        rejects = rejects or (False if macro.step in judged else None)
    elif rejects or outside:  # a name alone does not tell which of two steps rejects by it
        rejects = outside if rejects else None
    return Verdict(macro.step, rule.name, rule.column, value, own.at_least, own.at_most, rejects)


def rejecting(macros: Iterable[RuleMacro], signals: dict[str, Any], reasons: list[str]) -> Iterator[Verdict]:
    """The verdicts that reject a document, of rules whose number is among its signals."""
    said = (verdict(macro, signals, reasons, ()) for macro in macros if macro.rule.column in signals)
    return (each for each in said if each.rejects)


def finite(value: float | None) -> float | None:
    """The number as JSON can have it; NaN and an infinite one are none."""
    return value if value is not None and math.isfinite(value) else None
