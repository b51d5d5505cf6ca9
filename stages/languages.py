"""The languages that the package ships data files for, and which of them each document is in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import ClassVar

import numpy as np
import yaml
from pydantic import TypeAdapter

from crawlsieve.filters.c4 import C4Variant, LineLimits
from crawlsieve.filters.gopher import StopWords, stop_words
from crawlsieve.filters.rule import LANGUAGE, Bounds, Rule
from crawlsieve.stages.plan import Batch

DEFAULT = "en"
"""What a document is taken for whose language nobody said."""


@dataclass(frozen=True, kw_only=True)
class LineRules:
    """What the rules for lines do differently."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "strict": True}

    end_mark: bool = True
    """Whether a line has to end as a sentence does, where the rule asks for it."""


@dataclass(frozen=True, kw_only=True)
class LanguageData:
    """A data file of `filters/languages/`."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "strict": True}

    labels: tuple[str, ...]
    """What language models call it."""
    stop_words: tuple[str, ...]
    """Frequent words, as written inside a sentence."""
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    """Rule -> the bounds that hold for this language."""
    line_rules: LineRules = field(default_factory=LineRules)
    """Exceptions of the rules for lines."""


@cache
def languages() -> tuple[LanguageData, ...]:
    """All languages with a file, in order of the files' names."""
    model = TypeAdapter(LanguageData)
    folder = files("crawlsieve.filters.languages")
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    return tuple(model.validate_json(json.dumps(yaml.safe_load(path.read_text("utf-8")))) for path in paths)


@cache
def places() -> dict[str, int]:
    """Label of a language model -> place in `languages`."""
    return {label: place for place, language in enumerate(languages()) for label in language.labels}


@cache
def stop_word_table() -> StopWords:
    """The stop words of all languages, in order of `languages`."""
    return stop_words([language.stop_words for language in languages()])


def places_of(batch: Batch) -> np.ndarray:
    """int64[n]: the place in `languages` of each document's; DEFAULT's where nobody said, -1 where there is no file."""
    default = places()[DEFAULT]
    if LANGUAGE not in batch.schema.names:
        return np.full(len(batch), default)
    codes = batch.column(LANGUAGE).dictionary_encode(null_encoding="encode")
    labels = codes.dictionary.to_pylist()
    known = np.array([default if label is None else places().get(label, -1) for label in labels], np.int64)
    return np.asarray(known[codes.indices.to_numpy(zero_copy_only=False)])


def line_limits(places: np.ndarray, variant: C4Variant) -> LineLimits:
    """C4's limits for the lines of each document, given its place in `languages`."""
    marked = np.array([language.line_rules.end_mark for language in languages()] + [True])[places]
    return LineLimits(words=np.full(len(places), variant.words), marked=marked & bool(variant.marks))


def for_languages(rule: Rule) -> Rule:
    """The rule with the exceptions that the data files make from it."""
    exceptions = tuple(
        (label, language.bounds[rule.name])
        for language in languages()
        if rule.name in language.bounds
        for label in language.labels
    )
    return Rule(rule.name, rule.column, rule.at_least, rule.at_most, exceptions)
