"""The file of a recipe, and the entries of its list of steps."""

from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from crawlsieve.pipelines.recipe.options import nearest, shown
from crawlsieve.pipelines.recipe.parse import Yaml, parse
from crawlsieve.pipelines.recipe.step_names import step_names
from crawlsieve.pipelines.recipe.steps import STEPS
from crawlsieve.stages.errors import RecipeError

MOST_BYTES = 1 << 20
"""A larger file is no recipe but, say, a WARC given by mistake."""


class StepEntry(NamedTuple):
    """One entry of `steps`, well formed and of a known kind."""

    place: str
    """What messages call it."""
    name: str
    """Its key, made unique: judge, judge_2, ..."""
    key: str
    options: dict[str, Yaml]


def read_recipe(path: str) -> dict[str, Yaml]:
    """The mapping in the file at `path`; steps without options (`- extract`) have an empty mapping.

    Raises:
        RecipeError: there is no such file, or it is no YAML mapping.
    """
    given = parse(_text(Path(path), path), path)
    if not isinstance(given, dict):
        what = "the file is empty" if given is None else f"this is {shown(given)}"
        raise RecipeError(f"{path}: a recipe is a mapping with name, source, output and steps; {what}.")
    if isinstance(given.get("steps"), list):
        given["steps"] = [_normal(item) for item in given["steps"]]
    return given


def step_entries(steps: list[Yaml], path: str, problems: list[str]) -> list[StepEntry]:
    """The entries that are well formed; what is wrong with the others goes to `problems`."""
    entries = []
    for number, (item, name) in enumerate(zip(steps, step_names(steps), strict=True), 1):
        problem = _malformed(item)
        if problem:
            problems.append(f"{path} step {number}: {problem}")
            continue
        ((key, options),) = item.items()
        entries.append(StepEntry(f"{path} step {number} ({key})", name, key, options))
    return entries


def no_options(key: str, given: Yaml) -> str:
    """What is wrong with a step whose options are no mapping."""
    return f"the options of '{key}' are a mapping, `{key}: {{option: value}}`; this is {shown(given)}."


def _malformed(item: Yaml) -> str:
    if not isinstance(item, dict) or not item:
        return f"{shown(item)} is no step. A step is its name and its options: `- language: {{keep: [en]}}`."
    key, *more = item
    if more:
        return (
            f"one entry has {len(item)} keys ({', '.join(item)}). "
            f"Indent the options of '{key}' deeper than '{key}' itself, or begin a new step with '- '."
        )
    if key not in STEPS:
        return f"no step '{key}'.{nearest(key, list(STEPS))} Steps: {', '.join(STEPS)}."
    if not isinstance(item[key], dict):
        return no_options(key, item[key])
    return ""


def _normal(item: Yaml) -> Yaml:
    if isinstance(item, str):
        return {item: {}}
    if isinstance(item, dict) and len(item) == 1:
        return {key: {} if options is None else options for key, options in item.items()}
    return item


def _text(file: Path, path: str) -> str:
    try:
        if file.is_file() and file.stat().st_size > MOST_BYTES:
            raise RecipeError(f"{path}: {file.stat().st_size:,} bytes are no recipe. A recipe is a YAML file.")
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        close = get_close_matches(file.name, _recipes(file.parent), n=1)
        hint = f" Did you mean '{file.parent / close[0]}'?" if close else ""
        raise RecipeError(f"{path}: no such file.{hint}") from None
    except IsADirectoryError:
        held = ", ".join(_recipes(file)) or "none"
        raise RecipeError(f"{path}: a folder, not a recipe. Recipes in it: {held}.") from None
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path}: no UTF-8 text (byte {error.start}). A recipe is a YAML file.") from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}.") from None


def _recipes(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(file.name for file in folder.iterdir() if file.suffix in {".yaml", ".yml"})
