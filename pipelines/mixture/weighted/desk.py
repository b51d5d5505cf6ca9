"""What can be known of a recipe's domains before a document is read, and held against the weights."""

from collections.abc import Sequence
from itertools import product

import pyarrow as pa

from crawlsieve.pipelines.mixture.weighted.weights import names_problem
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.schemas.tables import DOCUMENTS
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.fasttext_model import model_labels, model_path
from crawlsieve.stages.language import Language
from crawlsieve.stages.mix.documents import ROW
from crawlsieve.stages.mix.domain import Domain
from crawlsieve.stages.read import Input

MOST_TRIED = 65_536
"""Combinations of values for which an expression is evaluated; beyond that, nothing is known."""

_ADDED = ("language", "language_score", "script", "word_count", "token_count")
"""Columns of documents that are null unless a step adds them."""


def weights_problem(recipe: Recipe, inputs: Sequence[Input]) -> str:
    """Why the weights of the step `mix` cannot fit the domains; empty if they can, or if there is no such step.

    Domains are known where the expression reads columns alone whose values are: the path of the input, the language
    that a step keeps, and what no step adds, which is null; or where it is a CASE between texts.

    Args:
        recipe: whose steps were checked.
        inputs: what the survey found.
    """
    mix = recipe.mix
    if mix is None:
        return ""
    try:
        found, all_of_them = _domains(Domain(mix.domain), recipe, inputs)
    except RecipeError as error:
        return str(error)
    problem = "" if found is None else names_problem(mix.weighted(), found, every=all_of_them)
    empty = next((name for name in Domain(mix.domain).columns(DOCUMENTS) if _unset(name, recipe)), None)
    return f"{problem} No step adds '{empty}', which is null for all documents then." if problem and empty else problem


def _domains(domain: Domain, recipe: Recipe, inputs: Sequence[Input]) -> tuple[set[str] | None, bool]:
    """The domains that there can be, if that is known; and whether each of them is to be expected."""
    columns = domain.columns(DOCUMENTS)
    values = [_values(name, recipe, inputs) for name in columns]
    known = [value for value in values if value is not None]
    tried = list(product(*known)) if len(known) == len(values) and _combinations(known) <= MOST_TRIED else []
    if not tried:
        said = domain.answers(DOCUMENTS)
        return (None if said is None else {*said}), True
    held = zip(columns, zip(*tried, strict=True), strict=True)
    arrays = [pa.array(some, DOCUMENTS.field(name).type) for name, some in held]
    with domain.evaluating() as domain_of:
        found = domain_of(pa.Table.from_arrays([pa.array(range(len(tried))), *arrays], names=[ROW, *columns]))
    labels = any(isinstance(step, Language) and not step.keep for _, step in recipe.chain)
    return {*found.to_pylist()}, len(columns) <= 1 and not (labels and "language" in columns)


def _values(column: str, recipe: Recipe, inputs: Sequence[Input]) -> list[str | None] | None:
    """What a column of documents can hold; None where nobody knows."""
    if column == "source_path":
        return [item.path for item in inputs]
    if _unset(column, recipe):
        return [None]
    if column == "language":
        step = next((step for _, step in recipe.chain if isinstance(step, Language)), None)
        if step is not None:
            return [*step.keep] or [*model_labels(model_path(step.model)), None]
    return None


def _unset(column: str, recipe: Recipe) -> bool:
    """Whether a column is null for every document, because no step adds it."""
    return column in _ADDED and not any(column in step.adds.names for _, step in recipe.chain)


def _combinations(values: Sequence[Sequence[object]]) -> int:
    count = 1
    for some in values:
        count *= len(some)
    return count
