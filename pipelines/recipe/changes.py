"""Changes to a recipe from the command line: `--set steps.language.at_least=0.5`."""

from collections.abc import Mapping
from types import NoneType
from typing import Literal, get_args

from crawlsieve.pipelines.recipe.file import no_options
from crawlsieve.pipelines.recipe.options import (
    Annotation,
    OptionsClass,
    Path,
    alternatives,
    annotation_at,
    nearest,
    origin_of,
    shown,
)
from crawlsieve.pipelines.recipe.parse import Yaml, parse, scalar
from crawlsieve.pipelines.recipe.step_names import step_names
from crawlsieve.pipelines.recipe.steps import STEPS, step_class
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.read import Source


def apply_changes(given: dict[str, Yaml], changes: Mapping[str, str], header: OptionsClass) -> dict[Path, str]:
    """Change the parsed recipe `given` in place.

    Args:
        given: the recipe as read.
        changes: place (`output`, `source.paths`, `steps.judge_2.rules`) -> value as typed. A list takes its items
            separated by commas, or YAML in brackets.
        header: the dataclass of the top level.

    Returns:
        The place of each change -> how the user called it, for messages.

    Raises:
        RecipeError: the place does not exist.
    """
    origins: dict[Path, str] = {}
    for key, text in changes.items():
        path = _path(given, key, header)
        if path[0] == "steps":
            ((step, options),) = given["steps"][step_names(given["steps"]).index(path[1])].items()
            if not isinstance(options, dict):
                raise RecipeError(f"--set {key}: {no_options(step, options)}")
            kind, inside = step_class(step) if step in STEPS else None, path[2:]
        elif path[0] == "source" and len(path) > 1:
            kind, inside, options = Source, path[1:], _mapping(given, "source", key)
        else:
            kind, inside, options = header, path, given
        value = typed(text, annotation_at(kind, inside), key)
        for part in inside[:-1]:
            options = _mapping(options, part, key)
        options[inside[-1]] = value
        origins[path] = key
    return origins


def typed(text: str, annotation: Annotation, key: str) -> Yaml:
    """What `text` means where `annotation` is wanted; the checks that follow find out whether it is right."""
    kinds = alternatives(annotation)
    if NoneType in kinds and scalar(text) is None:
        return None
    if text[:1] in {"[", "{"} and any(kind not in {str, NoneType} for kind in kinds):
        return parse(text, f"--set {key}")
    for kind in kinds:
        if origin_of(kind) is tuple:
            return [typed(item.strip(), get_args(kind)[0], key) for item in text.split(",") if item.strip()]
    if all(kind is str or origin_of(kind) is Literal for kind in kinds if kind is not NoneType):
        return text
    return scalar(text)


def _path(given: dict[str, Yaml], key: str, header: OptionsClass) -> tuple[str, ...]:
    first, *rest = key.split(".")
    options = list(header.__dataclass_fields__)
    if first not in options:
        raise RecipeError(f"--set {key}: no option '{first}'.{nearest(first, options)} Options: {', '.join(options)}.")
    if first != "steps":
        return (first, *rest)
    steps = given.get("steps")
    names = [name for name in step_names(steps) if name] if isinstance(steps, list) else []
    if len(rest) < 2 or not all(rest):
        raise RecipeError(f"--set {key}: name a step and its option, as in steps.language.at_least.")
    if rest[0] not in names:
        known = f"{nearest(rest[0], names)} Steps: {', '.join(names) or 'none'}."
        raise RecipeError(f"--set {key}: the recipe has no step '{rest[0]}'.{known}")
    return (first, *rest)


def _mapping(options: dict[str, Yaml], name: str, key: str) -> dict[str, Yaml]:
    """The mapping at `name`, made where there is none."""
    inner = options.setdefault(name, {})
    if not isinstance(inner, dict):
        raise RecipeError(f"--set {key}: '{name}' = {shown(inner)} has no options.")
    return inner
