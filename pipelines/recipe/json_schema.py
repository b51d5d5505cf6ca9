"""The JSON Schema of recipes (draft 2020-12), for editors: completion, types, and the documentation of every option."""

import ast
import inspect
import re
import textwrap
from itertools import pairwise
from typing import Any

from crawlsieve.pipelines.cards.options import Card, Creator
from crawlsieve.pipelines.engines.options import ENGINES
from crawlsieve.pipelines.recipe.load import Header
from crawlsieve.pipelines.recipe.options import OptionsClass, model_of, option_types
from crawlsieve.pipelines.recipe.steps import STEPS, step_class
from crawlsieve.stages.read import Source

_SECTION = re.compile(r"^(Args|Attributes):\n((?:[ \t]+.*\n|\n)*)", re.MULTILINE)
_ENTRY = re.compile(r"^    (\w[\w, ]*):[ \n](.*(?:\n     .*)*)", re.MULTILINE)


def recipe_schema() -> dict[str, Any]:
    """The schema of a whole recipe."""
    definitions: dict[str, Any] = {}
    kinds = {key: step_class(key) for key in STEPS}
    entries = {key: _options(kind, f"step_{key}", definitions) for key, kind in kinds.items()}
    optional = [key for key in kinds if not definitions[f"step_{key}"].get("required")]
    head = _options(Header, "header", definitions)
    recipe = definitions.pop(head["$ref"].rpartition("/")[2])
    recipe["properties"]["source"] |= _options(Source, "source", definitions)
    for name in ("type", "additionalProperties"):
        recipe["properties"]["source"].pop(name, None)
    recipe["properties"]["card"] |= _options(Card, "card", definitions)
    _options(Creator, "card.Creator", definitions)
    for name in ("header.Card", "header.Creator"):
        definitions.pop(name)
    engines = {name: _options(kind, f"engine_{name}", definitions) for name, kind in ENGINES.items()}
    recipe["properties"]["engine"] |= {"type": "object", "properties": engines, "additionalProperties": False}
    recipe["properties"]["engine"].pop("$ref", None)
    steps = {
        key: {"description": summary(kinds[key]), "anyOf": [entry, {"type": "null"}]} if key in optional else entry
        for key, entry in entries.items()
    }
    recipe["properties"]["steps"]["items"] = {
        "anyOf": [
            {
                "type": "object",
                "properties": steps,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
            {"enum": optional, "description": "a step with its defaults"},
        ]
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "crawlsieve recipe",
        **recipe,
        "$defs": dict(sorted(definitions.items())),
    }


def option_docs(kind: OptionsClass) -> dict[str, str]:
    """Option -> what it means: from the sections `Args` or `Attributes` of the class, or from strings below fields."""
    docs: dict[str, str] = {}
    for _, body in _SECTION.findall(f"{inspect.getdoc(kind)}\n"):
        for names, text in _ENTRY.findall(body):
            docs |= dict.fromkeys(re.split(r",\s*", names), " ".join(text.split()))
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    statements = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, below in pairwise(statements):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            docs[ast.unparse(field.target)] = " ".join(str(below.value.value).split())
    return {name: docs[name] for name in option_types(kind) if name in docs}


def _options(kind: OptionsClass, name: str, definitions: dict[str, Any]) -> dict[str, str]:
    """Put the schema of a dataclass under `name` into `definitions`; a reference to it."""
    schema = model_of(kind).model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
    for inner, definition in schema.pop("$defs", {}).items():
        definitions[f"{name}.{inner}"] = _untitled(definition)
    docs = option_docs(kind)
    for option, described in _untitled(schema)["properties"].items():
        if option in docs:
            described["description"] = docs[option]
    definitions[name] = schema | {"description": summary(kind)}
    return {"$ref": f"#/$defs/{name}"}


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema` without the titles that pydantic derives from names."""
    schema.pop("title", None)
    for described in schema.get("properties", {}).values():
        described.pop("title", None)
    return schema


def summary(kind: OptionsClass) -> str:
    """The first paragraph of the class's documentation, on one line."""
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())
