"""Whether every column that a step needs is there when it is needed, and is added once."""

from functools import cache
from typing import Literal, cast, get_args

import pyarrow as pa

from crawlsieve.pipelines.recipe.options import (
    OptionsClass,
    OptionsError,
    alternatives,
    build,
    option_types,
    origin_of,
    shown,
)
from crawlsieve.pipelines.recipe.order import NamedStep, key_of
from crawlsieve.pipelines.recipe.steps import STEPS, step_class
from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.keys import ExactDuplicates
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.step import Step
from crawlsieve.stages.total_order import TotalOrder


def column_problems(steps: list[NamedStep]) -> list[tuple[int, str]]:
    """(number of the step, what is wrong with its columns) each."""
    owners = dict.fromkeys(RECORD.names, "the reader")
    added: list[pa.Field] = []
    orders: list[tuple[str, ...]] = []
    problems = []
    for number, (name, step) in enumerate(steps, 1):
        missing = [column for column in dict.fromkeys(step.reads) if column not in owners]
        problems += [(number, _missing(column, number, steps)) for column in missing]
        if STEPS[key_of(name)].decides:
            priority = cast("ExactDuplicates | NearDuplicates", step).priority
            problem = "" if missing else _unordered(key_of(name), priority, added) or _two_orders(priority, orders)
            problems += [(number, problem)] if problem else []
            orders.append(priority)
            continue
        twice = next((field.name for field in step.adds if field.name in owners), None)
        if twice:
            problems.append((number, _added_twice(twice, step, owners[twice])))
        owners |= dict.fromkeys(step.adds.names, f"step {number} ({key_of(name)})")
        added += step.adds
    return problems


@cache
def who_adds(column: str) -> str:
    """A step, as a recipe writes it, that adds `column`; empty if there is none."""
    for key, kind in STEPS.items():
        for options in [] if kind.decides else _variants(step_class(key)):
            try:
                step = build(step_class(key), options)
            except OptionsError:
                continue
            if column in step.adds.names:
                return f"{key}: {{{', '.join(f'{name}: [{choice}]' for name, (choice,) in options.items())}}}"
    return ""


def _variants(kind: OptionsClass) -> list[dict[str, list[str]]]:
    """No options, then each choice of each option that is a list of choices."""
    choices = [
        {name: [choice]}
        for name, annotation in option_types(kind).items()
        for member in alternatives(annotation)
        if origin_of(member) is tuple and origin_of(get_args(member)[0]) is Literal
        for choice in get_args(get_args(member)[0])
    ]
    return [{}, *choices]


def _missing(column: str, number: int, steps: list[NamedStep]) -> str:
    key = key_of(steps[number - 1].name)
    for later, (name, step) in enumerate(steps[number:], number + 1):
        if not STEPS[key_of(name)].decides and column in step.adds.names:
            return f"needs column '{column}', which step {later} ({key_of(name)}) adds. Move that before `{key}`."
    adder = who_adds(column)
    remedy = f"Put `{adder}` before `{key}`." if adder else "No step adds a column of that name."
    return f"needs column '{column}', which no step before it adds. {remedy}"


def _added_twice(column: str, step: Step, owner: str) -> str:
    remedy = (
        "Give one of them a prefix, `prefix: raw_`." if "prefix" in option_types(type(step)) else "Remove one of them."
    )
    return f"adds column {shown(column)}, which {owner} adds already. {remedy}"


def _unordered(key: str, priority: tuple[str, ...], added: list[pa.Field]) -> str:
    try:
        TotalOrder(priority).check(key, pa.schema(added))
    except RecipeError as error:
        return str(error).removeprefix(f"{key}: ")
    return ""


def _two_orders(priority: tuple[str, ...], before: list[tuple[str, ...]]) -> str:
    other = next((order for order in before if order and priority and order != priority), None)
    if other is None:
        return ""
    return (
        f"documents have one order, and an earlier step has priority [{', '.join(other)}]. Write it in one place only."
    )
