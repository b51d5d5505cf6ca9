"""What `--set` asks for: other bounds of named rules, or rules left out; as changes to the recipe of a run."""

import math
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from crawlsieve.filters.rule import Rule
from crawlsieve.filters.rulesets import ALIASES, rule_set
from crawlsieve.pipelines.recipe.load import Recipe, from_mapping
from crawlsieve.pipelines.recipe.parse import scalar
from crawlsieve.pipelines.recipe.step_names import step_names
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.judge import Judge

NO_BOUND = 1.7976931348623157e308
"""The largest float64: a recipe's `override` keeps an end that it does not name, and every number is within this."""

_ENDS = ("at_least", "at_most")
_LIFTED = {"none", "null", "~", ""}


@dataclass(frozen=True)
class Seat:
    """A rule in one of the rule sets of a judge step."""

    step: str
    rule_set: str
    rule: Rule

    @property
    def called(self) -> str:
        """How messages and `--set` name it."""
        return f"{self.rule_set}.{self.rule.name}"


def changed_recipe(recipe: Recipe, run: str, given: Sequence[str], output: str) -> Recipe:
    """The recipe of a run with other rules.

    Args:
        recipe: of the run.
        run: what messages call it.
        given: `KEY=VALUE` each, as `--set` takes them.
        output: of the changed recipe.

    Raises:
        RecipeError: a key names no rule, or several; a value is no bound, or the bounds contradict each other.
    """
    mapping: dict[str, Any] = deepcopy(recipe.options) | {"output": output}
    judges = {named.name: named.step for named in recipe.chain if isinstance(named.step, Judge)}
    options = {
        name: next(iter(entry.values()))
        for name, entry in zip(step_names(mapping["steps"]), mapping["steps"], strict=True)
        if name in judges
    }
    for change in given:
        key, equals, value = (part.strip() for part in change.partition("="))
        if not equals:
            raise RecipeError(f"--set {change}: write KEY=VALUE, as in gopher_word_count.at_least=80.")
        _apply(key, value, judges, options)
    return from_mapping(mapping, run)


def _apply(key: str, value: str, judges: dict[str, Judge], options: dict[str, dict[str, Any]]) -> None:
    parts = key.split(".")
    step, *path = parts if parts[0] in judges else ["", *parts]
    asked = {step: judges[step]} if step else judges
    if path == ["without"]:
        for name in filter(None, (part.strip() for part in value.split(","))):
            seat = _seat(key, [name], asked)
            options[seat.step]["without"] = [*options[seat.step]["without"], seat.rule.name]
        return
    *names, end = path
    if end not in _ENDS or not 1 <= len(names) <= 2:
        near = get_close_matches(end, _ENDS, n=1)
        hint = f" Did you mean '{near[0]}'?" if near and names else ""
        raise RecipeError(
            f"--set {key}: '{end}' is no end of a bound.{hint} Write RULE.at_least, SET.COLUMN.at_most or without=RULE,"
            f" and the step before it where several judge ({', '.join(judges)})."
        )
    seat = _seat(key, names, asked)
    override = options[seat.step]["override"]
    override[seat.rule.name] = {**override.get(seat.rule.name, {}), end: _bound(key, value, end)}


def _bound(key: str, value: str, end: str) -> float:
    if value.lower() in _LIFTED:
        return -NO_BOUND if end == "at_least" else NO_BOUND
    number = scalar(value)
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise RecipeError(f"--set {key}={value}: a bound is a number, or 'none' for no bound at that end.")
    return number


def _seat(key: str, names: list[str], judges: dict[str, Judge]) -> Seat:
    """The one rule that `names` mean: a rule or its column, behind its set or alone."""
    seats = [seat for name, judge in judges.items() for seat in _seats(name, judge)]
    if len(names) == 2:
        of_set = [seat for seat in seats if _full(seat.rule_set) == _full(names[0])]
        if not of_set:
            known = list(dict.fromkeys(seat.rule_set for seat in seats))
            raise RecipeError(
                f"--set {key}: no set '{names[0]}' judges.{_near(names[0], known)} Sets: {', '.join(known)}."
            )
        seats = of_set
    found = [seat for seat in seats if seat.rule.name == names[-1]]
    found = found or [seat for seat in seats if seat.rule.column == names[-1]]
    if not found:
        known = list(dict.fromkeys(name for seat in seats for name in (seat.rule.name, seat.rule.column)))
        rules = ", ".join(dict.fromkeys(seat.rule.name for seat in seats))
        raise RecipeError(f"--set {key}: no rule '{names[-1]}'.{_near(names[-1], known)} Rules: {rules}.")
    if len(found) > 1:
        steps = list(dict.fromkeys(seat.step for seat in found))
        told = [f"{seat.step}.{seat.called}" for seat in found] if len(steps) > 1 else [seat.called for seat in found]
        raise RecipeError(f"--set {key}: several rules have that name. Write one of {', '.join(told)} in its place.")
    if found[0].rule.name in judges[found[0].step].without:
        raise RecipeError(f"--set {key}: the recipe of the run leaves '{found[0].rule.name}' out (`without`).")
    return found[0]


def _seats(step: str, judge: Judge) -> Iterator[Seat]:
    for name in judge.rules:
        yield from (Seat(step, name, rule) for rule in rule_set(name))


def _full(name: str) -> str:
    return ALIASES.get(name, name)


def _near(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""
