"""`judge`: compares what was measured with the bounds of named rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, ClassVar, Literal

import pyarrow as pa

from crawlsieve.filters.rule import Bounds, Rule
from crawlsieve.filters.rulesets import rule_set
from crawlsieve.stages.languages import for_languages
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.step import reject

RuleSet = Literal[
    "gopher_quality",
    "gopher_quality@datatrove",
    "gopher_repetition",
    "gopher_repetition@datatrove",
    "gopher_repetition@dclm",
    "c4",
    "c4@tfds",
    "c4@datatrove",
    "c4@fineweb",
    "mc4",
    "mc4@tfds",
    "fineweb",
    "fineweb@datatrove",
    "refinedweb",
    "refinedweb@dclm",
]
"""Names of `filters/rulesets.py`."""


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Names every rule that a document breaks, in the order of `rules`; the document stays open.

    A rule looks at a number that `measure` or `clean_lines` left, and holds if the number lies within its bounds, both
    ends included. A number that is not there (null) breaks the rule. Where the batch has a column `language`, the data
    files of `filters/languages/` replace bounds that make no sense for a language.

    Args:
        rules: sets of rules; `crawlsieve.filters.rulesets` has them all.
        override: rule -> bounds in place of its own, for every language; an end that is not named stays as it is.
        without: rules of those sets that shall not judge.

    Raises:
        ValueError: nothing to judge by, a set twice, or `override` or `without` name a rule that none of the sets has.
    """

    version: ClassVar[int] = 1

    rules: tuple[RuleSet, ...]
    override: Mapping[str, Bounds] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named = [rule.name for name in self.rules for rule in rule_set(name)]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice:
            raise ValueError(f"two of the rule sets have the rule {twice!r}; name one of them")
        for option, names in (("override", self.override), ("without", self.without)):
            for name in names:
                if name not in named:
                    near = get_close_matches(name, named, n=1)
                    hint = f" Did you mean {near[0]!r}?" if near else ""
                    raise ValueError(f"`{option}` names {name!r}, no rule of {', '.join(self.rules)}.{hint}")
        if not self.resolved:
            raise ValueError("no rule is left to judge by; name a rule set in `rules`, or remove the step")

    @cached_property
    def resolved(self) -> tuple[Rule, ...]:
        """The rules as they judge: with overrides, and with exceptions for languages."""
        return tuple(
            for_languages(rule).with_bounds(self.override.get(rule.name, Bounds()))
            for name in self.rules
            for rule in rule_set(name)
            if rule.name not in self.without
        )

    @property
    def reads(self) -> tuple[str, ...]:
        """Every column that a rule looks at."""
        return tuple(dict.fromkeys(rule.column for rule in self.resolved))

    @property
    def adds(self) -> pa.Schema:
        """Nothing: what it finds stands in `reasons`."""
        return pa.schema([])

    @property
    def files(self) -> tuple[str, ...]:
        """None."""
        return ()

    def check(self) -> None:
        """Nothing beyond the options."""

    def bounds(self) -> list[dict[str, Any]]:
        """The rules as data, for the manifest: name, column, at_least, at_most, exceptions."""
        return [
            {
                "name": rule.name,
                "column": rule.column,
                "at_least": rule.at_least,
                "at_most": rule.at_most,
                "exceptions": [
                    {"language": label, "at_least": own.at_least, "at_most": own.at_most}
                    for label, own in rule.exceptions
                ],
            }
            for rule in self.resolved
        ]

    def __call__(self, batch: Batch) -> Batch:
        """The same rows, with the rules that reject them behind their reasons."""
        return reject(batch, {rule.name: rule.rejects(batch).to_numpy(zero_copy_only=False) for rule in self.resolved})
