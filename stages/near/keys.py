"""`near_duplicates`: from texts to band keys, and to the evidence by which candidates are compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

import numpy as np
import pyarrow as pa
from annotated_types import Ge, Gt, Le, Lt

from crawlsieve.dedup.bands import LAYOUTS, Bands, from_recall, from_threshold
from crawlsieve.dedup.bands import VERSION as KEY_VERSION
from crawlsieve.dedup.minhash import MinHash
from crawlsieve.dedup.shingles import VERSION as SHINGLE_VERSION
from crawlsieve.dedup.shingles import Shingles, character_shingles, word_shingles
from crawlsieve.filters.normalised import Normalisation, normalised_text, normalised_words
from crawlsieve.filters.segments import VERSION as SEGMENT_VERSION
from crawlsieve.filters.segments import segment
from crawlsieve.schemas.column import column
from crawlsieve.stages.total_order import TotalOrder

Difference = Literal["case", "accents", "punctuation", "numbers"]
Measure = Literal["estimated", "exact", "containment"]

_TEXT_AT_ONCE = 2 << 20  # bytes; word hashes take several times as many
_PERMUTATIONS = 128


@dataclass(frozen=True, kw_only=True)
class Verify:
    """How documents that share a band are compared before one of them is removed.

    Args:
        measure: `estimated`: the share of equal places of two signatures. `exact`: Jaccard similarity of the sets of
            shingles. `containment`: how much of the smaller set is in the other.
        at_least: smallest similarity of duplicates.
    """

    measure: Measure = "estimated"
    at_least: Annotated[float, Gt(0), Le(1)]


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    """Documents of which one is removed if it shares a band of its MinHash signature with one that is kept.

    Not a step of the chain: it stands at its end, behind `exact_duplicates`. The first in total order of documents is
    kept, and so is every document that shares no band with a kept one, so that chains do not collapse.

    Args:
        method: `minhash_lsh` looks band keys up in an exact table. `lshbloom` (arXiv:2411.04257) has one Bloom filter a
            band instead, of a fixed size for any number of documents; it cannot name the twin that a filter remembers.
        unit: what a shingle is made of.
        ngram: how many of them. A shorter document has one shingle, all it has.
        ignore: differences between words that do not matter. Without `punctuation`, symbols are words, too.
        bands: bands of a signature; with `rows`. FineWeb's 14 of 8, if neither these nor a threshold is given.
        rows: values of a band.
        layout: instead of bands and rows: the name of a usual layout. RedPajama-v2's have 128 permutations.
        threshold: instead of bands and rows: the similarity near which the chance to be found rises fastest, as
            datasketch chooses them. It finds about half of the pairs of this similarity: `plan` prints the curve.
        recall: with a threshold: the share of pairs of that similarity to be found, by the strictest layout that does.
        permutations: values of a signature; bands * rows, or 128 with a layout or threshold, if not given.
        priority: columns of the total order, highest first, `-column` for lowest first, unknown last; then the id. The
            same as that of `exact_duplicates`, if both are given.
        verify: a number is the smallest estimated similarity; `{measure: ..., at_least: ...}` compares otherwise.
        max_comparisons: documents of a bucket, the first in total order, with which others are compared.
        false_positive_rate: of `lshbloom`, over all bands.
        block_documents: documents that `lshbloom` decides at a time; part of the result.
        seed: of the permutations.
        history: address of a history index, as `crawlsieve index` makes it: a document that shares a band with one that
            was published before is removed, too, before documents are compared with each other.

    Raises:
        ValueError: options that contradict each other.
    """

    version: ClassVar[int] = 1

    method: Literal["minhash_lsh", "lshbloom"] = "minhash_lsh"
    unit: Literal["words", "characters"] = "words"
    ngram: Annotated[int, Ge(1), Le(1000)] = 5
    ignore: tuple[Difference, ...] = ("case", "accents", "punctuation", "numbers")
    bands: Annotated[int, Ge(1)] | None = None
    rows: Annotated[int, Ge(1)] | None = None
    layout: Literal["fineweb", "rpv2_0.7", "rpv2_0.8", "rpv2_0.9"] | None = None
    threshold: Annotated[float, Gt(0), Lt(1)] | None = None
    recall: Annotated[float, Gt(0), Lt(1)] | None = None
    permutations: Annotated[int, Ge(1), Le(65_536)] | None = None
    priority: tuple[str, ...] = ()
    verify: Annotated[float, Gt(0), Le(1)] | Verify | None = None
    max_comparisons: Annotated[int, Ge(1)] = 100
    false_positive_rate: Annotated[float, Gt(0), Lt(1)] = 1e-5
    block_documents: Annotated[int, Ge(1)] = 1 << 20
    seed: Annotated[int, Ge(0)] = 1
    history: str | None = None

    def __post_init__(self) -> None:
        TotalOrder(self.priority)
        if (self.bands is None) != (self.rows is None):
            raise ValueError("'bands' and 'rows' go together: give both, or a 'threshold'")
        given = [name for name in ("bands", "layout", "threshold") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"'{given[1]}' chooses bands and rows: give it, or '{given[0]}', not both")
        if self.recall is not None and self.threshold is None:
            raise ValueError("'recall' is that of pairs of a similarity: give this as 'threshold'")
        if self.verify is not None and self.method == "lshbloom":
            raise ValueError("a Bloom filter holds nothing to verify with: use 'method: minhash_lsh', or no 'verify'")
        banding = self.banding  # raises where no layout finds as many pairs
        if self.permutations is not None and banding.places > self.permutations:
            raise ValueError(
                f"{banding.bands} bands of {banding.rows} rows need {banding.places} permutations,"
                f" not {self.permutations}"
            )

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the order that a step has to add."""
        return TotalOrder(self.priority).reads

    @property
    def banding(self) -> Bands:
        """Bands and rows.

        Raises:
            ValueError: no layout of so many permutations finds as many pairs.
        """
        permutations = self.permutations or _PERMUTATIONS
        if self.threshold is not None and self.recall is not None:
            return from_recall(self.threshold, self.recall, permutations)
        if self.threshold is not None:
            return from_threshold(self.threshold, permutations)
        if self.bands is not None and self.rows is not None:
            return Bands(self.bands, self.rows)
        return LAYOUTS[self.layout or "fineweb"]

    @property
    def minhash(self) -> MinHash:
        """The permutations."""
        chosen = self.threshold is not None or self.layout is not None
        usual = _PERMUTATIONS if chosen else self.banding.places
        return MinHash(permutations=self.permutations or usual, seed=self.seed % (1 << 32))

    @property
    def normalisation(self) -> Normalisation:
        """The spelling of words."""
        return Normalisation(**{name: name in self.ignore for name in get_args(Difference)})

    @property
    def verification(self) -> Verify | None:
        """The long form of `verify`."""
        return Verify(at_least=self.verify) if isinstance(self.verify, float) else self.verify

    def describe(self) -> dict[str, object]:
        """What two sets of band keys must have in common to be comparable."""
        return {
            "segment_version": SEGMENT_VERSION,
            "unit": self.unit,
            "ngram": self.ngram,
            "shingle_version": SHINGLE_VERSION,
            "key_version": KEY_VERSION,
            **{f"normalise_{name}": value for name, value in self.normalisation.describe().items()},
            **self.minhash.describe(),
            **self.banding.describe(),
        }

    def evidence(self) -> pa.DataType | None:
        """Type of what is staged to verify with, if anything is."""
        if self.verification is None:
            return None
        return pa.binary(4 * self.minhash.permutations) if self.verification.measure == "estimated" else _SHINGLES

    def schema(self) -> pa.Schema:
        """`band_keys`, and `evidence` where documents are verified."""
        keys = column(
            "band_keys", pa.binary(8 * self.banding.bands), "int64 a band, null without shingles", nullable=True
        )
        evidence = self.evidence()
        if evidence is None:
            return pa.schema([keys])
        return pa.schema([keys, column("evidence", evidence, "signature, or hashes of shingles, ascending")])

    def keys(self, texts: pa.Array) -> list[pa.Array]:
        """The columns of `schema()` for large_string[n] texts."""
        parts = [self._keys(part) for part in _pieces(texts)] or [self._keys(texts)]
        return [pa.concat_arrays(columns) for columns in zip(*parts, strict=True)]

    def shingles(self, texts: pa.Array) -> Shingles:
        """The shingles of large_string[n] texts."""
        segments = segment(texts)
        if self.unit == "words":
            words = normalised_words(segments, self.normalisation)
            return word_shingles(words.first, words.hash, self.ngram)
        data, offsets = normalised_text(segments, self.normalisation)
        return character_shingles(offsets, data, self.ngram)

    def _keys(self, texts: pa.Array) -> list[pa.Array]:
        shingles = self.shingles(texts)
        signatures = self.minhash.signatures(shingles)
        keys = packed(*self.banding.keys(signatures))
        evidence = self.evidence()
        if evidence is None:
            return [keys]
        if evidence == _SHINGLES:
            return [keys, shingle_sets(shingles)]
        raw = pa.py_buffer(np.ascontiguousarray(signatures).tobytes())
        return [keys, pa.FixedSizeBinaryArray.from_buffers(evidence, len(signatures), [None, raw])]


_SHINGLES = pa.large_binary()


def shingle_sets(shingles: Shingles) -> pa.LargeBinaryArray:
    """large_binary[n]: the different hashes of each document, uint64 in ascending order."""
    first, hashes = shingles
    sets = [np.unique(hashes[first[doc] : first[doc + 1]]) for doc in range(len(first) - 1)]
    offsets = np.concatenate([[0], np.cumsum([8 * len(one) for one in sets])]).astype(np.int64)
    data = np.concatenate(sets) if sets else np.empty(0, np.uint64)
    return pa.LargeBinaryArray.from_buffers(
        _SHINGLES, len(sets), [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(data.tobytes())]
    )


def packed(keys: np.ndarray, present: np.ndarray) -> pa.FixedSizeBinaryArray:
    """binary(8 * bands)[n] of int64[n, bands], null where `present`, bool[n], is false."""
    bitmap = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little").tobytes())
    raw = pa.py_buffer(keys.tobytes())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(8 * keys.shape[1]), len(keys), [bitmap, raw])


def _pieces(texts: pa.Array) -> Iterator[pa.Array]:
    """The texts in slices of about `_TEXT_AT_ONCE` bytes, at least one text each."""
    if len(texts) == 0:
        return
    ends = np.cumsum(pa.compute.fill_null(pa.compute.binary_length(texts), 0).to_numpy(zero_copy_only=False))
    begin = 0
    while begin < len(texts):
        before = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, before + _TEXT_AT_ONCE, side="right")))
        yield texts.slice(begin, end - begin)
        begin = end
