"""Small steps with the shape of real ones, for tests that pin the words of a message."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pyarrow as pa
import pytest
from annotated_types import Ge, Le

from crawlsieve.pipelines.recipe import steps
from crawlsieve.pipelines.recipe.columns import who_adds
from crawlsieve.pipelines.recipe.load import Recipe, load
from crawlsieve.schemas.column import column
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.plan import Batch

SIGNALS = {
    "gopher": ("word_count", "mean_word_length"),
    "c4": ("sentence_count",),
}


@dataclass(frozen=True, kw_only=True)
class Plain:
    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[pa.Schema] = pa.schema([])
    files: ClassVar[tuple[str, ...]] = ()

    def check(self) -> None:
        pass

    def __call__(self, batch: Batch) -> Batch:
        return batch


@dataclass(frozen=True, kw_only=True)
class Extract(Plain):
    """Text from pages."""

    engine: Literal["resiliparse", "trafilatura"] = "resiliparse"


@dataclass(frozen=True, kw_only=True)
class Language(Plain):
    """Which language a text is in.

    Args:
        keep: languages that stay.
        at_least: smallest probability,
            both ends included.
        model: a file, or null for the one that comes along.
    """

    keep: tuple[str, ...]
    at_least: Annotated[float, Ge(0), Le(1)] = 0.65
    model: str | None = None
    adds: ClassVar[pa.Schema] = pa.schema([column("language", pa.string(), "label", nullable=True)])

    @property
    def files(self) -> tuple[str, ...]:
        return () if self.model is None else (self.model,)


@dataclass(frozen=True, kw_only=True)
class Measure(Plain):
    """Signals of a text."""

    signals: tuple[Literal["gopher", "c4"], ...]
    """Families of signals."""
    prefix: str = ""
    """Begins the name of each column."""

    @property
    def adds(self) -> pa.Schema:
        names = [name for family in self.signals for name in SIGNALS[family]]
        return pa.schema([column(self.prefix + name, pa.float64(), "a number", unit="words") for name in names])


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A threshold."""

    column: str
    at_least: float | None = None


@dataclass(frozen=True, kw_only=True)
class Judge(Plain):
    """Rules."""

    rules: tuple[Literal["gopher", "c4"], ...] = ()
    bounds: tuple[Bound, ...] = ()
    limit: int | Bound = 3
    lines: Annotated[int, Ge(1)] = 14
    strict: bool = False

    def __post_init__(self) -> None:
        if self.rules and self.bounds:
            raise ValueError("give either 'rules' or 'bounds'")
        if self.lines == 99:
            raise RecipeError("judge: needs a package that is not installed")

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(SIGNALS[rule][0] for rule in self.rules) + tuple(bound.column for bound in self.bounds)


@dataclass(frozen=True, kw_only=True)
class Redact(Plain):
    """Addresses out."""

    emails: bool = True
    seed: int = 0


SMALL = {"extract": Extract, "language": Language, "measure": Measure, "judge": Judge, "redact": Redact}


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the small steps in the place of the real ones; `exact_duplicates` stays."""
    real = steps.loaded
    small = {steps.STEPS[key].place: kind for key, kind in SMALL.items()}
    monkeypatch.setattr(steps, "loaded", lambda place: small.get(place) or real(place))
    there = dict(steps.STEPS)
    for key in there.keys() - {*SMALL, "exact_duplicates"}:
        del steps.STEPS[key]
    who_adds.cache_clear()
    yield
    steps.STEPS.clear()
    steps.STEPS.update(there)  # in the order in which they stood
    who_adds.cache_clear()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write `cc.yaml` into an empty working directory; its head is complete unless told otherwise."""
    monkeypatch.chdir(tmp_path)

    def put(steps: str = "", head: str | None = None, name: str = "cc.yaml") -> str:
        if head is None:
            head = "name: cc\nseed: 7\nsource: {paths: [a.jsonl]}\noutput: out\n"
        tail = "steps:\n" + steps if steps else ""
        (tmp_path / name).write_text(head + tail)
        return name

    return put


@pytest.fixture
def loaded(write: Callable[..., str]) -> Callable[..., Recipe]:
    """A recipe of these steps, with these changes."""
    return lambda steps="", changes=None, head=None: load(write(steps, head), changes)
