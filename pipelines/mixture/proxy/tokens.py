"""Texts as arrays of tokens on disk, one file a domain and part, which every run maps into its memory."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from crawlsieve import __version__
from crawlsieve.pipelines.fingerprint import fingerprint, sha256_of
from crawlsieve.pipelines.mixture.proxy.texts import TRAIN, VALID, Texts
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed, nearest
from crawlsieve.stages.mix.tokenizer import load_tokenizer

HEAD = "tokens.json"
"""Written last: a folder without it is not finished."""
VERSION = 1
"""Of how texts become tokens: another one, and they are read again."""
BYTES = 256
"""Of byte-level tokens; 256 itself ends a document."""

MOST_DOMAINS = 768
"""A run maps a file of each, and systems let a process have 1,024 files open, if nobody says otherwise."""
_MOST_OPEN = 128

Encode = Callable[[str], list[int] | npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class Tokens:
    """What `prepare` wrote.

    Attributes:
        folder: where.
        key: of inputs and tokenizer.
        vocabulary: how many tokens there are, with the one that ends a document.
        dtype: of the files, little-endian.
        sizes: domain -> part -> (documents, bytes of text, tokens with those that end documents).
    """

    folder: Path
    key: str
    vocabulary: int
    dtype: str
    sizes: dict[str, dict[str, tuple[int, int, int]]]

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """In order of name."""
        return tuple(sorted(self.sizes))

    def of(self, domain: str, part: str) -> npt.NDArray[Any]:
        """uint16 or uint32[n]: the documents one after the other, not read before they are used."""
        return np.memmap(_path(self.folder, self.domains.index(domain), part), np.dtype(self.dtype), "r")

    def bytes_a_token(self, domain: str) -> float:
        """Of the validation texts; what ends a document is a token of no bytes."""
        _, size, tokens = self.sizes[domain][VALID]
        return size / tokens

    def windows(self, domain: str, count: int, length: int) -> npt.NDArray[np.int64]:
        """int64[m, length], m <= count: evenly spaced in the validation tokens, none overlapping another.

        Raises:
            MixtureError: there are fewer tokens than one window has.
        """
        held = self.of(domain, VALID)
        most = min(count, len(held) // length)
        if not most:
            raise MixtureError(f"{domain} has {len(held)} validation tokens; one window has {length}.")
        starts = np.linspace(0, len(held) - length, most).astype(np.int64)
        windows: npt.NDArray[np.int64] = held[starts[:, None] + np.arange(length)].astype(np.int64)
        return windows

    def check(self, domains: tuple[str, ...], length: int) -> None:
        """Hold the domains of a design against those that there are texts of.

        Raises:
            MixtureError: one has no data, or too little for a sequence of `length`.
        """
        absent = [name for name in domains if name not in self.sizes]
        if absent:
            hint = nearest(absent[0], self.domains)
            raise MixtureError(f"The design has {listed(absent)}, of which there is no text.{hint}")
        for name in self.domains:
            for part in (TRAIN, VALID) if name in domains else (VALID,):
                tokens = self.sizes[name].get(part, (0, 0, 0))[2]
                if tokens < length:
                    raise MixtureError(f"{name} has {tokens} tokens to {part}; a sequence takes {length}.")


def prepare(texts: Texts, tokenizer: str | None, folder: Path, tell: Callable[[str], None]) -> Tokens:
    """Write the tokens, unless those of the same inputs stand there.

    Raises:
        CrawlsieveError: the tokenizer cannot be read, package `tokenizers` is not installed, there are more than
            MOST_DOMAINS domains.
    """
    coder = None if tokenizer is None else Path(tokenizer)
    if coder is not None and not coder.is_file():
        raise MixtureError(f"--tokenizer {coder}: there is no such file. A tokenizer.json of `tokenizers` is wanted.")
    digest = "bytes" if coder is None else sha256_of(str(coder))
    key = fingerprint([__version__, VERSION, *texts.identity, digest])
    found = _standing(folder, key)
    if found is not None:
        return found
    tell("reading texts")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    encode, end = (_bytes, BYTES) if coder is None else _encoder(coder, digest)
    dtype = "<u2" if end < 1 << 16 else "<u4"
    sizes = _write(texts, encode, end, np.dtype(dtype), folder)
    head = {"key": key, "vocabulary": end + 1, "dtype": dtype, "sizes": sizes}
    (folder / HEAD).write_text(json.dumps(head, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return load(folder)


def load(folder: Path) -> Tokens:
    """What stands in a folder."""
    head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
    sizes = {name: {part: tuple(size) for part, size in parts.items()} for name, parts in head["sizes"].items()}
    return Tokens(folder, head["key"], head["vocabulary"], head["dtype"], sizes)


def _standing(folder: Path, key: str) -> Tokens | None:
    if not (folder / HEAD).is_file():
        return None
    found = load(folder)
    return found if found.key == key else None


def _write(
    texts: Texts, encode: Encode, end: int, dtype: np.dtype[Any], folder: Path
) -> dict[str, dict[str, tuple[int, int, int]]]:
    """Files are named by when their domain was first met, then renamed into the order of names."""
    sizes: dict[str, dict[str, tuple[int, int, int]]] = {}
    paths: dict[tuple[str, str], Path] = {}
    with closing(_Growing()) as files:
        for some in texts.read():
            if some.domain not in sizes and len(sizes) == MOST_DOMAINS:
                raise MixtureError(
                    f"There are more than {MOST_DOMAINS} domains; '{some.domain}' is one of them. A run keeps a file of"
                    " each open. A domain is a part of the data, such as a language: choose a wider --domain."
                )
            path = paths.setdefault((some.domain, some.part), folder / f"{len(paths)}.part")
            documents, size, tokens = sizes.setdefault(some.domain, {}).get(some.part, (0, 0, 0))
            files.write(path, b"")
            for text in some.texts:
                found = np.append(np.asarray(encode(text), dtype), dtype.type(end))
                files.write(path, found.tobytes())
                documents, size, tokens = documents + 1, size + len(text.encode()), tokens + len(found)
            sizes[some.domain][some.part] = (documents, size, tokens)
    place = {domain: number for number, domain in enumerate(sorted(sizes))}
    for (domain, part), path in paths.items():
        path.rename(_path(folder, place[domain], part))
    return sizes


class _Growing:
    """Files that grow at their ends, of which a bounded number is open: those that were written last."""

    def __init__(self) -> None:
        self._open: dict[Path, BinaryIO] = {}

    def write(self, path: Path, data: bytes) -> None:
        """Write behind what is there."""
        file = self._open.pop(path, None)
        if file is None:
            if len(self._open) == _MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()
            file = path.open("ab")
        self._open[path] = file
        file.write(data)

    def close(self) -> None:
        """Close all of them."""
        for file in self._open.values():
            file.close()


def _path(folder: Path, number: int, part: str) -> Path:
    return folder / f"{number:05}.{part}.bin"


def _bytes(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _encoder(path: Path, digest: str) -> tuple[Encode, int]:
    """How a text is encoded, and the token that ends a document: one more than the tokenizer has."""
    tokenizer = load_tokenizer(str(path), digest)

    def encode(text: str) -> list[int]:
        found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        return found

    return encode, tokenizer.get_vocab_size()
