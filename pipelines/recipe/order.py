"""Whether the steps of a recipe come in an order that makes sense: text before it is read, nothing twice, keys last."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from crawlsieve.pipelines.recipe.steps import STEPS
from crawlsieve.stages.step import Step

PAYLOAD_FORMATS = ("warc", "arc")
"""Formats whose records are pages, not texts."""


class NamedStep(NamedTuple):
    """A step and what the recipe calls it: its key, made unique (judge, judge_2, ...)."""

    name: str
    step: Step


def key_of(name: str) -> str:
    """The key of a step from its unique name."""
    return re.sub(r"_\d+$", "", name)


def order_problems(steps: list[NamedStep]) -> list[tuple[int, str]]:
    """(number of the step, what is wrong with its place) each."""
    keys = [key_of(name) for name, _ in steps]
    problems = []
    for number in range(1, len(keys) + 1):
        problem = _repeated(number, steps) or _without_text(number, keys) or _not_last(number, keys)
        if problem:
            problems.append((number, problem))
    return problems


def payload_problem(steps: Iterable[NamedStep], formats: set[str]) -> str:
    """Why inputs of these formats do not suit the steps, or nothing."""
    payloads = sorted(formats & {*PAYLOAD_FORMATS})
    keys = [key_of(name) for name, _ in steps]
    if not payloads or any(STEPS[key].makes_text for key in keys):
        return ""
    reader = next((key for key in keys if STEPS[key].reads_text), None)
    place = f" before `{reader}`" if reader else ""
    return f"{' and '.join(payloads)} inputs hold pages, not text. Put the step `extract`{place} into the recipe."


def _repeated(number: int, steps: list[NamedStep]) -> str:
    name, step = steps[number - 1]
    key = key_of(name)
    earlier = [place for place, (other, _) in enumerate(steps[: number - 1], 1) if key_of(other) == key]
    if not earlier:
        return ""
    if STEPS[key].decides:
        one = "Put all keys into one list, `by: [url, text]`, and remove" if key == "exact_duplicates" else "Remove"
        return f"step {earlier[-1]} is one already. {one} the other."
    if STEPS[key].mixes:
        return (
            f"step {earlier[-1]} is one already. Remove one; `crawlsieve mix apply` makes others of the finished run."
        )
    if STEPS[key].makes_text:
        return f"step {earlier[-1]} makes the text already. Remove one of the two."
    if earlier[-1] == number - 1 and steps[number - 2].step == step:
        return f"repeats step {number - 1} with the same options. Remove one of the two."
    return ""


def _without_text(number: int, keys: list[str]) -> str:
    if not STEPS[keys[number - 1]].reads_text:
        return ""
    maker = next((place for place, key in enumerate(keys[number:], number + 1) if STEPS[key].makes_text), None)
    if maker is None:
        return ""
    return f"reads text, which step {maker} ({keys[maker - 1]}) makes. Move `{keys[maker - 1]}` before it."


def _not_last(number: int, keys: list[str]) -> str:
    key, later = keys[number - 1], keys[number:]
    if STEPS[key].mixes and later:
        return f"weights what is left in the end. Move it behind step {len(keys)} ({keys[-1]})."
    if not STEPS[key].decides:
        return ""
    if not all(STEPS[other].decides or STEPS[other].mixes for other in later):
        last = max(place for place, other in enumerate(keys, 1) if not (STEPS[other].decides or STEPS[other].mixes))
        return f"compares what documents are in the end. Move it behind step {last} ({keys[last - 1]})."
    if key == "near_duplicates" and "exact_duplicates" in later:
        return "compares what is left of equal documents. Move `exact_duplicates`, which costs less, before it."
    return ""
