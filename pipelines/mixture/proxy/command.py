"""`crawlsieve mix train`: the losses of a design's mixtures, in RegMix's layout."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.pipelines.engines.options import EngineOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.pipelines.lock import sole_writer
from crawlsieve.pipelines.mixture.proxy.counting import counted
from crawlsieve.pipelines.mixture.proxy.ngram import Counted, losses
from crawlsieve.pipelines.mixture.proxy.outcome import Outcome
from crawlsieve.pipelines.mixture.proxy.runs import Design, tokens_a_second
from crawlsieve.pipelines.mixture.proxy.settings import SIZES, Device, ProxyName, Settings
from crawlsieve.pipelines.mixture.proxy.texts import TRAIN, texts_of
from crawlsieve.pipelines.mixture.proxy.tokens import Tokens, prepare
from crawlsieve.pipelines.mixture.regression.tables import (
    MixtureError,
    Table,
    listed,
    nearest,
    read_mixtures,
    write_table,
)
from crawlsieve.schemas.proxy import PROXY_RUNS
from crawlsieve.stages.files import writing

MIXTURES, LOSSES, RUNS = "mixtures.csv", "losses.csv", "runs.parquet"
TOKENS, RESULTS = "tokens", "results"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """Options of the command; None is what the size says."""

    design: str
    data: tuple[str, ...]
    output: str
    domain: str | None = None
    valid_share: float = 0.05
    tokenizer: str | None = None
    proxy: ProxyName = "transformer"
    size: str = "tiny"
    steps: int | None = None
    batch: int | None = None
    seed: int = 0
    device: Device = "auto"
    threads: int = 1


def settings_of(wanted: Wanted) -> Settings:
    """What decides the losses.

    Raises:
        MixtureError: there is no such size, or PyTorch is not installed.
    """
    if wanted.size not in SIZES:
        hint = nearest(wanted.size, list(SIZES))
        raise MixtureError(f"There is no size '{wanted.size}'.{hint} Sizes: {', '.join(SIZES)}.")
    if wanted.proxy == "transformer" and find_spec("torch") is None:
        raise MixtureError(
            "The transformer needs PyTorch, which is not installed: pip install 'crawlsieve[proxy]'. "
            "`--proxy ngram` needs none."
        )
    size = SIZES[wanted.size]
    steps, batch = wanted.steps or size.steps, wanted.batch or size.batch
    return Settings(size, steps, batch, size.rate, wanted.seed, wanted.device, wanted.threads)


def design_path(design: str) -> str:
    """The table of mixtures: the file itself, or that of a folder which `mix design` wrote.

    Raises:
        MixtureError: the folder has none, or there is neither.
    """
    if not Path(design).exists():
        raise MixtureError(f"{design}: there is no such file or folder.")
    if not Path(design).is_dir():
        return design
    found = [path for path in (Path(design) / MIXTURES, Path(design) / "mixtures.parquet") if path.is_file()]
    if not found:
        raise MixtureError(f"{design} has no {MIXTURES}. `crawlsieve mix design --output {design}` makes one.")
    return str(found[0])


def train_design(wanted: Wanted, engine: EngineOptions, say: Say) -> Path:
    """Train every mixture that has no result yet, and write the tables. Returns the file of losses.

    Raises:
        MixtureError: the design, the texts or an option is wrong, or all runs diverged.
    """
    settings = settings_of(wanted)
    table = read_mixtures(design_path(wanted.design))
    texts = texts_of(wanted.data, wanted.domain, wanted.valid_share, 0)
    output = Path(wanted.output)
    with sole_writer(wanted.output):
        tokens = prepare(texts, wanted.tokenizer, output / TOKENS, say)
        tokens.check(table.columns, settings.size.context + 1)
        for note in (*table.notes, *_told(table, settings, tokens)):
            say(note)
        with started(engine, wanted.output, "mix-train") as crew:
            if wanted.proxy == "ngram":
                counts = counted(tokens, table.columns, settings, output / RESULTS, (crew, say))
                outcomes = ngram_outcomes(counts, table, settings, tokens)
            else:
                outcomes = Design(table, settings, tokens).train(output / RESULTS, crew, say)
        say(_speed(wanted.proxy, outcomes, settings))
        write(output, table, tokens, outcomes, settings)
    diverged = [name for name, one in zip(table.index, outcomes, strict=True) if one.diverged]
    if diverged:
        say(f"{len(diverged)} of {len(outcomes)} runs diverged, and are in no table but {RUNS}: {listed(diverged)}")
    if len(diverged) == len(outcomes):
        raise MixtureError(f"All {len(outcomes)} runs diverged: there are no losses.")
    return output / LOSSES


def ngram_outcomes(counts: Counted, table: Table, settings: Settings, tokens: Tokens) -> list[Outcome]:
    """What comes of the n-gram proxy, for all mixtures at once."""
    begin = time.perf_counter()
    found = losses(counts, table.values, settings.tokens)
    each = (time.perf_counter() - begin) / len(found)
    epochs = epochs_of(table, settings, tokens)
    return [
        Outcome(row, [], some, each, 0.0, settings.steps)
        for row, some in zip(found.tolist(), epochs.tolist(), strict=True)
    ]


def epochs_of(table: Table, settings: Settings, tokens: Tokens) -> np.ndarray:
    """float64[n, d]: how often each run reads each domain, as it will be on the average."""
    sizes = np.array([tokens.sizes[name][TRAIN][2] for name in table.columns])
    epochs: np.ndarray = table.values * settings.tokens / sizes
    return epochs


def write(output: Path, table: Table, tokens: Tokens, outcomes: list[Outcome], settings: Settings) -> None:
    """Write mixtures and losses of the runs that did not diverge, and all there is to know of all runs."""
    for name in (LOSSES, MIXTURES):
        (output / name).unlink(missing_ok=True)  # else a table of other runs might stand beside the new one
    finite = [number for number, one in enumerate(outcomes) if not one.diverged]
    index = [table.index[number] for number in finite]
    if finite:
        found = np.array([outcomes[number].losses for number in finite])
        metrics = [f"metric/{name}_val_loss" for name in tokens.domains]
        write_table(output / MIXTURES, index, table.columns, table.values[finite])
        write_table(output / LOSSES, index, metrics, found)
    rows = [
        {
            "index": str(name),
            "status": "diverged" if one.diverged else "done",
            "mean": None if one.diverged else one.mean,
            "tokens": one.steps * settings.batch * settings.size.context,
            "seconds": one.seconds,
            "epochs": list(zip(table.columns, one.epochs, strict=True)),
            "looks": [asdict(look) for look in one.looks],
        }
        for name, one in zip(table.index, outcomes, strict=True)
    ]
    with writing(str(output / RUNS)) as file:
        pq.write_table(pa.Table.from_pylist(rows, schema=PROXY_RUNS), file)


def _speed(proxy: ProxyName, outcomes: list[Outcome], settings: Settings) -> str:
    if proxy == "ngram":
        return f"{len(outcomes)} mixtures: {sum(one.seconds for one in outcomes):.1f} s"
    return f"{tokens_a_second(outcomes, settings):,.0f} tokens/s in a run, without validation"


def _told(table: Table, settings: Settings, tokens: Tokens) -> list[str]:
    """What is to be known before hours are spent."""
    of = f"{len(table.index)} mixtures of {len(table.columns)} domains, {settings.tokens:,} tokens a run"
    said = [f"{of}; losses of {len(tokens.domains)} domains in nats a byte"]
    epochs = epochs_of(table, settings, tokens)
    most = epochs.max(axis=0)
    repeated = [f"{table.columns[d]} {most[d]:.1f}" for d in np.argsort(-most) if most[d] > 1]
    if repeated:
        said.append(f"epochs, at most, of domains that are repeated: {listed(repeated)}")
    return said
