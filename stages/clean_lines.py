"""`clean_lines`: removes lines from the text, and says how many for which reason."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.filters.c4 import VARIANTS, c4_lines, c4_page_facts, c4_removed_counts
from crawlsieve.filters.refinedweb import refinedweb_lines, refinedweb_removed
from crawlsieve.schemas.c4 import at_cleaning, c4_page, c4_removed
from crawlsieve.schemas.refinedweb import REFINEDWEB
from crawlsieve.stages.languages import line_limits, places_of
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.step import append, replace, settle

LineRuleSet = Literal["c4", "c4@tfds", "c4@datatrove", "c4@fineweb", "refinedweb", "refinedweb@dclm"]
"""Line rules: `c4` is `c4@tfds`, `refinedweb` is `refinedweb@dclm`."""

_VARIANTS = {"c4": "c4@tfds", "refinedweb": "refinedweb@dclm"}


@dataclass(frozen=True, kw_only=True)
class CleanLines:
    """Edits `text` by the line rules of C4 or RefinedWeb, and counts the lines and characters that each rule removes.

    A text of which nothing stays is rejected as `empty_after_cleaning`, and no later step looks at it. Whatever else is
    to be said about a page is for `judge`: C4's page rules judge facts that `measure: {signals: [c4]}` takes over from
    here, RefinedWeb's one rule judges `refinedweb_removed_word_ratio`.

    Args:
        rules: sets of line rules, each applied to what the one before it leaves.

    Raises:
        ValueError: no rules, or two variants of one set.
    """

    version: ClassVar[int] = 1

    rules: tuple[LineRuleSet, ...]

    def __post_init__(self) -> None:
        if not self.rules:
            raise ValueError("cleans nothing; name line rules in `rules`, or remove the step")
        families = [name.partition("@")[0] for name in self.rules]
        twice = next((name for name in families if families.count(name) > 1), None)
        if twice:
            raise ValueError(f"`rules` has {twice} twice; keep one of {', '.join(self.rules)}")

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing but `text`; `language` is used where it is there."""
        return ()

    @property
    def adds(self) -> pa.Schema:
        """What each rule removes, and for C4 what its page rules need; null where there is no text."""
        return pa.schema([field for name in self._variants() for field in _schema(name)])

    @property
    def files(self) -> tuple[str, ...]:
        """None."""
        return ()

    def check(self) -> None:
        """Nothing beyond the options."""

    def __call__(self, batch: Batch) -> Batch:
        """The same rows with their text cleaned, and the counts; rows without text left are settled."""
        text, languages = batch.column("text"), places_of(batch)
        known = pc.is_valid(text)
        columns: list[pa.Array] = []
        for name in self._variants():
            text, found = _clean(name, text, languages)
            columns += [pc.if_else(known, column, None) for column in found]
        batch = append(replace(batch, "text", text), self.adds, columns)
        empty = pc.fill_null(pc.equal(pc.binary_length(text), 0), fill_value=False)
        return settle(batch, {"empty_after_cleaning": empty.to_numpy(zero_copy_only=False)})

    def _variants(self) -> list[str]:
        """The rule sets by their full names."""
        return [_VARIANTS.get(name, name) for name in self.rules]


def _schema(name: str) -> pa.Schema:
    """What a set of line rules adds."""
    if name == "refinedweb@dclm":
        return REFINEDWEB
    facts = [field.with_name(at_cleaning(field.name)) for field in c4_page(name)]
    return pa.schema([*facts, *c4_removed(name)])


def _clean(name: str, text: pa.Array, languages: np.ndarray) -> tuple[pa.Array, list[pa.Array]]:
    """(what a set of line rules leaves of each text, the columns of `_schema`)."""
    if name == "refinedweb@dclm":
        lines = refinedweb_lines(text)
        return lines.cleaned, refinedweb_removed(lines).columns
    found = c4_lines(text, VARIANTS[name], line_limits(languages, VARIANTS[name]))
    return found.cleaned, [*c4_page_facts(name, found).columns, *c4_removed_counts(name, found).columns]
