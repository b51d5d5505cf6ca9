"""What a mixture is made by: the options of the step `mix` and of `crawlsieve mix apply`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import pyarrow as pa
from annotated_types import Ge, Gt, Le
from pydantic import StringConstraints

from crawlsieve.pipelines.mixture.weighted.weights import checked_weights, read_weights
from crawlsieve.pipelines.recipe.options import OptionsError, build
from crawlsieve.pipelines.recipe.parse import Yaml, scalar
from crawlsieve.schemas.tables import DOCUMENTS
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.mix.domain import Domain
from crawlsieve.stages.mix.tokenizer import load_tokenizer
from crawlsieve.stages.plan import Batch

COMMAND = "crawlsieve mix apply"

MOST_EPOCHS = 4.0
"""Up to here repeated data are nearly as good as new ones: Muennighoff et al. 2023, arXiv:2305.16264, section 5."""


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Weight the domains of the kept documents: whole documents, some taken several times, into `mixture/`.

    Attributes:
        weights: domain -> weight, which sum to 1; or a YAML or CSV file that says so.
        domain: a column of `documents/`, or a DuckDB expression over its columns; documents for which it is null are
            the domain `null`.
        tokens: size of the whole mixture, in `unit`.
        unit: what sizes are counted in: `bytes` of text, or `tokens`: those of `tokenizer`, or else what the column
            `token_count` says.
        tokenizer: a `tokenizer.json` of Hugging Face tokenizers, which then counts the tokens; its counts become the
            `token_count` of the mixture.
        seed: of the choice of documents for part of an epoch, and of the shuffle.
        max_epochs: how often a domain may be repeated before that is an error; null for no limit.
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[pa.Schema] = pa.schema([])

    weights: Annotated[str, StringConstraints(min_length=1)] | dict[str, float] = field(hash=False)
    domain: Annotated[str, StringConstraints(min_length=1)]
    tokens: Annotated[int, Ge(1), Le(2**53)]
    unit: Literal["bytes", "tokens"] = "bytes"
    tokenizer: Annotated[str, StringConstraints(min_length=1)] | None = None
    seed: Annotated[int, Ge(0), Le(2**63 - 1)] = 0
    max_epochs: Annotated[float, Gt(0)] | None = MOST_EPOCHS

    def __post_init__(self) -> None:
        if isinstance(self.weights, Mapping):
            checked_weights(self.weights, "weights")
        if self.tokenizer is not None and self.unit == "bytes":
            raise ValueError("'tokenizer' counts tokens, and 'unit' is bytes: write tokens")

    @property
    def files(self) -> tuple[str, ...]:
        """The file of weights, if they are in one, and that of the tokenizer, if there is one."""
        weights = (self.weights,) if isinstance(self.weights, str) else ()
        return weights if self.tokenizer is None else (*weights, self.tokenizer)

    def check(self) -> None:
        """Look at the weights, the expression and the tokenizer.

        Raises:
            RecipeError: the weights are no weights, the expression is none over the columns of `documents/`, or the
                file holds no tokenizer.
        """
        self.weighted()
        Domain(self.domain).columns(DOCUMENTS)
        if self.tokenizer is not None:
            load_tokenizer(self.tokenizer)

    def weighted(self) -> dict[str, float]:
        """Domain -> weight, in order of name.

        Raises:
            RecipeError: they are no weights.
        """
        found = read_weights(self.weights) if isinstance(self.weights, str) else dict(self.weights)
        return dict(sorted(found.items()))

    def __call__(self, batch: Batch) -> Batch:
        """No document is touched: the mixture is made of those that are kept, when all are known."""
        return batch


def mix_of(given: Mapping[str, Yaml]) -> Mix:
    """The options of `crawlsieve mix apply`, checked as those of a recipe are.

    Raises:
        RecipeError: one is wrong.
    """
    try:
        return build(Mix, given)
    except OptionsError as error:
        raise RecipeError(f"{COMMAND}: " + " ".join(said for _, said in error.problems)) from None


def epochs_of(text: str) -> Yaml:
    """What `--max-epochs` says: a number, or none."""
    return None if text.lower() == "none" else scalar(text)
