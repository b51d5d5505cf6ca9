"""YAML as recipes use it: the core schema of YAML 1.2, every key once, text keys only.

YAML 1.1, which PyYAML speaks by default, reads `no` (Norwegian) as false, `10:30` as 630 and `010` as 8; editors read
YAML 1.2, and so do we.
"""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import yaml

from crawlsieve.stages.errors import RecipeError

Yaml: TypeAlias = Any
"""A value that YAML can hold."""

_PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], Yaml]], ...] = (
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    # Underscores only between groups of three: `200_000` is a number, the name `2025_26` is not.
    (re.compile(r"[-+]?(0|[1-9][0-9]{0,38}|[1-9][0-9]{0,2}(_[0-9]{3}){1,12})"), int),
    (re.compile(r"0x[0-9a-fA-F]{1,32}"), lambda text: int(text, 16)),
    (re.compile(r"0o[0-7]{1,43}"), lambda text: int(text, 8)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(\.[0-9]*)?(?=[eE]))([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda _: float("nan")),
)

_HINTS = {
    r"'\t'": " Indent with spaces, not with tabs.",
    "mapping values are not allowed": " Indent the keys of one mapping alike; quote a value that holds ': '.",
    "cannot start any token": " Quote a value that begins with a sign.",
}


def parse(text: str, where: str) -> Yaml:
    """The value of a YAML document.

    Args:
        text: the document.
        where: what messages call it.

    Raises:
        RecipeError: the text is no YAML, or uses a key twice, a tag, or a key that is not text; with line and column.
    """
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        return None if node is None else _value(node, where, ())
    except yaml.MarkedYAMLError as error:
        raise RecipeError(_syntax(error, where)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise RecipeError(f"{where} line {line}: the character #x{error.character:04x} is not allowed.") from None
    except RecursionError:
        raise RecipeError(f"{where}: nested too deeply for a recipe.") from None


def scalar(text: str) -> Yaml:
    """What a plain (unquoted) scalar means."""
    return next((read(text) for pattern, read in _PLAIN if pattern.fullmatch(text)), text)


def _value(node: yaml.Node, where: str, around: tuple[yaml.Node, ...]) -> Yaml:
    line = node.start_mark.line + 1
    if node in around:
        raise RecipeError(f"{where} line {line}: what the anchor here names contains itself.")
    if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.rpartition(":")[2] not in {"str", "seq", "map"}:
        raise RecipeError(f"{where} line {line}: tags ({node.tag}) are not used in recipes.")
    if isinstance(node, yaml.ScalarNode):
        return scalar(node.value) if node.style is None else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, where, (*around, node)) for item in node.value]
    return _mapping(node, where, (*around, node))


def _mapping(node: yaml.Node, where: str, around: tuple[yaml.Node, ...]) -> dict[str, Yaml]:
    values: dict[str, Yaml] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _value(key_node, where, around)
        if not isinstance(key, str):
            raise RecipeError(f"{where} line {line}: a key has to be text; write it in quotes if it looks otherwise.")
        if key in values:
            raise RecipeError(f"{where} line {line}: '{key}' is given twice; the first is in line {lines[key]}.")
        lines[key] = line
        values[key] = _value(value_node, where, around)
    return values


def _syntax(error: yaml.MarkedYAMLError, where: str) -> str:
    mark = error.problem_mark or error.context_mark
    place = f"{where} line {mark.line + 1}, column {mark.column + 1}" if mark else where
    problem = " ".join(part for part in (error.problem, error.context) if part)
    if error.problem == "but found another document":
        problem = "a recipe is one document, and a second one begins here"
    elif error.context_mark:
        problem += f" that begins in line {error.context_mark.line + 1}"
    hint = next((hint for sign, hint in _HINTS.items() if sign in problem), "")
    return f"{place}: {problem}.{hint}"
