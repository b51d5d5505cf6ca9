"""Steps that a recipe can name. A class is imported when a recipe asks for it, so that `--help` loads no compiler."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from crawlsieve.pipelines.recipe.options import OptionsClass


@dataclass(frozen=True)
class StepKind:
    """Where the class of a step lives, and what its place in the chain has to respect.

    Attributes:
        place: `module:Class`.
        reads_text: the step looks at the text of a document, so there has to be one.
        makes_text: the step turns payloads into text; it comes once, before all that read text.
        decides: the step compares documents by their keys, which no step may change afterwards: only others that decide
            come behind it, and what mixes.
        mixes: the step weights the documents that are left in the end; it is the last one.
    """

    place: str
    reads_text: bool = False
    makes_text: bool = False
    decides: bool = False
    mixes: bool = False


STEPS: dict[str, StepKind] = {
    "url_filter": StepKind("crawlsieve.stages.url_filter:UrlFilter"),
    "extract": StepKind("crawlsieve.stages.extract:Extract", makes_text=True),
    "language": StepKind("crawlsieve.stages.language:Language", reads_text=True),
    "clean_lines": StepKind("crawlsieve.stages.clean_lines:CleanLines", reads_text=True),
    "measure": StepKind("crawlsieve.stages.measure:Measure", reads_text=True),
    "judge": StepKind("crawlsieve.stages.judge:Judge"),
    "redact": StepKind("crawlsieve.stages.redact:Redact", reads_text=True),
    "exact_duplicates": StepKind("crawlsieve.stages.keys:ExactDuplicates", reads_text=True, decides=True),
    "near_duplicates": StepKind("crawlsieve.stages.near.keys:NearDuplicates", reads_text=True, decides=True),
    "mix": StepKind("crawlsieve.pipelines.mixture.weighted.options:Mix", mixes=True),
}


def step_class(key: str) -> OptionsClass:
    """The class of the step that recipes call `key`."""
    return loaded(STEPS[key].place)


@cache
def loaded(place: str) -> OptionsClass:
    """The class at `module:Class`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
