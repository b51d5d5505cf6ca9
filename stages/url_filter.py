"""`url_filter`: reject pages by their address, before anything is done with their content."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from annotated_types import Ge

from crawlsieve.filters.strings import text_buffers
from crawlsieve.filters.url_hosts import hosts_of
from crawlsieve.filters.url_lists import is_among, match_hosts, match_parts, match_words
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.step import settle
from crawlsieve.stages.url_lists import expand, load_blocklist, load_parts, load_words, url_hash


@dataclass(frozen=True, kw_only=True)
class UrlFilter:
    """Rejects what the user's lists name; no later step looks at it. A record without a URL passes.

    Every reason that holds is recorded:

    * `url_domain`: the host, or a parent domain of it, is in a blocklist;
    * `url_blocked`: the URL is in a blocklist, both in canonical form;
    * `url_banned_word`: the URL has a banned word: a run of ASCII letters and digits, case ignored;
    * `url_soft_banned_words`: it has at least `soft_at_least` different soft-banned words;
    * `url_banned_subword`: a banned part is in it, when all but ASCII letters and digits is left out, case ignored.

    Args:
        blocklists: files with a domain or a URL a line, or folders with files `domains` and `urls`, as in UT1.
        banned_words: files with a word a line.
        soft_banned_words: files with a word a line.
        soft_at_least: how many soft-banned words are too many.
        banned_subwords: files with a part of a word a line.

    In all files, lines that begin with # are comments, and `.gz` is decompressed.

    Raises:
        ValueError: there is no list.
    """

    version: ClassVar[int] = 2

    blocklists: tuple[str, ...] = ()
    banned_words: tuple[str, ...] = ()
    soft_banned_words: tuple[str, ...] = ()
    soft_at_least: Annotated[int, Ge(1)] = 2
    banned_subwords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.blocklists or self.banned_words or self.soft_banned_words or self.banned_subwords):
            options = "blocklists, banned_words, soft_banned_words, banned_subwords"
            raise ValueError(f"names no list; give at least one of {options}")

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing but `url`."""
        return ()

    @property
    def adds(self) -> pa.Schema:
        """No column."""
        return pa.schema([])

    @property
    def files(self) -> tuple[str, ...]:
        """Every list, folders of blocklists resolved into their files. RecipeError: a folder holds none."""
        return (*expand(self.blocklists), *self.banned_words, *self.soft_banned_words, *self.banned_subwords)

    def check(self) -> None:
        """Load all lists, which a process does once.

        Raises:
            RecipeError: a file is missing, or one of its lines is no entry; with file and line.
        """
        for _ in self._masks(pa.array([""])):
            pass

    def __call__(self, batch: Batch) -> Batch:
        """The same rows, those that a list names settled."""
        return settle(batch, dict(self._masks(pc.fill_null(batch.column("url"), ""))))

    def _masks(self, urls: pa.StringArray) -> Iterator[tuple[str, np.ndarray]]:
        """(reason, bool[n]) of every kind of list that the step has."""
        data, offsets = text_buffers(urls)
        if self.blocklists:
            blocked = load_blocklist(self.blocklists)
            hosts = hosts_of(urls)
            yield "url_domain", match_hosts(hosts, blocked.domains)
            yield "url_blocked", _listed(urls, match_hosts(hosts, blocked.sites), blocked.urls)
        if self.banned_words:
            yield "url_banned_word", match_words(data, offsets, load_words(self.banned_words), 1)
        if self.soft_banned_words:
            words = load_words(self.soft_banned_words)
            yield "url_soft_banned_words", match_words(data, offsets, words, self.soft_at_least)
        if self.banned_subwords:
            yield "url_banned_subword", match_parts(data, offsets, *load_parts(self.banned_subwords))


def _listed(urls: pa.StringArray, maybe: np.ndarray, blocked: np.ndarray) -> np.ndarray:
    """bool[n]: URLs whose hash is in `blocked`; only those that are `maybe` there are looked at."""
    hashes = np.array([url_hash(url) for url in urls.filter(pa.array(maybe)).to_pylist()], np.uint64)
    found = maybe.copy()
    found[maybe] = is_among(hashes, blocked)
    return found
