"""Public suffixes (com, co.uk, ...), from the snapshot of publicsuffix.org that the package tldextract carries."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from crawlsieve.filters.url import canonical_host
from crawlsieve.filters.url_lists import distinct, host_hash, is_among


@dataclass(frozen=True)
class PublicSuffixes:
    """The rules of the ICANN section of the list, as sorted hashes.

    Not those of its private section: a list may well block blogspot.com as a whole.
    """

    names: np.ndarray
    """uint64[n]: suffixes"""
    wild: np.ndarray
    """uint64[w]: domains whose every child is a suffix"""
    exceptions: np.ndarray
    """uint64[e]: children of those that are none"""

    def among(self, hashes: np.ndarray) -> np.ndarray:
        """bool[n]: which domains are public suffixes.

        Args:
            hashes: uint64[n, 2], `host_hash` of each domain and of its parent.
        """
        suffix = is_among(hashes[:, 0], self.names) | is_among(hashes[:, 1], self.wild)
        found: np.ndarray = suffix & ~is_among(hashes[:, 0], self.exceptions)
        return found


@cache
def public_suffixes() -> PublicSuffixes:
    """The rules as tldextract's snapshot has them; never asks the network."""
    import tldextract  # noqa: PLC0415 - takes 0.2 s, and only lists of domains need it

    rules = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=()).tlds
    return PublicSuffixes(
        names=_hashes([rule for rule in rules if rule[0] not in "*!"]),
        wild=_hashes([rule[2:] for rule in rules if rule.startswith("*.")]),
        exceptions=_hashes([rule[1:] for rule in rules if rule.startswith("!")]),
    )


def _hashes(names: list[str]) -> np.ndarray:
    hosts = [canonical_host(f"http://{name}") or name for name in names]
    return distinct(np.array([host_hash(host) for host in hosts], np.uint64))
