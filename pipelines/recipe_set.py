"""Changes to a recipe from the command line: `--set steps.language.at_least=0.5`."""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from crawlsieve.pipelines.recipe_file import step_names
from crawlsieve.pipelines.recipe_options import Path, alternatives, annotation_at, nearest, shown
from crawlsieve.pipelines.recipe_yaml import parse, scalar
from crawlsieve.pipelines.steps import STEPS, source_class, step_class
from crawlsieve.stages.errors import RecipeError


def apply_changes(given: dict[str, Any], changes: Mapping[str, str], header: Any) -> dict[Path, str]:  # noqa: ANN401
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
            kind, inside = step_class(step) if step in STEPS else None, path[2:]
        elif path[0] == "source" and len(path) > 1:
            kind, inside, options = source_class(), path[1:], _mapping(given, "source", key)
        else:
            kind, inside, options = header, path, given
        value = typed(text, annotation_at(kind, inside), key)
        for part in inside[:-1]:
            options = _mapping(options, part, key)
        options[inside[-1]] = value
        origins[path] = key
    return origins


def typed(text: str, annotation: Any, key: str) -> Any:  # noqa: ANN401 - any YAML value
    """What `text` means where `annotation` is wanted; the checks that follow find out whether it is right."""
    kinds = alternatives(annotation)
    if NoneType in kinds and scalar(text) is None:
        return None
    if text[:1] in {"[", "{"} and any(kind not in {str, NoneType} for kind in kinds):
        return parse(text, f"--set {key}")
    for kind in kinds:
        if get_origin(kind) is tuple:
            return [typed(item.strip(), get_args(kind)[0], key) for item in text.split(",") if item.strip()]
    if all(kind is str or get_origin(kind) is Literal for kind in kinds if kind is not NoneType):
        return text
    return scalar(text)


def _path(given: dict[str, Any], key: str, header: Any) -> tuple[str, ...]:  # noqa: ANN401 - a dataclass
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
        raise RecipeError(
            f"--set {key}: the recipe has no step '{rest[0]}'.{nearest(rest[0], names)} Steps: {', '.join(names) or 'none'}."
        )
    return (first, *rest)


def _mapping(options: dict[str, Any], name: str, key: str) -> dict[str, Any]:
    """The mapping at `name`, made where there is none."""
    inner = options.setdefault(name, {})
    if not isinstance(inner, dict):
        raise RecipeError(f"--set {key}: '{name}' = {shown(inner)} has no options.")
    return inner
