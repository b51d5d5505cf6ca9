"""Options of a recipe against the dataclass whose fields they are: strict types, and messages with the right answer."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from difflib import get_close_matches
from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import ErrorDetails

from crawlsieve.pipelines.recipe.parse import Yaml
from crawlsieve.stages.errors import RecipeError

T = TypeVar("T")
OptionsClass: TypeAlias = Any
"""A dataclass whose fields are options."""
Options: TypeAlias = Any
"""An instance of such a class."""
Annotation: TypeAlias = Any
"""What stands behind the colon of a field."""
Path = tuple[str | int, ...]
"""Where in the options a value stands: keys and positions."""

_SHOWN = 60
_MISSING = {"missing", "missing_argument", "missing_keyword_only_argument"}
_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}
_KINDS = {"tuple_type": "list", "dict_type": "mapping", "dataclass_type": "mapping of options"}
_TRUTHS = dict.fromkeys(["yes", "on", "y", "1", "true"], "true") | dict.fromkeys(
    ["no", "off", "n", "0", "false"], "false"
)


class OptionsError(Exception):
    """Everything that is wrong with the options of one place: (where in them, what) each."""

    def __init__(self, problems: list[tuple[Path, str]]) -> None:
        super().__init__(problems)
        self.problems = problems


def build(kind: Callable[..., T], given: Mapping[str, Yaml]) -> T:
    """An instance of the dataclass `kind` with the options `given`, the others at their defaults.

    Raises:
        OptionsError: an unknown or missing option, a wrong type, a value out of bounds, or a combination that the
            class itself refuses by a ValueError, or by a RecipeError for a package that is not installed.
    """
    try:
        text = json.dumps(given, ensure_ascii=False).encode()
        model = model_of(kind).model_validate_json(text)
    except UnicodeEncodeError:
        raise OptionsError([((), "a value holds characters that are not Unicode text.")]) from None
    except ValidationError as error:
        raise OptionsError(_problems(error, kind, given)) from None
    try:
        return kind(**{name: getattr(model, name) for name in given})
    except (ValueError, RecipeError) as error:
        raise OptionsError([((), f"{error}".rstrip(".") + ".")]) from None


@cache
def model_of(kind: OptionsClass) -> type[BaseModel]:
    """A strict pydantic model with the options of the dataclass `kind`; it also makes the JSON Schema.

    Strict and from JSON: lists become tuples and integers pass for floats; nothing else is converted.
    """
    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    made: dict[str, Any] = {}
    for name, annotation in option_types(kind).items():
        field = kind.__dataclass_fields__[name]
        default = ... if field.default is MISSING else field.default
        made[name] = (annotation, field.default_factory() if field.default_factory is not MISSING else default)
    return create_model(kind.__name__, __config__=config, **made)


def option_types(kind: OptionsClass) -> Mapping[str, Annotation]:
    """Option -> its annotation, in the order of the fields."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in fields(kind) if field.init}


def annotation_at(kind: OptionsClass, path: Path) -> Annotation:
    """The annotation of what stands at `path` in the options of `kind`; None where nothing can."""
    found = [kind]
    for key in path:
        found = [inner for outer in found for inner in _inside(outer, key)]
    return reduce(or_, found) if found else None


def alternatives(annotation: Annotation) -> list[Annotation]:
    """The members of a union without their bounds; the annotation itself where it is none."""
    if origin_of(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if origin_of(annotation) in {Union, UnionType}:
        return [inner for member in get_args(annotation) for inner in alternatives(member)]
    return [annotation]


def origin_of(annotation: Annotation) -> object:
    """`tuple` of `tuple[str, ...]`, `Literal` of `Literal["a"]`, and so on; None where there is none."""
    return get_origin(annotation)


def plain(options: Options) -> dict[str, Yaml]:
    """The options of an instance as JSON values, defaults written out."""
    values: dict[str, Yaml] = json.loads(json.dumps(asdict(options)))
    return {name: values[name] for name in option_types(type(options))}


def nearest(word: str, choices: list[str]) -> str:
    """` Did you mean 'X'?` where a choice is close, else nothing."""
    close = get_close_matches(word.lower().replace("-", "_"), choices, n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else ""


def shown(value: Yaml) -> str:
    """A value as a recipe writes it, cut at 60 characters."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _inside(annotation: Annotation, key: str | int) -> list[Annotation]:
    found = []
    for kind in alternatives(annotation):
        if is_dataclass(kind):
            found += [annotation for name, annotation in option_types(kind).items() if name == key]
        elif origin_of(kind) is tuple:
            found.append(get_args(kind)[0])
        elif origin_of(kind) in {dict, Mapping}:
            found.append(get_args(kind)[1])
    return found


def _problems(error: ValidationError, kind: OptionsClass, given: Mapping[str, Yaml]) -> list[tuple[Path, str]]:
    """One problem per place: pydantic reports each member of a union, and names it in the place."""
    found: dict[Path, list[ErrorDetails]] = {}
    for item in error.errors(include_url=False):
        found.setdefault(_place(item, given), []).append(item)
    around = {path[:n] for path in found for n in range(len(path))}
    return [(path, _sentence(kind, path, items)) for path, items in found.items() if path not in around]


def _place(item: ErrorDetails, given: Yaml) -> Path:
    """The place of an error without the names of union members."""
    path: list[str | int] = []
    value = given
    for step in item["loc"]:
        if isinstance(value, Mapping) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
        else:
            continue
        path.append(step)
    return (*path, item["loc"][-1]) if item["type"] in _MISSING else tuple(path)


def _sentence(kind: OptionsClass, path: Path, items: list[ErrorDetails]) -> str:
    name, value = _dotted(path), items[0]["input"]
    error = items[0]["type"]
    if error in _MISSING | _UNKNOWN:
        owners = alternatives(annotation_at(kind, path[:-1]))
        options = [option for owner in owners if is_dataclass(owner) for option in option_types(owner)]
        said = (
            f"needs option '{name}'." if error in _MISSING else f"no option '{name}'.{nearest(str(path[-1]), options)}"
        )
        return f"{said} Options: {', '.join(options)}."
    if items[0]["loc"][-1:] == ("[key]",):
        (owner,) = alternatives(annotation_at(kind, path[:-1]))
        options = [str(choice) for choice in get_args(get_args(owner)[0])]
        return f"no option '{name}'.{nearest(str(path[-1]), options)} Options: {', '.join(options)}."
    wanted = alternatives(annotation_at(kind, path))
    if error == "literal_error":
        choices = [str(choice) for one in wanted if origin_of(one) is Literal for choice in get_args(one)]
        return (
            f"'{name}' = {shown(value)}: no such choice.{nearest(str(value), choices)} Choices: {', '.join(choices)}."
        )
    first, *others = dict.fromkeys(_message(item) for item in items)
    said = " or ".join([first, *(other.removeprefix("Input should be ") for other in others)])
    right = _right(value, wanted) if error.endswith("_type") else ""
    return f"'{name}' = {shown(value)}: {said}.{right}"


def _message(item: ErrorDetails) -> str:
    if item["type"] in _KINDS:
        return f"Input should be a {_KINDS[item['type']]}"
    return item["msg"].removeprefix("Value error, ").rstrip(".")


def _right(value: Yaml, wanted: list[Annotation]) -> str:
    """The value that was probably meant, as a sentence, or nothing."""
    if isinstance(value, dict | list | NoneType):
        return ""
    if str in wanted and not isinstance(value, str):
        norwegian = " (Norwegian is a plain no)" if value is False else ""
        return f" Write it in quotes: '{shown(value)}'{norwegian}."
    if bool in wanted and str(value).lower() in _TRUTHS:
        return f" Write {_TRUTHS[str(value).lower()]}."
    if {int, float} & {*wanted} and not isinstance(value, bool):
        return _number(value, whole=float not in wanted)
    if any(origin_of(kind) is tuple for kind in wanted):
        return f" Write [{value if isinstance(value, str) else shown(value)}]."
    return ""


def _number(value: str | float, *, whole: bool) -> str:
    """` Write N.` where `value` reads as a number and is none, else nothing."""
    try:
        number = float(str(value).replace("_", ""))
    except ValueError:
        return ""
    if not math.isfinite(number):
        return ""
    wanted = str(int(number)) if number == int(number) else "" if whole else str(number)
    return f" Write {wanted}." if wanted else ""


def _dotted(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
