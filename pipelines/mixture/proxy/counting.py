"""The n-gram proxy's counts as a plan: a task a domain, a file a domain, so that what was stopped goes on."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from crawlsieve import __version__
from crawlsieve.pipelines.engines.engine import Engine
from crawlsieve.pipelines.fingerprint import fingerprint
from crawlsieve.pipelines.mixture.proxy.ngram import ORDERS, Asked, Counted, asked_of, count_domain, gathered
from crawlsieve.pipelines.mixture.proxy.runs import loaded
from crawlsieve.pipelines.mixture.proxy.settings import Settings
from crawlsieve.pipelines.mixture.proxy.tokens import Tokens
from crawlsieve.schemas.proxy import PROXY_COUNTED, PROXY_DOMAIN
from crawlsieve.stages.files import writing
from crawlsieve.stages.plan import Batch, Map, Plan

Say = Callable[[str], None]
VERSION = 1
"""Of what is counted: another one, and domains are counted again."""


@dataclass(frozen=True)
class CountDomains:
    """Counts the domains that it is given, PROXY_DOMAIN in and PROXY_COUNTED out.

    `tokens` and `results` are folders that every worker sees under the same name; `key` is that of the tokens.
    """

    windows: int
    length: int
    tokens: str
    key: str
    results: str

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """One row a domain."""
        for batch in batches:
            for row in batch.to_pylist():
                begin, tokens = time.perf_counter(), loaded(self.tokens, self.key)
                asked = _asked(self.tokens, self.key, self.windows, self.length)
                with writing(str(counts_path(self.results, row["key"]))) as file:
                    np.save(file, count_domain(tokens, row["domain"], asked))
                done = {"domain": row["domain"], "seconds": time.perf_counter() - begin}
                yield pa.RecordBatch.from_pylist([done], schema=PROXY_COUNTED)


def counted(
    tokens: Tokens,
    domains: tuple[str, ...],
    settings: Settings,
    results: Path,
    crew: tuple[Engine, Callable[[str], None]],
) -> Counted:
    """Count the domains that have no counts yet. Returns all, in order of `domains`.

    Args:
        tokens: of all domains.
        domains: those of the design.
        settings: of the runs; how many validation windows there are, and how long they are.
        results: folder of the files.
        crew: who counts, and who is told.

    Raises:
        CrawlsieveError: a task failed again and again.
    """
    engine, say = crew
    length = settings.size.context + 1
    keys = [fingerprint([__version__, VERSION, ORDERS, settings.windows, length, tokens.key, name]) for name in domains]
    paths = [counts_path(str(results.absolute()), key) for key in keys]
    left = [number for number, path in enumerate(paths) if not path.is_file()]
    if left:
        engine.prepare(len(left))
        rows = [{"path": f"domain {domains[n]}", "domain": domains[n], "key": keys[n]} for n in left]
        step = CountDomains(
            settings.windows, length, str(tokens.folder.absolute()), tokens.key, str(results.absolute())
        )
        source = pa.RecordBatch.from_pylist(rows, schema=PROXY_DOMAIN)
        engine.run(Plan(source, (Map(step, PROXY_COUNTED),), "mix-count"), _watch(say))
    return gathered(tokens, domains, settings.windows, length, [np.load(path, mmap_mode="r") for path in paths])


def counts_path(results: str, key: str) -> Path:
    """The file of the counts of a domain."""
    return Path(results) / f"{key}.npy"


@cache
def _asked(folder: str, key: str, windows: int, length: int) -> Asked:
    """What validation asks for; made once per process, and the same in each."""
    return asked_of(loaded(folder, key), windows, length)


def _watch(say: Say) -> Callable[[Batch], None]:
    def see(batch: Batch) -> None:
        rows: list[dict[str, Any]] = batch.to_pylist()
        for row in rows:
            say(f"counted the n-grams of {row['domain']}: {row['seconds']:.1f} s")

    return see
