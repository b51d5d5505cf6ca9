"""Weights of domains: read from YAML or CSV, and held against what there is of each domain."""

import csv
import io
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import fsspec

from crawlsieve.dedup.quotas import Portion, portion, quota_of
from crawlsieve.pipelines.recipe.options import nearest, shown
from crawlsieve.pipelines.recipe.parse import parse
from crawlsieve.stages.errors import CrawlsieveError, RecipeError
from crawlsieve.stages.mix.domain import NULL
from crawlsieve.stages.read.places import failures, protocol

TOLERANCE = 1e-6
"""How far from 1 the sum of weights may be."""

_LISTED = 10
_LEAVE_OUT = "Write weight 0 for what is to be left out."


@dataclass(frozen=True)
class DomainSize:
    """What there is of a domain: documents, those of them whose size is unknown, size in the unit, bytes of text."""

    documents: int
    unsized: int
    size: int
    bytes: int


def read_weights(path: str) -> dict[str, float]:
    """The weights in a file: YAML `domain: weight`, alone or under `weights`; or CSV with columns domain and weight.

    Raises:
        RecipeError: it is missing, or has no weights.
    """
    try:
        with fsspec.open(path, "rb") as file:
            text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecipeError(f"weights: '{path}' is no UTF-8 text (byte {error.start})") from None
    except (ImportError, ValueError) as error:  # the address of no file system that is here
        raise RecipeError(f"weights: '{path}' cannot be read: {error}") from None
    except failures(protocol(path)) as error:
        raise RecipeError(f"weights: '{path}' cannot be read: {getattr(error, 'strerror', '') or error}") from None
    given = _csv(text, path) if path.lower().endswith(".csv") else parse(text, path)
    if isinstance(given, dict) and isinstance(given.get("weights"), dict):
        given = given["weights"]
    if not isinstance(given, dict):
        raise RecipeError(f"{path}: weights are a mapping, `domain: weight`; this is {shown(given)}")
    try:
        return checked_weights(given, path)
    except ValueError as error:
        raise RecipeError(f"{error}") from None


def checked_weights(given: Mapping[str, Any], where: str) -> dict[str, float]:
    """The weights, if they are numbers of 0 or more with the sum 1.

    Raises:
        ValueError: they are not; says which, and the sum.
    """
    if not given:
        raise ValueError(f"{where}: there is no weight")
    for name, value in given.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < math.inf:
            raise ValueError(f"{where}: the weight of {shown(name)} is {shown(value)}; a weight is a number, 0 or more")
    total = math.fsum(given.values())
    if abs(total - 1) > TOLERANCE:
        raise ValueError(f"{where}: the {len(given)} weights sum to {total:.9g}, not to 1")
    return {name: float(value) for name, value in given.items()}


def portions(
    weights: Mapping[str, float], there: Mapping[str, DomainSize], asked: tuple[int, str], max_epochs: float | None
) -> dict[str, Portion]:
    """What a mixture takes of each domain that has a weight.

    Args:
        weights: domain -> weight.
        there: what there is of each domain.
        asked: size of the mixture, and its unit.
        max_epochs: how often a domain may be repeated; None for no limit.

    Raises:
        CrawlsieveError: domains and weights do not fit together, sizes are unknown, or the mixture needs more
            repetition than is allowed.
    """
    _check_names(weights, there)
    wanted = [size for name, size in there.items() if weights[name] > 0]
    unsized = sum(size.unsized for size in wanted)
    if unsized:
        documents = sum(size.documents for size in wanted)
        raise CrawlsieveError(
            f"{unsized:,} of {documents:,} documents have no token_count, which the unit tokens needs: name a "
            "tokenizer, or count bytes"
        )
    quotas = {name: quota_of(weight, asked[0]) for name, weight in weights.items()}
    empty = [name for name, quota in quotas.items() if quota and there[name].size == 0]
    if empty:
        raise CrawlsieveError(f"weights: {_names(empty)} have documents without any text, but a weight above 0")
    if max_epochs is not None:
        _check_epochs(quotas, there, max_epochs, asked)
    return {name: portion(quota, there[name].size if name in there else 0) for name, quota in quotas.items()}


def names_problem(weights: Mapping[str, float], there: Collection[str], *, every: bool) -> str:
    """Why weights cannot fit the domains that there can be; empty if they can.

    Args:
        weights: domain -> weight.
        there: names of domains; there are no others.
        every: whether there may be documents of each of them, so that each needs a weight.
    """
    problems = []
    absent = [name for name, weight in weights.items() if weight > 0 and name not in there]
    if absent:
        hint = nearest(absent[0], sorted({*there} - weights.keys()))
        share = math.fsum(weights[name] for name in absent)
        problems.append(f"{_names(absent)}: weight {share:.6g}, but there can be no document.{hint}")
    extra = [name for name in sorted(there) if name not in weights]
    if extra and every:
        problems.append(f"{_names(extra)}: there may be documents, but no weight. {_LEAVE_OUT}")
    return f"weights and domains do not fit. {' '.join(problems)}" if problems else ""


def _check_names(weights: Mapping[str, float], there: Mapping[str, DomainSize]) -> None:
    problems = []
    absent = [name for name, weight in weights.items() if weight > 0 and name not in there]
    if absent:
        hint = nearest(absent[0], list(there.keys() - weights.keys()))
        share = math.fsum(weights[name] for name in absent)
        problems.append(f"{_names(absent)}: weight {share:.6g}, but no document.{hint}")
    extra = [name for name in sorted(there) if name not in weights]
    if extra:
        documents, size = (sum(getattr(there[name], what) for name in extra) for what in ("documents", "bytes"))
        null = " ('null' are those for which the expression is null)" if NULL in extra else ""
        problems.append(f"{_names(extra)}: {documents:,} documents ({size:,} bytes), but no weight{null}. {_LEAVE_OUT}")
    if problems:
        raise CrawlsieveError("weights and domains do not fit. " + " ".join(problems))


def _check_epochs(
    quotas: Mapping[str, int], there: Mapping[str, DomainSize], most: float, asked: tuple[int, str]
) -> None:
    total, unit = asked
    over = {
        name: quota / there[name].size for name, quota in quotas.items() if quota and quota / there[name].size > most
    }
    if not over:
        return
    worst = max(over, key=lambda name: (over[name], name))
    reach = int(total * most / over[worst])
    told = "; ".join(
        f"{shown(name)} {epochs:.2f} epochs ({quotas[name]:,} of {there[name].size:,} {unit})"
        for name, epochs in sorted(over.items(), key=lambda pair: -pair[1])[:_LISTED]
    )
    raise CrawlsieveError(
        f"{total:,} {unit} repeat {len(over)} of {len(quotas)} domains more than max_epochs {most:g} allows: {told}. "
        f"With these weights {reach:,} {unit} are most; or give these domains less weight, or raise max_epochs."
    )


def _names(names: list[str]) -> str:
    listed = ", ".join(shown(name) for name in names[:_LISTED])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{'domain' if len(names) == 1 else 'domains'} {listed}{more}"


def _csv(text: str, path: str) -> dict[str, Any]:
    reader, found = csv.DictReader(io.StringIO(text, newline="")), dict[str, Any]()
    try:
        for row in reader:
            where = f"{path} line {reader.line_num}"
            name, value = row.get("domain"), row.get("weight")
            if name is None or value is None:
                break
            if name in found:
                raise RecipeError(f"{where}: domain {shown(name)} is given twice")
            found[name] = _number(value, where)
        else:
            if found:
                return found
    except csv.Error as error:
        raise RecipeError(f"{path} line {reader.line_num}: {error}") from None
    raise RecipeError(f"{path}: a CSV of weights has a line `domain,weight`, then a line for each domain")


def _number(value: str, where: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise RecipeError(f"{where}: weight {shown(value)} is no number") from None
