"""`language`: which language a text is in, by a fastText model, and in which script."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from annotated_types import Ge, Le

from crawlsieve.filters.scripts import scripts
from crawlsieve.schemas.column import column, from_source
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.fasttext_model import (
    LID_176,
    LID_176_SHA256,
    check_model,
    load_model,
    model_labels,
    model_path,
    plain_label,
)
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.step import append, settle

Share = Annotated[float, Ge(0), Le(1)]

_DECIMALS = 4


@dataclass(frozen=True, kw_only=True)
class Language:
    """Sets `language`, `language_score` and `script`, and rejects what is not wanted.

    Reasons: `language`, the label is not in `keep`; `language_score`, the score is below the least; both, if both hold.
    A text without letters has no language and no score, and is rejected wherever one is asked for.

    Args:
        model: `lid.176`, which is installed with crawlsieve, or the path of any supervised fastText model (.bin, .ftz).
            Nothing is downloaded.
        sha256: of the file; a model with another one is refused.
        keep: labels as the model has them (`en` of lid.176 is `eng_Latn` of GlotLID); empty: all.
        at_least: least score. Scores are rounded to 4 decimals before they are compared.
        at_least_for: label -> least score of documents with that label, in the place of `at_least`.
        max_chars: characters that the model sees, from the beginning; any white space is one space to it.

    Raises:
        ValueError: the sha256 is none, or `at_least_for` names a label that is not kept.
    """

    version: ClassVar[int] = 1

    model: str = LID_176
    sha256: str | None = None
    keep: tuple[str, ...] = ()
    at_least: Share = 0.0
    at_least_for: Mapping[str, Share] = field(default_factory=dict)
    max_chars: Annotated[int, Ge(1)] = 2_000

    def __post_init__(self) -> None:
        if self.sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", self.sha256):
            raise ValueError("'sha256' has to be 64 hexadecimal digits")
        for label in self.at_least_for:
            if self.keep and label not in self.keep:
                raise ValueError(f"'at_least_for' names '{label}', which 'keep' does not")

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing beyond the columns of RECORD."""
        return ()

    @property
    def adds(self) -> pa.Schema:
        """The three columns of `documents/`."""
        said = [
            column("language", pa.string(), f"most probable label of {self.model}", nullable=True),
            column("language_score", pa.float64(), "its probability, 4 decimals", unit="ratio", nullable=True),
        ]
        script = column("script", pa.string(), "ISO 15924 code of the script of most letters", nullable=True)
        model = "fastText (Joulin et al. 2016, arXiv:1607.01759), the model that the recipe names"
        return pa.schema(
            [*from_source(model, pa.schema(said)), *from_source("Unicode Annex 24; ISO 15924", pa.schema([script]))]
        )

    @property
    def files(self) -> tuple[str, ...]:
        """The model. RecipeError: `lid.176` is not installed."""
        return (model_path(self.model),)

    def check(self) -> None:
        """Look at the model and at the labels that the recipe names.

        Raises:
            RecipeError: no such file, another sha256, no fastText model, or one that has no such label.
        """
        path = model_path(self.model)
        check_model(path, self._sha256)
        known = model_labels(path)
        for label in (*self.keep, *self.at_least_for):
            if label not in known:
                raise RecipeError(f"the model '{self.model}' has no label '{label}'. {_hint(label, known)}")

    def __call__(self, batch: Batch) -> Batch:
        """The same rows with three more columns; those in other languages, or below the least score, settled."""
        script = scripts(batch.column("text"))
        labels, scores = self._predict(batch.column("text"), pc.is_valid(script).to_pylist())
        batch = append(batch, self.adds, [pa.array(labels, pa.string()), pa.array(scores, pa.float64()), script])
        broken = {}
        if self.keep:
            broken["language"] = np.array([label not in self.keep for label in labels], bool)
        if self.at_least > 0 or self.at_least_for:
            least = [self.at_least_for.get(label, self.at_least) if label else self.at_least for label in labels]
            broken["language_score"] = np.array(
                [bound > 0 if score is None else score < bound for score, bound in zip(scores, least, strict=True)],
                bool,
            )
        return settle(batch, broken)

    def _predict(self, text: pa.Array, has_letters: list[bool]) -> tuple[list[str | None], list[float | None]]:
        """The best label of each text that has letters, and its score. fastText has an answer for nothing, too."""
        predict = load_model(model_path(self.model), self._sha256)
        seen = pc.utf8_slice_codeunits(pc.fill_null(text, ""), 0, self.max_chars)
        # fastText cuts words at ASCII spaces only: "a&nbsp;b" would be one word to it
        lines = pc.replace_substring_regex(seen, r"[\s\pZ\x{85}]+", " ").to_pylist()
        best = [
            predict(line + "\n", 1, 0.0, "strict") if is_text else []
            for line, is_text in zip(lines, has_letters, strict=True)
        ]
        labels = [plain_label(found[0][1]) if found else None for found in best]
        return labels, [min(round(found[0][0], _DECIMALS), 1.0) if found else None for found in best]

    @property
    def _sha256(self) -> str | None:
        return LID_176_SHA256 if self.model == LID_176 and self.sha256 is None else self.sha256


def _hint(label: str, known: tuple[str, ...]) -> str:
    """The label that is meant, perhaps: spelt alike, or else the most frequent one that begins alike (en, eng_Latn)."""
    alike = get_close_matches(label, known, n=1) or [name for name in known if name[:2] == label[:2].lower()]
    meant = f"Did you mean '{alike[0]}'? " if alike else ""
    return f"{meant}It has {len(known)} labels, such as {', '.join(known[:3])}."
