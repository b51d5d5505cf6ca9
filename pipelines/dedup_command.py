"""`crawlsieve dedup`: the recipe of somebody who has texts already and only wants no copies among them."""

import glob
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.columns import who_adds
from crawlsieve.pipelines.recipe.load import Recipe, from_mapping
from crawlsieve.pipelines.recipe.options import nearest, plain
from crawlsieve.pipelines.recipe.parse import parse, scalar
from crawlsieve.pipelines.standing import opened, standing_manifest
from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.errors import CrawlsieveError, RecipeError, SourceError
from crawlsieve.stages.files import join
from crawlsieve.stages.read import Input, Source
from crawlsieve.stages.read.formats import named_format
from crawlsieve.stages.read.framing import Unreadable
from crawlsieve.stages.read.jsonl import lines
from crawlsieve.stages.read.places import failures, is_http, local, protocol
from crawlsieve.stages.read.stored import Stored
from crawlsieve.stages.read.unpack import Unpacking, codec_of

PLACE = "crawlsieve dedup"
"""What messages call the recipe, which is in no file."""

NONE = "none"
"""Instead of keys or a method: without that step."""

_LINES_TRIED = 100
_KEYS = ("url", "text")


@dataclass(frozen=True)
class Wanted:
    """The options of the command.

    Attributes:
        paths: files, globs, lists, or output folders of runs, whose documents are then read.
        output: the run directory to write.
        by: keys of exact duplicates, separated by commas, or `none`.
        method: of near-duplicates, or `none`.
        near: further options of `near_duplicates`, as the recipe calls them; None where the step's default holds.
        verify: a number, or a measure and a number, `exact:0.8`.
        priority: columns of the total order, separated by commas.
        seed: of the recipe.
        keep_text: whether the texts of removed documents are kept, for an audit.
    """

    paths: tuple[str, ...]
    output: str
    by: str = "url,text"
    method: str = "minhash_lsh"
    near: Mapping[str, Any] = field(default_factory=dict)
    verify: str | None = None
    priority: str | None = None
    seed: int = 0
    keep_text: bool = False


def recipe_of(wanted: Wanted, changes: dict[str, str] | None = None) -> Recipe:
    """The recipe of the command, checked as one in a file is.

    Args:
        wanted: the options.
        changes: as of `load`, applied last.

    Raises:
        RecipeError: an option is wrong.
        CrawlsieveError: a run among the paths is not finished, or has no documents.
    """
    return from_mapping(mapping_of(wanted), PLACE, changes)


def mapping_of(wanted: Wanted) -> dict[str, Any]:
    """The recipe as its file would have it."""
    priority = _listed(wanted.priority or "")
    ordered = {"priority": priority} if priority else {}
    steps: list[dict[str, Any]] = _adding(priority)
    if wanted.by != NONE:
        steps.append({"exact_duplicates": {"by": _keys(wanted.by)} | ordered})
    if wanted.method != NONE:
        given = {name: value for name, value in wanted.near.items() if value is not None}
        verified = {} if wanted.verify is None else {"verify": _verify(wanted.verify)}
        steps.append({"near_duplicates": {"method": wanted.method, **given, **verified, **ordered}})
    return {
        "name": named_after("dedup", wanted.paths[0]),
        "seed": wanted.seed,
        "source": {"paths": [documents_of(path) for path in wanted.paths]},
        "output": wanted.output,
        **({"keep_rejected": "text"} if wanted.keep_text else {}),
        "steps": steps,
    }


def recipe_text(recipe: Recipe) -> str:
    """The recipe as a file of its own, which `crawlsieve run` takes; defaults of its steps are written out."""
    options = recipe.options
    usual = plain(Source(paths=()))
    source = {name: value for name, value in options["source"].items() if value != usual[name]}
    head = {name: options[name] for name in ("name", "seed", "output", "keep_rejected")}
    shown = yaml.safe_dump({**head, "source": source}, sort_keys=False, allow_unicode=True, width=100)
    # JSON is YAML: a step a line, whatever its options hold.
    steps = [
        f"- {key}: {json.dumps(value, ensure_ascii=False)}" for step in options["steps"] for key, value in step.items()
    ]
    return shown + "\n".join(["steps:", *steps]) + "\n"


def checked(recipe: Recipe) -> tuple[Input, ...]:
    """`check`, and that the first of the JSONL inputs has texts where the recipe looks for them, as Parquet has to.

    Raises:
        RecipeError: as `check`.
        SourceError: not one of the first lines has that field; names those that there are.
    """
    inputs = check(recipe)
    _check_lines(recipe.source, inputs)
    return inputs


def _check_lines(source: Source, inputs: Sequence[Input]) -> None:
    first = next((item for item in inputs if item.format == "jsonl" and item.size), None)
    if first is None:
        return
    name, there = source.column("text"), _fields(first, source)
    if there and name not in there:
        raise SourceError(
            f"{first.path} has no field '{name}'.{nearest(name, there)} It has: {', '.join(there)}. "
            "Name the one with the text: --set source.columns.text=NAME"
        )


def _fields(item: Input, source: Source) -> list[str]:
    """Names of the fields of the first lines, in the order in which they come."""
    found: dict[str, None] = {}
    with Stored(item, source) as stored:
        unpacking = Unpacking(stored, codec_of(item.path.lower(), stored.peek()), None)
        for _, line in zip(range(_LINES_TRIED), lines(unpacking, source.max_record_bytes), strict=False):
            if isinstance(line, Unreadable) or line.content is None:
                break
            try:
                fields = json.loads(line.content.decode("utf-8-sig", "replace"))
            except (ValueError, RecursionError):
                continue  # costs one row later, and says so
            found |= dict.fromkeys(fields if isinstance(fields, dict) else ())
    return list(found)


def documents_of(path: str) -> str:
    """The path itself; of a run directory, all its documents.

    Raises:
        CrawlsieveError: the run is not finished, or has none.
    """
    here = local(path)
    pattern = any(mark in path for mark in "*?[") and not (here is not None and here.is_dir())
    if is_http(path) or named_format(path) is not None or pattern:
        return path
    try:
        system, place = opened(path)
        manifest = standing_manifest(path) if system.isdir(place) else None
        begun = system.exists(join(place, "_work"))
    except failures(protocol(path)):
        return path  # the survey tries again, and says what is wrong
    if manifest is None:
        if begun:
            raise CrawlsieveError(f"{path}: the run is not finished. `crawlsieve run` with its recipe goes on with it.")
        return path
    if not manifest.get("balance", {}).get("documents"):
        raise CrawlsieveError(f"{path}: the run kept no documents.")
    return join(glob.escape(path), "documents", "*.parquet")


def named_after(command: str, path: str) -> str:
    """What a run is called: after its first path, so that another one does not go on in the same folder."""
    for part in reversed(re.split(r"[/\\]", path.partition("://")[2] or path)):
        stem = re.sub(r"(\.(jsonl|ndjson|json|parquet|paths|gz|zst|zstd|txt))+$", "", part)
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")
        if plain:
            return f"{command}-{plain}"[:100]
    return command


def _adding(priority: list[str]) -> list[dict[str, Any]]:
    """Steps that add the columns of the order, where a step does. What no step adds is the recipe's error to tell."""
    found: dict[str, None] = {}
    for name in priority:
        column = name.removeprefix("-")
        step = "" if column in RECORD.names else who_adds(column)
        found |= {step: None} if step else {}
    return [parse(f"{{{step}}}" if ":" in step else f"{{{step}: {{}}}}", PLACE) for step in found]


def _keys(by: str) -> list[str]:
    found = _listed(by)
    wrong = next((key for key in found if key not in _KEYS), None)
    if wrong is not None or not found:
        raise RecipeError(
            f"--by {by}: no key '{wrong or by}'.{nearest(wrong or by, list(_KEYS))} Keys: {', '.join(_KEYS)};"
            f" '{NONE}' for near-duplicates only."
        )
    return found


def _verify(given: str) -> Any:  # noqa: ANN401 - a number, or a mapping
    measure, colon, bound = given.rpartition(":")
    return {"measure": measure, "at_least": scalar(bound)} if colon else scalar(given)


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
