"""A recipe against the world: its inputs, the files of its steps, the place of its output. No document is read yet."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import fsspec

from crawlsieve.pipelines.index.pin import history_problem
from crawlsieve.pipelines.mixture.weighted.desk import weights_problem
from crawlsieve.pipelines.recipe.load import Problems, Recipe
from crawlsieve.pipelines.recipe.order import key_of, payload_problem
from crawlsieve.pipelines.recipe.output import output_problem
from crawlsieve.stages.errors import RecipeError, SourceError
from crawlsieve.stages.read import Input, survey
from crawlsieve.stages.read.places import failures, local, protocol
from crawlsieve.stages.step import Step


def check(recipe: Recipe, *, writes: bool = True) -> tuple[Input, ...]:
    """Survey the inputs of a recipe and check everything that it names.

    Args:
        recipe: as `load` made it.
        writes: whether an object store is tried with a small file, which is removed again. A local folder is only
            looked at.

    Returns:
        The inputs, for whoever goes on.

    Raises:
        RecipeError: an unreadable path, a missing model or list, inputs that the steps cannot use, an output that is
            not writable or holds another run; all that is found, at once. Without these, weights that cannot fit.
    """
    problems = Problems(recipe.path, {})
    problems.found += _step_problems(recipe)
    problem = history_problem(recipe)
    problems.found += [f"{recipe.path} near_duplicates: {problem}"] if problem else []
    problem = output_problem(recipe, writes=writes)
    problems.found += [f"{recipe.path} output: {problem}"] if problem else []
    inputs: tuple[Input, ...] = ()
    try:
        inputs = tuple(survey(recipe.source))
    except SourceError as error:
        problems.found.append(f"{recipe.path} source: {error}")
    problems.found += [f"{recipe.path} source: {problem}" for problem in _input_problems(recipe, inputs) if problem]
    if recipe.mix and not problems.found:
        number, problem = len(recipe.options["steps"]), weights_problem(recipe, inputs)
        problems.found += [f"{recipe.path} step {number} (mix): {problem}"] if problem else []
    problems.report()
    return inputs


def _input_problems(recipe: Recipe, inputs: tuple[Input, ...]) -> Iterable[str]:
    yield payload_problem(recipe.chain, {item.format for item in inputs})
    folder = absolute(recipe.output) + "/"
    inside = next((item.path for item in inputs if absolute(item.path).startswith(folder)), None)
    if inside:
        yield f"'{inside}' lies in the output '{recipe.output}', which this run writes. Choose another --output."


def absolute(path: str) -> str:
    """One spelling of a local path, or an address without a slash at its end."""
    place = local(path)
    return path.rstrip("/") if place is None else os.path.normpath(Path.cwd() / place)


def _step_problems(recipe: Recipe) -> list[str]:
    steps = [(number, key_of(name), step) for number, (name, step) in enumerate(recipe.chain, 1)]
    if recipe.mix:
        steps.append((len(recipe.options["steps"]), "mix", recipe.mix))
    return [
        f"{recipe.path} step {number} ({key}): {problem}"
        for number, key, step in steps
        for problem in _own_problems(step)
    ]


def _own_problems(step: Step) -> list[str]:
    """What is wrong with the files of a step, or with what it finds in them."""
    try:
        problems = [problem for problem in map(_file_problem, step.files) if problem]
        if not problems:
            step.check()
    except RecipeError as error:
        return [str(error)]
    return problems


def _file_problem(path: str) -> str:
    """Why a file cannot be read, with the nearest one that can; empty if it can."""
    place = local(path)
    if place is None:
        return _remote_problem(path)
    if place.is_dir():
        return f"'{path}' is a folder, not a file."
    if not place.exists():
        siblings = [file.name for file in place.parent.iterdir()] if place.parent.is_dir() else []
        close = get_close_matches(place.name, siblings, n=1)
        return f"no file '{path}'." + (f" Did you mean '{place.parent / close[0]}'?" if close else "")
    return "" if os.access(place, os.R_OK) else f"'{path}' may not be read by this user."


def _remote_problem(path: str) -> str:
    try:
        system, place = fsspec.core.url_to_fs(path)
        return "" if system.isfile(place) else f"no file '{path}'."
    except (ImportError, ValueError) as error:
        return f"'{path}': {error}."
    except failures(protocol(path)) as error:
        return f"'{path}' cannot be reached: {error}."
