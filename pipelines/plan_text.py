"""What `crawlsieve plan` prints: what will run, in which order, on how much. No document is read for it."""

import math
from collections import Counter
from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pyarrow as pa

from crawlsieve.dedup.bands import Bands
from crawlsieve.pipelines.engines.choice import engine_text
from crawlsieve.pipelines.engines.options import EngineOptions
from crawlsieve.pipelines.mixture.weighted.options import Mix
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.pipelines.recipe.options import shown
from crawlsieve.pipelines.recipe.parse import Yaml
from crawlsieve.schemas import tables
from crawlsieve.schemas.mix import MIXTURE
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.read import Input

FIRST_INPUTS = 5
_LAST = (("exact_duplicates", "exact"), ("near_duplicates", "near"), ("mix", "mix"))
"""Steps that are in no chain, in their order, and where the recipe has them."""
_WIDTH = 100


def plan_text(recipe: Recipe, inputs: Sequence[Input], state: str, engine: EngineOptions) -> str:
    """The plan of a run, for people.

    Args:
        recipe: as loaded.
        inputs: what the survey found.
        state: what stands at the output.
        engine: who would run it.
    """
    parts = [_head(recipe, state), _inputs(inputs), _steps(recipe), _tables(recipe), _passes(recipe, inputs, engine)]
    return "\n\n".join(parts) + "\n"


def size_text(size: int) -> str:
    """Bytes in the unit (of 1,000) that leaves one to three digits: 1.2 MB."""
    if size < 1000:
        return f"{size} bytes"
    number = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        number /= 1000
        if number < 999.95:
            return f"{number:.1f} {unit}"
    return f"{number / 1000:,.1f} PB"


def _head(recipe: Recipe, state: str) -> str:
    return "\n".join(
        [
            f"recipe  {recipe.path}: {recipe.name}, seed {recipe.seed}",
            f"output  {recipe.output} ({state})",
        ]
    )


def _inputs(inputs: Sequence[Input]) -> str:
    known = sum(item.size or 0 for item in inputs)
    total = size_text(known) if all(item.size is not None for item in inputs) else f"at least {size_text(known)}"
    formats = Counter(item.format for item in inputs)
    told = ", ".join(f"{count} {name}" for name, count in sorted(formats.items()))
    lines = [f"inputs  {len(inputs)} ({told}), {total}"]
    for item in inputs[:FIRST_INPUTS]:
        size = "size unknown" if item.size is None else size_text(item.size)
        lines.append(f"  {item.path}  {item.format}, {size}")
    if len(inputs) > FIRST_INPUTS:
        lines.append(f"  ... and {len(inputs) - FIRST_INPUTS} more")
    return "\n".join(lines)


def _steps(recipe: Recipe) -> str:
    if not recipe.options["steps"]:
        return "steps\n  none"
    lines = ["steps"]
    names = [name for name, _ in recipe.chain]
    names += [name for name, field in _LAST if getattr(recipe, field)]
    for number, (name, entry) in enumerate(zip(names, recipe.options["steps"], strict=True), 1):
        (options,) = entry.values()
        lines.append(_wrapped(f"  {number}. {name}: ", ", ".join(_option(*item) for item in options.items()), 8))
        if number <= len(recipe.chain):
            adds = recipe.chain[number - 1].step.adds
            lines += [_wrapped("     adds ", ", ".join(_column(field) for field in adds), 10)] if adds.names else []
    return "\n".join(lines)


def _tables(recipe: Recipe) -> str:
    signals = [field for _, step in recipe.chain for field in step.adds]
    kept = [
        ("documents", tables.DOCUMENTS),
        ("rejected", tables.REJECTED),
        ("duplicates", tables.DUPLICATES),
        ("failed", tables.FAILED),
        *([("mixture", MIXTURE)] if recipe.mix else []),
    ]
    lines = [f"tables  (keep_rejected: {recipe.keep_rejected})"]
    lines += [_wrapped(f"  {name}: ", ", ".join(schema.names), 8) for name, schema in kept]
    head = ", ".join(tables.SIGNALS_HEAD.names)
    lines.append(_wrapped("  signals: ", f"{head}, and the {len(signals)} columns that the steps add", 8))
    return "\n".join(lines)


def _passes(recipe: Recipe, inputs: Sequence[Input], engine: EngineOptions) -> str:
    keys = ["same records", *(f"equal {key}" for key in (recipe.exact.by if recipe.exact else ()))]
    if recipe.near and recipe.near.history:
        keys.append(f"published before ({recipe.near.history})")
    if recipe.near:
        keys.append(f"near-duplicates ({_near(recipe.near)})")
    return "\n".join(
        [
            f"passes  ({engine_text(engine)})",
            f"  1. curate: one task an input, {len(inputs)} in all; each reads its input once",
            f"  2. decide: {', then '.join(keys)}; keys only, no text",
            f"  3. publish: one task an output file{'' if recipe.mix else ', then the manifest'}",
            *(_mix(recipe.mix) if recipe.mix else ()),
            *(_curve(recipe.near.banding) if recipe.near else ()),
        ]
    )


def _mix(mix: Mix) -> list[str]:
    """What a mixture is made of, and how."""
    weights = mix.weighted()
    largest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:FIRST_INPUTS]
    more = ", ..." if len(weights) > len(largest) else ""
    told = ", ".join(f"{name} {weight:.4g}" for name, weight in largest)
    unit = f"{mix.unit} ({mix.tokenizer})" if mix.tokenizer else mix.unit
    limit = "any number of epochs" if mix.max_epochs is None else f"at most {mix.max_epochs:g} epochs"
    return [
        f"  4. mix: {mix.tokens:,} {unit} of {len(weights)} domains by {mix.domain} ({told}{more}), {limit};",
        *_least(mix, dict(largest)),
        "     measure, cut the last epochs, stage copies, one task an output file, then the manifest",
    ]


def _least(mix: Mix, weights: dict[str, float]) -> list[str]:
    """How much there has to be of the documents that are kept, for these domains not to be repeated too often."""
    if mix.max_epochs is None:
        return []
    least = {name: math.ceil(weight * mix.tokens / mix.max_epochs) for name, weight in weights.items()}
    told = ", ".join(f"{name} {size:,}" for name, size in least.items())
    whole = math.ceil(mix.tokens / mix.max_epochs)
    return [f"     for that, documents have to have at least {whole:,} {mix.unit} ({told});"]


def _near(near: NearDuplicates) -> str:
    layout = near.banding
    return f"{near.method}, {layout.bands} bands of {layout.rows}, {near.ngram} {near.unit} a shingle"


def _curve(layout: Bands) -> list[str]:
    """How likely a pair is to share a band, by its Jaccard similarity."""
    similarities = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
    chances = layout.s_curve(np.array(similarities))
    found = ", ".join(
        f"{chance:.1%} at {similarity:g}" for similarity, chance in zip(similarities, chances, strict=True)
    )
    return [f"near-duplicates found, by Jaccard similarity: {found}"]


def _option(name: str, value: Yaml) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        listed = f"[{', '.join(value)}]"
        return f"{name}: {listed if len(listed) <= _WIDTH else f'{len(value)} values, the first {value[0]}'}"
    return f"{name}: {value if isinstance(value, str) and value else shown(value)}"


def _column(field: pa.Field) -> str:
    unit = (field.metadata or {}).get(b"unit", b"").decode()
    return f"{field.name} ({field.type}{f', {unit}' if unit else ''})"


def _wrapped(label: str, text: str, indent: int) -> str:
    return (
        fill(label + text, _WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
        if text
        else label.rstrip(": ")
    )
