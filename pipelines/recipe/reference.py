"""The tables of `docs/reference/recipe.md`, made from the dataclasses, so that they cannot lag behind.

`python -m crawlsieve.pipelines.recipe.reference docs/reference/recipe.md` rewrites them in place.
"""

import sys
from pathlib import Path

from crawlsieve.pipelines.cards.options import Card, Creator
from crawlsieve.pipelines.engines.options import ENGINES
from crawlsieve.pipelines.recipe.json_schema import option_docs, summary
from crawlsieve.pipelines.recipe.load import Header
from crawlsieve.pipelines.recipe.options import OptionsClass, model_of, shown
from crawlsieve.pipelines.recipe.parse import Yaml
from crawlsieve.pipelines.recipe.steps import STEPS, step_class
from crawlsieve.stages.read import Source

BEGIN, END = "<!-- made from the code: begin -->", "<!-- made from the code: end -->"


def reference() -> str:
    """Every option of the top level, the source, the engines and the steps: type, default and meaning, as Markdown."""
    kinds: dict[str, OptionsClass] = {"Top level": Header, "source": Source}
    kinds |= {"card": Card, "card: creators": Creator}
    kinds |= {f"engine: {name}": kind for name, kind in ENGINES.items()}
    kinds |= {key: step_class(key) for key in STEPS}
    return "\n\n".join(_section(name, kind) for name, kind in kinds.items())


def refreshed(page: str) -> str:
    """A page with what stands between the two marks replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


def rewrite(path: str) -> None:
    """Refresh the page at `path`."""
    page = Path(path)
    page.write_text(refreshed(page.read_text("utf-8")), "utf-8")


def _section(name: str, kind: OptionsClass) -> str:
    schema = model_of(kind).model_json_schema()
    docs = option_docs(kind)
    rows = [
        f"| `{option}` | {_type(described, schema)} | {_default(option, schema)} | {docs.get(option, '')} |"
        for option, described in schema["properties"].items()
    ]
    title = f"### {name}" if kind is Header else f"### `{name}`"
    return "\n".join(
        [title, "", summary(kind), "", "| option | type | default | meaning |", "|---|---|---|---|", *rows]
    )


def _default(option: str, schema: dict[str, Yaml]) -> str:
    if option in schema.get("required", []):
        return "required"
    return f"`{shown(schema['properties'][option].get('default', {}))}`"


def _type(described: dict[str, Yaml], schema: dict[str, Yaml]) -> str:
    """A type in words, with its bounds."""
    if "$ref" in described:
        inner = schema["$defs"][described["$ref"].rpartition("/")[2]]
        return f"options {', '.join(f'`{name}`' for name in inner['properties'])}"
    if "anyOf" in described:
        return " or ".join(_type(member, schema) for member in described["anyOf"])
    if "enum" in described or "const" in described:
        return ", ".join(f"`{choice}`" for choice in described.get("enum", [described.get("const")]))
    kind = str(described.get("type", "any"))
    if kind == "array":
        return f"list of {_type(described['items'], schema)}"
    if kind == "object":
        keys, values = described.get("propertyNames", {"type": "string"}), described.get("additionalProperties")
        return f"mapping of {_type(keys, schema)} to {_type(values, schema)}" if isinstance(values, dict) else "mapping"
    bounds = [f"{sign} {described[name]}" for name, sign in _BOUNDS.items() if name in described]
    return " ".join([_WORDS.get(kind, kind), ", ".join(bounds)]).rstrip()


_WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false"}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


if __name__ == "__main__":
    rewrite(sys.argv[1])
