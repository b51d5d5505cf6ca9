"""The lists of `url_filter`: read once a process, checked line by line, kept as sorted hashes."""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO
from urllib.parse import quote_from_bytes

import fsspec
import numpy as np
import xxhash
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.filters.url import canonical_host, canonical_site, canonical_url
from crawlsieve.filters.url_lists import DOMAIN, OTHER, automaton, distinct, host_hash, scan_entries, word_hash
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.files import reading
from crawlsieve.stages.public_suffixes import public_suffixes

_BLOCK_BYTES = 8 << 20
_HOST = re.compile(r"[a-z0-9._:-]+")
_UT1_FILES = ("domains", "urls")


@dataclass(frozen=True)
class Blocklist:
    """What lists of domains and URLs block, as sorted and distinct hashes."""

    domains: np.ndarray
    """uint64[d]: `host_hash` of domains, which stand for their subdomains too."""
    sites: np.ndarray
    """uint64[s]: `host_hash` of the sites that the blocked URLs are on: no other URL has to be looked at."""
    urls: np.ndarray
    """uint64[u]: `url_hash` of the blocked URLs."""


def url_hash(url: str) -> int:
    """XXH3-64 of the canonical form of a URL."""
    return xxhash.xxh3_64_intdigest(canonical_url(url).encode("utf-8", "surrogatepass"))


def expand(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths, each folder replaced by its files `domains` and `urls` (or the same with .gz), as UT1 has them.

    Raises:
        RecipeError: a folder has neither.
    """
    found = []
    for path in paths:
        if not Path(path).is_dir():
            found.append(path)
            continue
        members = [Path(path) / f"{name}{ending}" for name in _UT1_FILES for ending in ("", ".gz")]
        inside = [str(member) for member in members if member.is_file()]
        if not inside:
            raise RecipeError(
                f"{path}: a folder without a file `domains` or `urls`. Name a list, or a folder as in UT1."
            )
        found += inside
    return tuple(found)


def load_blocklist(paths: tuple[str, ...]) -> Blocklist:
    """The union of lists of domains and URLs.

    A line with a slash or a scheme is a URL, every other line is a domain, with or without `*.` or `.` in front.

    Raises:
        RecipeError: a file is missing, or a line is neither, or is a public suffix such as co.uk; with file and line.
    """
    return _blocklist(_versions(expand(paths)))


def load_words(paths: tuple[str, ...]) -> np.ndarray:
    """uint64[k], sorted: `word_hash` of the words in lists. RecipeError: a file is missing or a line is no word."""
    return _words(_versions(paths))


def load_parts(paths: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The automaton of the parts of words in lists. RecipeError: a file is missing or a line is no word."""
    return _parts(_versions(paths))


_Versions = tuple[tuple[str, int, int], ...]
"""(path, time of change, size) of files: what a list that is kept in memory was made of."""


def _versions(paths: tuple[str, ...]) -> _Versions:
    return tuple((path, *_version(path)) for path in paths)


def _version(path: str) -> tuple[int, int]:
    """Time of change and size of a local file; a remote one is taken to stay as it is while the process lives."""
    system, place = fsspec.core.url_to_fs(path)
    if not isinstance(system, LocalFileSystem):
        return 0, 0
    try:
        stat = Path(place).stat()
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}.") from None
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=4)
def _blocklist(versions: _Versions) -> Blocklist:
    lists = [_read_blocklist(path) for path, _, _ in versions]
    return Blocklist(
        domains=_merged([one.domains for one in lists]),
        sites=_merged([one.sites for one in lists]),
        urls=_merged([one.urls for one in lists]),
    )


@lru_cache(maxsize=16)
def _words(versions: _Versions) -> np.ndarray:
    return _hashed(word_hash(word) for path, _, _ in versions for word in _read_words(path))


@lru_cache(maxsize=16)
def _parts(versions: _Versions) -> tuple[np.ndarray, np.ndarray]:
    return automaton(word for path, _, _ in versions for word in _read_words(path))


def _hashed(hashes: Iterable[int]) -> np.ndarray:
    """Sorted and distinct."""
    return distinct(np.fromiter(hashes, np.uint64))


def _merged(hashes: list[np.ndarray]) -> np.ndarray:
    """Sorted and distinct."""
    return distinct(np.concatenate([np.empty(0, np.uint64), *hashes]))


def _read_words(path: str) -> Iterator[str]:
    """The words of a list in lower case, hyphens and the like left out."""
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            word = line.strip().decode("utf-8", "replace").lower()
            if not word or word.startswith("#"):
                continue
            letters = "".join(character for character in word if character.isalnum())
            if not letters or not letters.isascii():
                raise RecipeError(f"{path} line {number}: a word has ASCII letters and digits, as URLs do.")
            yield letters


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """The bytes of a list, decompressed if they are gzip.

    Raises:
        RecipeError: the file cannot be read; also while it is.
    """
    try:
        with reading(path) as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not packed:
                yield file
                return
            with gzip.open(file) as unpacked:
                yield unpacked
    except (OSError, EOFError, zlib.error) as error:
        raise RecipeError(f"{path}: {error}.") from None


def _read_blocklist(path: str) -> Blocklist:
    domains: list[np.ndarray] = []
    urls: list[str] = []
    for number, data, starts in _lines(path):
        kind = np.empty(len(starts) - 1, np.uint8)
        hashes = np.zeros((len(starts) - 1, 2), np.uint64)
        scan_entries(data, starts, kind, hashes)
        for line in np.flatnonzero(kind == OTHER).tolist():
            where = f"{path} line {number + line}"
            entry = _decoded(data[starts[line] : starts[line + 1]].tobytes())
            host = _domain(entry, where)
            if host is None:
                urls.append(entry)
                continue
            kind[line] = DOMAIN
            hashes[line] = host_hash(host), host_hash(host.partition(".")[2])
        named = np.flatnonzero(kind == DOMAIN)
        suffixes = named[public_suffixes().among(hashes[named])]
        if len(suffixes):
            line = int(suffixes[0])
            entry = _decoded(data[starts[line] : starts[line + 1]].tobytes())
            problem = f"'{entry}' is a public suffix, and would block every site below it"
            raise RecipeError(f"{path} line {number + line}: {problem}. Name the sites.")
        domains.append(hashes[named, 0])
    return Blocklist(
        domains=_merged(domains),
        sites=_hashed(host_hash(canonical_site(url) or "") for url in urls),
        urls=_hashed(url_hash(url) for url in urls),
    )


def _lines(path: str) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """A list in blocks of about 8 MB: (number of the first line, uint8[m], int64[n + 1] where its n lines begin)."""
    number, rest = 1, b""
    with _opened(path) as file:
        while block := file.read(_BLOCK_BYTES):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                data = np.frombuffer(whole + newline, np.uint8)
                starts = np.concatenate([[0], np.flatnonzero(data == 0x0A) + 1])
                yield number, data, starts
                number += len(starts) - 1
    if rest:
        yield number, np.frombuffer(rest, np.uint8), np.array([0, len(rest)])


def _decoded(line: bytes) -> str:
    """The entry of a line, without a comment behind it. Bytes that are not UTF-8 are percent-encoded, as in URLs."""
    line = line.strip().removeprefix(b"\xef\xbb\xbf")
    for comment in (b" #", b"\t#"):
        line = line.partition(comment)[0].rstrip()
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return quote_from_bytes(line, safe=bytes(range(0x21, 0x7F)))


def _domain(entry: str, where: str) -> str | None:
    """The host that an entry names, None if the entry is a URL.

    Raises:
        RecipeError: it is neither.
    """
    name = entry.removeprefix("*").removeprefix(".")
    if "/" in entry:
        if canonical_site(entry) is None:
            raise RecipeError(f"{where}: '{entry}' is no URL, it has no host.")
        return None
    host = canonical_host(f"http://{name}")
    if host is None or not _HOST.fullmatch(host) or ":" in name.rpartition("]")[2]:
        raise RecipeError(f"{where}: '{entry}' is neither a domain nor a URL. A URL has a slash behind its host.")
    return host
