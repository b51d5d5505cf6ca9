"""The answer as a terminal shows it, and as programs read it."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawlsieve.filters.rule import Bounds, Rule
from crawlsieve.pipelines.ask.explain_text import bounds
from crawlsieve.pipelines.ask.printed import cell
from crawlsieve.pipelines.judge.asked import NO_BOUND
from crawlsieve.pipelines.judge.difference import AFTER, UNDECIDED, Difference
from crawlsieve.pipelines.judge.question import Question
from crawlsieve.pipelines.judge.verdicts import Bound

LEFT_OUT = "left out"

_STAY = "Copies of what is rejected now stay duplicates."


def as_data(question: Question, found: Difference) -> dict[str, Any]:
    """What `--format json` prints: the numbers of `print_answer`, and all examples."""
    finished = question.finished
    before, after = found.kept
    bytes_before = sum(file["text_bytes"] or 0 for file in finished.files.get("documents", {}).values())
    return {
        "run": finished.run,
        "changes": [*question.changes],
        "duplicates_replayed": question.finds_duplicates,
        "signals_of": "all measured documents" if finished.keeps_signals else "kept documents",
        "kept": {"before": before, "after": after, "undecided": int(found.moves[:, UNDECIDED].sum())},
        "kept_text_bytes": {
            "before": bytes_before,
            "after": None if found.text_bytes is None else bytes_before + found.text_bytes,
        },
        "moves": [
            {"before": AFTER[one], "after": AFTER[other], "documents": int(found.moves[one, other])}
            for one in range(len(AFTER))
            for other in range(len(AFTER))
            if found.moves[one, other]
        ],
        "changed": [
            {"what": name, "documents": many, "examples": [{"id": own, "url": url} for own, url in examples]}
            for name, many, examples in found.kinds()
        ],
        "rules": [
            {"step": bound.step, "rule": bound.rule.name, "column": bound.rule.column, "bounds": told, **counted}
            for bound, told, counted in _rules(found)
        ],
    }


def print_answer(question: Question, found: Difference, console: Console) -> None:
    """What changes, by outcome and by rule, and a few URLs of each kind."""
    told = as_data(question, found)
    kept = told["kept"]
    before, after, undecided = kept["before"], kept["after"], kept["undecided"]
    more = f", and of {undecided:,} more those that are no duplicates" if undecided else ""
    console.print(Text(f"kept: {before:,} -> {after:,}{more} ({after - before:+,} documents)"), soft_wrap=True)
    text = told["kept_text_bytes"]
    if text["after"] is not None:
        console.print(Text(f"text: {text['before']:,} -> {text['after']:,} bytes"), soft_wrap=True)
    if _caveat(question):
        console.print(Text(_caveat(question), style="yellow"), soft_wrap=True)
    console.print()
    for name, many, examples in found.kinds():
        console.print(Text(f"{many:,} {name}"), soft_wrap=True)
        for own, url in examples:
            console.print(Text.assemble("  ", cell(url) if url else own), soft_wrap=True)
    if not found.kinds():
        console.print("No document is elsewhere.")
    console.print()
    console.print(_table(found))


def _caveat(question: Question) -> str:
    """What the answer does not know, and why; empty if it knows all."""
    finished = question.finished
    if not finished.keeps_signals:
        return (
            "The run has kept signals of kept documents only (`keep_rejected: none`): what other rules would revive"
            " is not known. With `keep_rejected: text` it is, duplicates too."
        )
    if not finished.keeps_keys:
        old = finished.recipe.keep_rejected == "text"
        why = "was made before keys were kept" if old else "keeps signals alone (`keep_rejected: signals`)"
        return (
            f"These are verdicts of rules only: the run {why}, so duplicates are not found anew. With"
            f" `keep_rejected: text` they are. {_STAY} Documents that another step rejects are not judged again."
        )
    if not question.replays:
        return f"These are verdicts of rules only: duplicates are not found anew (--rules-only). {_STAY}"
    return ""


def _rules(found: Difference) -> list[tuple[Bound, str, dict[str, int]]]:
    """(rule, its bounds before and after, counts) of every rule."""
    own = {(bound.step, bound.rule.name): bound for bound in found.own}
    others = {(bound.step, bound.rule.name): bound for bound in found.others}
    told = []
    for key, counted in found.rejects.items():
        before = _bounds(own[key].rule) if key in own else LEFT_OUT
        after = _bounds(others[key].rule) if key in others else LEFT_OUT
        told.append((own.get(key) or others[key], before if before == after else f"{before} -> {after}", counted))
    return told


def _bounds(rule: Rule) -> str:
    low = None if rule.at_least is None or rule.at_least <= -NO_BOUND else _plain(rule.at_least)
    high = None if rule.at_most is None or rule.at_most >= NO_BOUND else _plain(rule.at_most)
    return bounds(Bounds(at_least=low, at_most=high))


def _plain(bound: float) -> float:
    """80, not 80.0."""
    return int(bound) if float(bound).is_integer() else bound


def _table(found: Difference) -> Table:
    rules = _rules(found)
    steps = len({bound.step for bound, *_ in rules}) > 1
    table = Table(show_edge=False, pad_edge=False)
    if steps:
        table.add_column("step", no_wrap=True)
    table.add_column("rule", no_wrap=True)
    table.add_column("bounds", overflow="fold")
    for name in ("rejects", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    for bound, told, counted in rules:
        names = (bound.step, bound.rule.name, told) if steps else (bound.rule.name, told)
        before, after, more, less = (counted[name] for name in ("before", "after", "newly", "no_more"))
        rejects = f"{before:,}" if before == after else f"{before:,} -> {after:,}"
        change = " ".join([f"+{more:,}"] * (more > 0) + [f"-{less:,}"] * (less > 0))
        table.add_row(*map(Text, (*names, rejects, change)), style="bold" if "->" in told else "")
    return table
