"""What two manifests say: recipes, versions, inputs, and how many documents each step leaves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawlsieve.pipelines.recipe.step_names import step_names
from crawlsieve.pipelines.report.overview import stages

ABSENT = "(not there)"
"""In place of an option or a version that one of the two has not."""
_EXAMPLES = 5
_NOT_COMPARED = {"output", "name"}
"""Options that say what a run is called, not what it does."""


@dataclass(frozen=True)
class Change:
    """An option, a package, a model: what A has and what B has, or ABSENT."""

    path: str
    a: Any
    b: Any


@dataclass(frozen=True)
class Inputs:
    """The inputs of both runs, told apart by the hash of what was read, or by path, size and version.

    Attributes:
        same: inputs of both.
        other_content: paths of both under which something else was read.
        only_a, only_b: inputs of one alone.
        examples_a, examples_b: the first paths of those.
    """

    same: int
    other_content: int
    only_a: int
    only_b: int
    examples_a: tuple[str, ...]
    examples_b: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """What is left after a step, in documents and UTF-8 bytes; None where there is no such step, or nobody counted."""

    name: str
    a_documents: int | None
    b_documents: int | None
    a_share: float | None
    b_share: float | None
    a_bytes: int | None
    b_bytes: int | None


def recipe_changes(a: dict[str, Any], b: dict[str, Any]) -> tuple[Change, ...]:
    """Options that differ, by path as `--set` has it.

    A step that one recipe alone has is one change; `steps` are told, too, if those of both stand in another order.
    """
    names = [step_names(manifest["recipe"].get("steps", [])) for manifest in (a, b)]
    common = {*names[0]} & {*names[1]}
    one, other = (dict(_options(manifest["recipe"], common)) for manifest in (a, b))
    orders = [[name for name in each if name in common] for each in names]
    if orders[0] != orders[1]:
        one["steps"], other["steps"] = names
    return _changes(one, other)


def version_changes(a: dict[str, Any], b: dict[str, Any]) -> tuple[Change, ...]:
    """Versions of crawlsieve and packages, hashes of models and lists, and the history, where they differ."""
    return _changes(*(_versions(manifest) for manifest in (a, b)))


def input_changes(a: dict[str, Any], b: dict[str, Any]) -> Inputs:
    """Which inputs are the same."""
    one, other = ([(_fingerprint(item), item["path"]) for item in found.get("inputs", [])] for found in (a, b))
    known = [{fingerprint for fingerprint, _ in listed} for listed in (one, other)]
    left = [path for fingerprint, path in one if fingerprint not in known[1]]
    right = [path for fingerprint, path in other if fingerprint not in known[0]]
    changed = {*left} & {*right}
    only = [sorted(path for path in paths if path not in changed) for paths in (left, right)]
    return Inputs(
        len(one) - len(left), len(changed), len(only[0]), len(only[1]),
        tuple(only[0][:_EXAMPLES]), tuple(only[1][:_EXAMPLES]),
    )  # fmt: skip


def funnel(a: dict[str, Any], b: dict[str, Any]) -> tuple[Stage, ...]:
    """The steps of both, in order, one of the same name beside the other."""
    one, other = ({row["name"]: row for row in _stages(manifest)} for manifest in (a, b))
    names = [*one]
    before = -1
    for name in other:
        if name not in one:
            names.insert(before + 1, name)
        before = names.index(name)
    return tuple(
        Stage(
            name,
            *(rows.get(name, {}).get("documents") for rows in (one, other)),
            *(_share(rows, name) for rows in (one, other)),
            *(rows.get(name, {}).get("bytes") for rows in (one, other)),
        )
        for name in names
    )


def _stages(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return stages(manifest) if manifest.get("balance") else []


def _share(rows: dict[str, dict[str, Any]], name: str) -> float | None:
    first = next(iter(rows.values()), {}).get("documents")
    return rows[name]["documents"] / first if name in rows and first else None


def _options(recipe: dict[str, Any], common: set[str]) -> Iterator[tuple[str, Any]]:
    """(path, value) of every option that says what a run does; of a step that is not in `common`, all in one."""
    for name, value in recipe.items():
        if name == "steps":
            for step, given in zip(step_names(value), value, strict=True):
                (options,) = given.values()
                yield from _flat(f"steps.{step}", options) if step in common else ((f"steps.{step}", options),)
        elif name not in _NOT_COMPARED:
            yield from _flat(name, value)


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{path}.{name}", inner)
    else:
        yield path, value


def _versions(manifest: dict[str, Any]) -> dict[str, Any]:
    found = {"crawlsieve": manifest["crawlsieve"], **manifest.get("packages", {}), **manifest.get("files_read", {})}
    if manifest.get("history"):
        found |= dict(_flat("history", manifest["history"]))
    return found


def _changes(one: dict[str, Any], other: dict[str, Any]) -> tuple[Change, ...]:
    return tuple(
        Change(path, one.get(path, ABSENT), other.get(path, ABSENT))
        for path in dict.fromkeys([*one, *other])
        if one.get(path, ABSENT) != other.get(path, ABSENT)
    )


def _fingerprint(item: dict[str, Any]) -> tuple[Any, ...]:
    if item.get("sha256"):
        return (item["sha256"],)
    return item["path"], item.get("size"), item.get("version")
