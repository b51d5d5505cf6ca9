"""Which generation of a history a run is checked against: chosen once, when it starts, and then its own."""

from collections.abc import Sequence
from dataclasses import asdict

from crawlsieve.pipelines.index.write import inputs_of
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.pipelines.standing import standing_state
from crawlsieve.stages.errors import CrawlsieveError, RecipeError
from crawlsieve.stages.history.head import HistoryError
from crawlsieve.stages.history.index import Generation, differences, open_index
from crawlsieve.stages.read import Input


def history_problem(recipe: Recipe) -> str:
    """Why the history that a recipe names cannot be asked; empty if it can, or if it names none."""
    near = recipe.near
    if near is None or near.history is None:
        return ""
    try:
        generation, _ = open_index(near.history)
    except CrawlsieveError as error:
        return str(error)
    wrong = differences(generation.made.keys.describe(), near.describe(), ("the index", "this recipe"))
    if not wrong:
        return ""
    return f"the history '{near.history}' holds keys of another kind: {'; '.join(wrong)}."


def pinned(recipe: Recipe, inputs: Sequence[Input], against: str | None) -> Generation | None:
    """The generation of a run: the one that the user names, else that with which it began, else the present one.

    Args:
        recipe: checked.
        inputs: of the run.
        against: `gen-K`, if the user names one.

    Raises:
        RecipeError: a generation is named, and the recipe has no history; or the history is of other parameters.
        HistoryError: no such index or generation, or it is damaged; or the present one holds this very run, which
            would find all of its documents there.
    """
    address = recipe.near.history if recipe.near else None
    if address is None:
        if against is not None:
            raise RecipeError(f"{recipe.path}: --against {against} needs `near_duplicates: {{history: INDEX}}`.")
        return None
    problem = history_problem(recipe)
    if problem:
        raise RecipeError(f"{recipe.path} near_duplicates: {problem}")
    begun = (standing_state(recipe.output) or {}).get("history")
    if against is not None:
        return open_index(address, against)[0]
    if begun is not None:
        return history_as_begun(address, begun)
    generation, _ = open_index(address)
    own = inputs_of(asdict(item) for item in inputs)
    known = next((run for run in generation.runs if run["inputs"] == own), None)
    if known is not None:
        raise HistoryError(
            f"'{address}' holds this very run ('{known['name']}', since {known['generation']}): checked against itself,"
            f" it would lose every document. Name the generation to check against, such as"
            f" --against gen-{int(known['generation'].removeprefix('gen-')) - 1}."
        )
    return generation


def history_as_begun(address: str, begun: dict[str, str]) -> Generation:
    """The generation with which a run began.

    Raises:
        HistoryError: it is gone, or the address is of another index by now.
    """
    generation, _ = open_index(address, begun["generation"])
    if generation.digest != begun["digest"]:
        raise HistoryError(
            f"the run began with {begun['generation']} of another index than '{address}'. Name the generation to check"
            " against with --against, and what it decides is done again."
        )
    return generation
