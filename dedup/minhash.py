"""Signatures: the smallest value of each of K permutations over a document's shingles (Broder 1997).

Two signatures agree at one place with a probability that is the Jaccard similarity of the two sets of shingles, J. The
share of equal places estimates J without bias; its variance is J (1 - J) / K: at K = 128 and J = 0.8 the standard
deviation is 0.035. The permutations are those of datasketch 2.0.0: `datasketch_scheme.py`.

A document without shingles has the greatest value at all places, as datasketch's empty sketch has. It is like no other
document, nor like another empty one: an empty text says nothing about where it comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crawlsieve.dedup.datasketch_scheme import SCHEMES, Scheme, permutations
from crawlsieve.dedup.mixing import mix
from crawlsieve.dedup.shingles import Shingles
from crawlsieve.kernel import inlined, kernel


class NotComparableError(ValueError):
    """Signatures or keys of different parameters met."""


@dataclass(frozen=True)
class MinHash:
    """How signatures are made."""

    permutations: int = 128
    """K, values of a signature."""
    seed: int = 1
    """0 to 2**32 - 1: which permutations."""
    scheme: Scheme = "affine32"
    """affine32: values of 4 bytes. affine64: of 8, for sets of 10**8 shingles and more, which fill 32 bits."""

    def __post_init__(self) -> None:
        if self.permutations < 1:
            raise ValueError(f"permutations = {self.permutations}: 1 or more")
        if not 0 <= self.seed < 1 << 32:
            raise ValueError(f"seed = {self.seed}: from 0 to 2**32 - 1")
        if self.scheme not in SCHEMES:
            raise ValueError(f"scheme = {self.scheme!r}: one of {', '.join(SCHEMES)}")

    def describe(self) -> dict[str, int | str]:
        """What two signatures must have in common to be comparable, besides their shingles."""
        return {"permutations": self.permutations, "seed": self.seed, "scheme": self.scheme}

    def signatures(self, shingles: Shingles) -> np.ndarray:
        """uint32[n, K], or uint64[n, K] with affine64: a row a document.

        Tokens are the upper 32 bits of the hashes of shingles, or all 64.

        Cost: K multiply-adds a shingle, and 4 or 8 bytes of scratch a shingle.
        """
        tokens = shingles.hash
        if self.scheme == "affine32":
            tokens = (tokens >> np.uint64(32)).astype(np.uint32)
        return self.of_tokens(shingles.first, tokens)

    def of_tokens(self, first: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """The same for tokens as datasketch gets them from its `hashfunc`.

        Args:
            first: int64[n + 1], the tokens of document i are first[i] to first[i + 1] - 1.
            tokens: uint32[k], or uint64[k] with affine64.

        Raises:
            TypeError: tokens are not of the scheme's type.
        """
        kind = SCHEMES[self.scheme]
        if tokens.dtype != kind:
            raise TypeError(f"tokens of {self.scheme} are {kind.__name__}, not {tokens.dtype}")
        signatures = np.empty((len(first) - 1, self.permutations), kind)
        smallest = _smallest_32 if self.scheme == "affine32" else _smallest_64
        longest = int(np.diff(first).max(initial=0))
        a, b = permutations(self.permutations, self.seed, self.scheme)
        smallest(first, tokens, (a, b), np.empty(longest, kind), signatures)
        return signatures


def check_comparable(ours: Mapping[str, object], theirs: Mapping[str, object]) -> None:
    """Compare two descriptions (`describe()`, or several joined) of how signatures or keys were made.

    Raises:
        NotComparableError: they differ; the message names each parameter that does.
    """
    wrong = [
        f"{name} is {ours.get(name, 'absent')} here and {theirs.get(name, 'absent')} there"
        for name in {**ours, **theirs}
        if name not in ours or name not in theirs or ours[name] != theirs[name]
    ]
    if wrong:
        raise NotComparableError(f"signatures cannot be compared: {'; '.join(wrong)}")


def is_empty(signatures: np.ndarray) -> np.ndarray:
    """bool[n]: which rows of uint[n, K] are of documents without shingles."""
    empty: np.ndarray = (signatures == np.iinfo(signatures.dtype).max).all(axis=1)
    return empty


def similarity(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """float64[n]: share of equal places of two signatures, row by row; 0 where one is of an empty document.

    Args:
        left: uint32[n, K] or uint64[n, K], K >= 1.
        right: the same, made with equal parameters (`check_comparable`).

    Raises:
        ValueError: shapes or types differ.
    """
    if left.shape != right.shape or left.dtype != right.dtype:
        raise ValueError(f"{left.dtype}{list(left.shape)} and {right.dtype}{list(right.shape)}: not of one MinHash")
    places = (left == right).sum(axis=1, dtype=np.int64)
    share: np.ndarray = np.where(is_empty(left), 0, places) / left.shape[1]
    return share


@inlined
def _mix_32(h: np.uint32) -> np.uint32:
    """`mix` for 32 bits (finaliser of MurmurHash3)."""
    h ^= h >> np.uint32(16)
    h = np.uint32(h * np.uint32(0x85EBCA6B))
    h ^= h >> np.uint32(13)
    h = np.uint32(h * np.uint32(0xC2B2AE35))
    return h ^ (h >> np.uint32(16))


@kernel
def _smallest_32(
    first: np.ndarray,
    tokens: np.ndarray,
    permutation: tuple[np.ndarray, np.ndarray],
    mixed: np.ndarray,
    signatures: np.ndarray,
) -> None:
    """Set signatures[i, j] to the smallest a[j] * mix(t) + b[j] of document i, modulo 2**32.

    Args:
        first: as in `of_tokens`.
        tokens: as there.
        permutation: a, b, each uint32[K].
        mixed: uint32, room for the tokens of the longest document.
        signatures: uint32[n, K], to be filled.
    """
    a, b = permutation
    for doc in range(signatures.shape[0]):
        begin, count = first[doc], first[doc + 1] - first[doc]
        for i in range(count):
            mixed[i] = _mix_32(tokens[begin + i])
        for j in range(a.size):
            factor, addend, least = a[j], b[j], np.uint32(0xFFFFFFFF)
            for i in range(count):
                least = min(least, np.uint32(factor * mixed[i] + addend))
            signatures[doc, j] = least


@kernel
def _smallest_64(
    first: np.ndarray,
    tokens: np.ndarray,
    permutation: tuple[np.ndarray, np.ndarray],
    mixed: np.ndarray,
    signatures: np.ndarray,
) -> None:
    """As `_smallest_32`, modulo 2**64."""
    a, b = permutation
    for doc in range(signatures.shape[0]):
        begin, count = first[doc], first[doc + 1] - first[doc]
        for i in range(count):
            mixed[i] = mix(tokens[begin + i])
        for j in range(a.size):
            factor, addend, least = a[j], b[j], ~np.uint64(0)
            for i in range(count):
                least = min(least, factor * mixed[i] + addend)
            signatures[doc, j] = least
