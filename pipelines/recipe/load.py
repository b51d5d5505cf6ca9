"""A recipe: what to read, the steps in their order, where the result goes. Checked as a whole before anything is read.

`load` checks what the file says; `crawlsieve.pipelines.recipe.check.check` then checks it against the world. Relative
paths are relative to the working directory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeVar, cast

from annotated_types import Ge, Le
from pydantic import StringConstraints

from crawlsieve.pipelines.cards.options import Card
from crawlsieve.pipelines.engines.options import Engines
from crawlsieve.pipelines.mixture.weighted.options import Mix
from crawlsieve.pipelines.recipe.changes import apply_changes
from crawlsieve.pipelines.recipe.columns import column_problems
from crawlsieve.pipelines.recipe.file import read_recipe, step_entries
from crawlsieve.pipelines.recipe.options import OptionsError, Path, build, option_types, plain
from crawlsieve.pipelines.recipe.order import NamedStep, key_of, order_problems, payload_problem
from crawlsieve.pipelines.recipe.parse import Yaml
from crawlsieve.pipelines.recipe.steps import STEPS, step_class
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.keys import ExactDuplicates
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.read import Source
from crawlsieve.stages.step import Step

T = TypeVar("T")
KeepRejected = Literal["none", "signals", "text"]


@dataclass(frozen=True, kw_only=True)
class Header:
    """The top level of a recipe."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    """What the run is called in its manifest and card: letters, digits, `.`, `_` and `-`."""

    seed: Annotated[int, Ge(0), Le(2**63 - 1)] = 0
    """Goes to every step that has an option `seed` and sets none; the same seed, the same rows."""

    source: dict[str, Yaml]
    """What to read."""

    output: Annotated[str, StringConstraints(min_length=1)]
    """The run directory: a path relative to the working directory, or an address such as s3://bucket/folder."""

    keep_rejected: KeepRejected = "signals"
    """What is kept of rejected documents and duplicates: ids and reasons, signals too, or texts as well, with the
    keys by which `crawlsieve judge` finds duplicates anew."""

    card: Card = field(default_factory=Card)
    """What README.md and croissant.json say of the dataset that no run can know. None of it changes a row."""

    engine: Engines = field(default_factory=Engines)
    """Options of engines, for whichever `--engine` names. None of them changes a row."""

    steps: tuple[Yaml, ...]
    """What happens to every document, in order: the key is the step, the value its options."""


@dataclass(frozen=True)
class Recipe:
    """A recipe whose every option has its type, and whose steps fit together."""

    name: str
    seed: int
    source: Source
    output: str
    keep_rejected: KeepRejected
    chain: tuple[NamedStep, ...]
    """Steps that look at one document at a time."""
    exact: ExactDuplicates | None
    """How the recipe looks for equal documents, if it does."""
    near: NearDuplicates | None
    """How it looks for documents that are alike, if it does."""
    mix: Mix | None
    """How it weights what is left, if it does."""
    engine: Engines
    """How it is run, if on which engine is said elsewhere."""
    options: dict[str, Yaml] = field(hash=False)
    """The whole recipe with all defaults written out, as JSON values; itself a recipe that loads to an equal one."""
    path: str = field(compare=False)
    """Where the recipe was read."""


def load(path: str, changes: Mapping[str, str] | None = None) -> Recipe:
    """Read a recipe and check all that can be known from the file alone.

    Args:
        path: the file.
        changes: place -> value, as `--set` takes them: `source.paths` -> `a.warc.gz,b.warc.gz`, `output` -> `out/x`,
            `steps.language.at_least` -> `0.5`; `judge_2` is the second `judge`, and so on.

    Raises:
        RecipeError: everything that is wrong with it, each with its place and the nearest right answer.
    """
    return from_mapping(read_recipe(path), path, changes)


def from_mapping(given: dict[str, Yaml], path: str, changes: Mapping[str, str] | None = None) -> Recipe:
    """The recipe that stands in no file, or no longer: a manifest has one, and commands make some.

    Args:
        given: as `read_recipe` returns it; changed in place.
        path: what messages call it.
        changes: as of `load`.

    Raises:
        RecipeError: as `load`.
    """
    problems = Problems(path, apply_changes(given, changes or {}, Header))
    header = problems.build(Header, _top(given), (), path)
    source = None
    if isinstance(given.get("source"), dict):
        source = problems.build(Source, given["source"], ("source",), f"{path} source")
    steps = []
    if isinstance(given.get("steps"), list):
        for entry in step_entries(given["steps"], path, problems.found):
            kind = step_class(entry.key)
            seeded = {"seed": header.seed if header else 0} if "seed" in option_types(kind) else {}
            step = problems.build(kind, seeded | entry.options, ("steps", entry.name), entry.place)
            steps.append(NamedStep(entry.name, cast("Step", step)))
    problems.report()
    recipe = _recipe(path, cast("Header", header), cast("Source", source), steps)
    for number, problem in order_problems(steps) or column_problems(steps):
        problems.found.append(f"{path} step {number} ({key_of(steps[number - 1].name)}): {problem}")
    pages = payload_problem(steps, {recipe.source.format})
    problems.found += [f"{path} source: {pages}"] if pages else []
    problems.report()
    return recipe


class Problems:
    """What is wrong with a recipe, so that all of it is told at once."""

    def __init__(self, path: str, origins: Mapping[Path, str]) -> None:
        self.path = path
        self.found: list[str] = []
        self._origins = origins

    def build(self, kind: Callable[..., T], options: Mapping[str, Yaml], base: Path, place: str) -> T | None:
        """An instance of `kind`, or None and its problems noted under `place`, or under the `--set` they come from."""
        try:
            return build(kind, options)
        except OptionsError as error:
            own = f"{key_of(str(base[-1]))}: " if base else ""
            for inside, said in error.problems:
                problem = said.removeprefix(own)
                path = base + inside
                origins = [self._origins[path[:n]] for n in range(len(path) + 1) if path[:n] in self._origins]
                self.found.append(f"--set {origins[0]}: {problem}" if origins else f"{place}: {problem}")
            return None

    def report(self) -> None:
        """Stop if anything was found.

        Raises:
            RecipeError: one line for one problem, else a list.
        """
        if len(self.found) == 1:
            raise RecipeError(self.found[0])
        if self.found:
            listed = "".join(f"\n  {problem}" for problem in self.found)
            raise RecipeError(f"{self.path}: {len(self.found)} problems.{listed}")


def _top(given: dict[str, Yaml]) -> dict[str, Yaml]:
    """The top level alone: what `source` and `steps` hold is checked on its own."""
    inner = {"source": dict, "steps": list}
    return {key: inner[key]() if type(value) is inner.get(key) else value for key, value in given.items()}


def _recipe(path: str, header: Header, source: Source, steps: list[NamedStep]) -> Recipe:
    options = {
        **plain(header),
        "source": plain(source),
        "steps": [{key_of(name): plain(step)} for name, step in steps],
    }
    deciding = {key_of(name): step for name, step in steps if STEPS[key_of(name)].decides or STEPS[key_of(name)].mixes}
    return Recipe(
        name=header.name,
        seed=header.seed,
        source=source,
        output=header.output,
        keep_rejected=header.keep_rejected,
        chain=tuple(named for named in steps if key_of(named.name) not in deciding),
        exact=cast("ExactDuplicates | None", deciding.get("exact_duplicates")),
        near=cast("NearDuplicates | None", deciding.get("near_duplicates")),
        mix=cast("Mix | None", deciding.get("mix")),
        engine=header.engine,
        options=options,
        path=path,
    )
