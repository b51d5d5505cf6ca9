"""`crawlsieve mix design`: domains in, a folder of mixtures out that any trainer can take."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import yaml

from crawlsieve import __version__
from crawlsieve.pipelines.mixture.design.design import Sampling, sample_mixtures, with_references
from crawlsieve.pipelines.mixture.design.spread import Filling, filling
from crawlsieve.pipelines.mixture.recommendation.budget import DOMAIN, TOKENS, Budget
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed, nearest, write_table

HEAD = "design.yaml"
"""Written last: a folder without it is no design."""
MIXTURES, RUNS = "mixtures", "runs"


@dataclass(frozen=True)
class Design:
    """Mixtures of d domains, float64[n, d], and what they were made of.

    Attributes:
        domains: their names.
        tokens: float64[d], what there is of each.
        budget: of repetition, if there is one.
        sampling: how mixtures were drawn.
        seed: of the generator.
        weights: the mixtures.
        include: those of them that are known ones; they come first.
    """

    domains: tuple[str, ...]
    tokens: Floats
    budget: Budget | None
    sampling: Sampling
    seed: int
    weights: Floats
    include: tuple[str, ...] = ()

    @property
    def shares(self) -> Floats:
        """float64[d]: the natural mixture."""
        shares: Floats = self.tokens / self.tokens.sum()
        return shares

    @property
    def filling(self) -> Filling:
        """How well the mixtures fill the space."""
        caps = self.budget.caps if self.budget else None
        return filling(self.weights, self.sampling.bounds(self.shares, caps).limit)


def made(
    path: str,
    count: int,
    seed: int,
    sampling: Sampling,
    repeat: tuple[float, float] | None,
    include: Sequence[str] = (),
) -> Design:
    """The design for a table of domains.

    Args:
        path: as of `read_domains`.
        count: runs.
        seed: of the generator.
        sampling: how.
        repeat: tokens to train on, and how often a token may be seen; none for no bound by repetition.
        include: known mixtures among them, as of `with_references`.

    Raises:
        MixtureError: the table is wrong, or there are not so many mixtures within the bounds.
    """
    names, tokens = read_domains(path)
    budget = Budget(repeat[0], tokens, repeat[1]) if repeat else None
    caps = budget.caps if budget else None
    drawn = sample_mixtures(tokens, count, seed, sampling, caps)
    weights = with_references(drawn, tokens, include, sampling.bounds(tokens / tokens.sum(), caps))
    return Design(names, tokens, budget, sampling, seed, weights, tuple(dict.fromkeys(include)))


def read_domains(path: str) -> tuple[tuple[str, ...], Floats]:
    """Names of domains, and what there is of each, float64[d].

    The file is what `mix domains` writes, or any CSV or Parquet with columns `domain` and `tokens`, or YAML
    `domain: number`.

    Raises:
        MixtureError: it is none; a domain is there twice, or has no tokens, or there is one domain only.
    """
    try:
        with Path(path).open("rb"):
            pass  # Arrow's words for a missing file are longer
        pairs = _yaml(path) if path.endswith((".yaml", ".yml")) else _table(path)
    except OSError as error:
        raise MixtureError(f"{path} cannot be read: {error.strerror or error}.") from None
    names = tuple(name for name, _ in pairs)
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise MixtureError(f"{path} has {len(twice)} domains more than once: {listed(twice)}.")
    for name, value in pairs:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise MixtureError(
                f"{path}: '{name}' has {str(value)[:40]!r} tokens. A domain without data has no place in a design."
            )
    if len(names) < 2:
        raise MixtureError(f"{path} has {len(names)} domains. A mixture needs two.")
    return names, np.array([value for _, value in pairs], np.float64)


def save(design: Design, folder: Path) -> None:
    """Write the table as Parquet and as CSV in RegMix's layout, a YAML for each run, and what they were made of.

    Raises:
        MixtureError: the folder has something else in it.
    """
    claim(folder)
    (folder / HEAD).unlink(missing_ok=True)
    runs = folder / RUNS
    runs.mkdir(exist_ok=True)
    for old in runs.glob("*.yaml"):
        old.unlink()
    index = range(1, len(design.weights) + 1)
    for suffix in ("csv", "parquet"):
        write_table(folder / f"{MIXTURES}.{suffix}", index, design.domains, design.weights)
    for run, weights in zip(index, design.weights.tolist(), strict=True):
        _dump(runs / f"n{run}.yaml", dict(zip(design.domains, weights, strict=True)))
    limit = design.filling.limit
    columns = zip(design.domains, design.tokens.tolist(), design.shares.tolist(), limit.tolist(), strict=True)
    head = {
        "crawlsieve": __version__,
        "runs": len(design.weights),
        "seed": design.seed,
        "include": list(design.include),
        **{name: list(value) if isinstance(value, tuple) else value for name, value in asdict(design.sampling).items()},
        **({"tokens": design.budget.tokens, "max_epochs": design.budget.max_epochs} if design.budget else {}),
        "domains": {name: {"tokens": has, "share": share, "most": most} for name, has, share, most in columns},
    }
    _dump(folder / HEAD, head)


def claim(folder: Path) -> None:
    """Make the folder; an older design in it may be overwritten.

    Raises:
        MixtureError: it is a file, or has something else in it.
    """
    if folder.exists() and not folder.is_dir():
        raise MixtureError(f"{folder} is a file. A design is a folder: name another one.")
    folder.mkdir(parents=True, exist_ok=True)
    ours = {HEAD, RUNS, f"{MIXTURES}.csv", f"{MIXTURES}.parquet"}
    other = sorted(entry.name for entry in folder.iterdir() if entry.name not in ours)
    if other:
        raise MixtureError(f"{folder} has other files in it ({listed(other)}). Name another folder.")


def _dump(path: Path, told: dict[str, object]) -> None:
    path.write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _yaml(path: str) -> list[tuple[str, object]]:
    try:
        read = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MixtureError(f"{path} is no YAML: {str(error).splitlines()[0]}.") from None
    if isinstance(read, dict) and isinstance(read.get("train"), dict):  # RegMix's own files
        read = read["train"]
    if not isinstance(read, dict):
        raise MixtureError(f"{path}: a number for each domain is needed, `domain: number`.")
    return [(str(name), value) for name, value in read.items()]


def _table(path: str) -> list[tuple[str, object]]:
    try:
        if path.endswith(".parquet"):
            table = pq.read_table(path)
        else:
            names = pa_csv.ConvertOptions(column_types={DOMAIN: pa.string()})  # also where all of them are numbers
            table = pa_csv.read_csv(path, convert_options=names)
    except pa.ArrowInvalid as error:
        raise MixtureError(f"{path} cannot be read as a table: {error}") from None
    for name in (DOMAIN, TOKENS):
        if name not in table.column_names:
            hint = nearest(name, table.column_names)
            raise MixtureError(f"{path} has no column '{name}'. Its columns: {listed(table.column_names)}.{hint}")
    return list(zip(map(str, table[DOMAIN].to_pylist()), table[TOKENS].to_pylist(), strict=True))
