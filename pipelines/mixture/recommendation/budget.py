"""How much of each domain there is, and how often it may be repeated."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import yaml

from crawlsieve.pipelines.mixture.recommendation.repetition import effective_tokens
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed, nearest

MAX_EPOCHS = 4.0
"""Up to so many epochs repeated data is nearly as good as new (arXiv:2305.16264, section 6)."""
DOMAIN, TOKENS = "domain", "tokens"


@dataclass(frozen=True)
class Budget:
    """What is trained, and on what.

    Attributes:
        tokens: to train on.
        unique: float64[d], tokens that there are of each domain.
        max_epochs: how often a domain may be seen.
        parameters: of the model, if known.

    Raises:
        MixtureError: tokens, epochs or parameters are no number above 0.
    """

    tokens: float
    unique: Floats
    max_epochs: float = MAX_EPOCHS
    parameters: float | None = None

    def __post_init__(self) -> None:
        said = {"--tokens": self.tokens, "--max-epochs": self.max_epochs, "--parameters": self.parameters}
        for option, value in said.items():
            if value is not None and not 0 < value < math.inf:
                raise MixtureError(f"{option} {value:g}: it must be a number above 0.")

    @property
    def caps(self) -> Floats:
        """float64[d]: the most of the mixture that a domain can be.

        Raises:
            MixtureError: more tokens are asked than there are, repeated as often as may be.
        """
        most = self.max_epochs * self.unique
        if most.sum() < self.tokens * (1 - 1e-9):
            raise MixtureError(
                f"{self.tokens:,.0f} tokens are asked. {self.unique.sum():,.0f} unique ones, each seen at most "
                f"{self.max_epochs:g} times, make {most.sum():,.0f}. Ask for fewer, or allow "
                f"{math.ceil(100 * self.tokens / self.unique.sum()) / 100:g} epochs or more."
            )
        caps: Floats = most / self.tokens
        return caps

    def epochs(self, weights: Floats) -> Floats:
        """float64[d]: how often each domain is seen."""
        seen = weights * self.tokens
        return np.divide(seen, self.unique, out=np.zeros_like(seen), where=self.unique > 0)

    def effective(self, weights: Floats) -> Floats:
        """float64[d]: unique tokens that would teach as much, by the data-constrained law."""
        return effective_tokens(self.unique, weights * self.tokens)


def budget_of(
    tokens: float | None,
    unique: str | None,
    max_epochs: float | None,
    domains: Sequence[str],
    parameters: float | None = None,
) -> Budget | None:
    """What the options say; None if none is given.

    Raises:
        MixtureError: they do not belong together, or the file is wrong.
    """
    if tokens is None and unique is None and max_epochs is None and parameters is None:
        return None
    if tokens is None or unique is None:
        raise MixtureError(
            "Repetition is known if both --tokens (to train on) and --unique (tokens by domain) are given."
        )
    return Budget(tokens, read_by_domain(unique, domains), MAX_EPOCHS if max_epochs is None else max_epochs, parameters)


def read_by_domain(path: str, domains: Sequence[str]) -> Floats:
    """float64[d]: a number for each domain, in their order.

    The file is YAML, `domain: number`, also below `weights` or `train`; or CSV or Parquet with a column `domain`, and
    `tokens` or one other column.

    Raises:
        MixtureError: a domain is missing or unknown, or a number is negative, or all are 0.
    """
    values = _yaml(path) if path.endswith((".yaml", ".yml")) else _columns(path)
    missing, unknown = [d for d in domains if d not in values], [d for d in values if d not in domains]
    if missing or unknown:
        said = [f"it lacks {listed(missing)}"] if missing else []
        said += [f"the fit knows no {listed(unknown)}"] if unknown else []
        hint = nearest(unknown[0], missing or list(domains)) if unknown else ""
        raise MixtureError(f"{path} has other domains than the fit: {'; '.join(said)}.{hint}")
    for domain, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise MixtureError(f"{path}: {domain} is {str(value)[:40]!r}. A number that is 0 or more is needed.")
    found = np.array([values[domain] for domain in domains], np.float64)
    if not found.sum():
        raise MixtureError(f"{path}: all {len(domains)} domains are 0.")
    return found


def _yaml(path: str) -> dict[str, object]:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as the tables, by name
        try:
            read = yaml.safe_load(file)
        except yaml.YAMLError as error:
            raise MixtureError(f"{path} is no YAML: {str(error).splitlines()[0]}") from error
    for key in ("weights", "train"):
        if isinstance(read, Mapping) and isinstance(read.get(key), Mapping):
            read = read[key]
    if not isinstance(read, Mapping):
        raise MixtureError(f"{path}: a number for each domain is needed, `domain: number`.")
    return {str(domain): value for domain, value in read.items()}


def _columns(path: str) -> dict[str, object]:
    try:
        table = pq.read_table(path) if path.endswith(".parquet") else pa_csv.read_csv(path)
    except pa.ArrowInvalid as error:
        raise MixtureError(f"{path} cannot be read: {error}") from error
    others = [name for name in table.column_names if name != DOMAIN]
    value = TOKENS if TOKENS in others else others[0] if len(others) == 1 else None
    if DOMAIN not in table.column_names or value is None:
        columns = listed(table.column_names)
        raise MixtureError(f"{path} needs the columns '{DOMAIN}' and '{TOKENS}'. Its columns: {columns}.")
    names = [str(name) for name in table[DOMAIN].to_pylist()]
    if len({*names}) < len(names):
        raise MixtureError(f"{path} has a domain more than once: {listed([n for n in names if names.count(n) > 1])}.")
    return dict(zip(names, table[value].to_pylist(), strict=True))
