"""What an index is made for, from a recipe or from options."""

from collections.abc import Mapping
from typing import Any

from crawlsieve.dedup.bloom import WhenFull
from crawlsieve.dedup.history import HistorySize, slices_for
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.pipelines.recipe.options import OptionsError, build
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.history.head import HistoryError
from crawlsieve.stages.history.index import Made
from crawlsieve.stages.near.keys import NearDuplicates


def keys_of(recipe: str | None, options: Mapping[str, Any]) -> NearDuplicates:
    """How keys are made: as a recipe's `near_duplicates` says, or as options do.

    Args:
        recipe: its path.
        options: of `near_duplicates`, those that were given; `ignore` as text, `case,accents` or `none`.

    Raises:
        RecipeError: both, or what is given is wrong, or the recipe has no `near_duplicates`.
    """
    if recipe is None:
        given = {"seed": 0, **options}
        if "ignore" in given:
            given["ignore"] = [name.strip() for name in given["ignore"].split(",") if name.strip() not in {"", "none"}]
        try:
            return build(NearDuplicates, given)
        except OptionsError as error:
            raise RecipeError("index create: " + " ".join(said for _, said in error.problems)) from None
    if options:
        raise RecipeError(f"index create: --recipe says how keys are made, and so does --{next(iter(options))}.")
    near = load(recipe).near
    if near is None:
        raise RecipeError(f"{recipe}: there is no step near_duplicates, which says how keys are made.")
    return near


def size_of(keys: NearDuplicates, documents: int, rate: float, slices: int | None) -> HistorySize:
    """How large the filters are.

    Raises:
        HistoryError: a value is out of its bounds.
    """
    bands = keys.banding.bands
    try:
        return HistorySize(documents, rate, bands, slices or slices_for(documents, rate, bands))
    except ValueError as error:
        raise HistoryError(f"index create: {error}.") from None


def made_for(keys: NearDuplicates, size: HistorySize, when_full: WhenFull, *, ids: bool) -> Made:
    """All that an index is made for. Of the keys' options only those count that decide a key."""
    return Made(keys, size, when_full, ids)
