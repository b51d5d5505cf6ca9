"""Documents that are like no other and are removed all the same. Prints Markdown.

Synthetic documents of random 64-bit shingles, all different. Ours: the signatures of `MinHash(256)`, the keys of
`Bands` and the stage of the job itself, `RemoveByBlocks`, in blocks of 1,000 documents with filters for as many
documents as come. In larger blocks fewer documents would be looked up in filters at all: in one block, none.
datasketch's LSHBloom gets the first places of the same signatures, one document after the other; datasketch gives the
same tokens the same signatures, so that this is its default (affine32). Its own are tried with fewer documents.
"""

import argparse
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from near_keys import planted
from near_tables import ask, table

from crawlsieve.dedup.bands import Bands, from_threshold
from crawlsieve.dedup.bloom import Bloom
from crawlsieve.dedup.bloom_sizes import BloomSize
from crawlsieve.dedup.minhash import MinHash
from crawlsieve.stages.near.bloom import RemoveByBlocks
from crawlsieve.stages.near.keys import packed

RATE = 1e-5
PERMUTATIONS = 256
LAYOUTS = {
    "T = 0.8, K = 128": from_threshold(0.8, 128),
    "T = 0.5, K = 256": from_threshold(0.5, 256),
    "FineWeb's": Bands(14, 8),
}
BATCH = 1 << 18
BLOCK = 1000
HASHED = 10_000_000
"""Shingles that are made at a time."""


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="the Python that has datasketch")
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--shingles", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--alone", type=int, default=20_000, help="documents of datasketch's own signatures")
    parser.add_argument("--capacity", type=int, default=10_000_000)
    asked = parser.parse_args()
    print(f"## False positives\n\n{RATE:g} asked over all bands. Documents that are like no other, and were removed:\n")
    head = ("layout", "bands x rows", "shingles", "documents", "expected", "crawlsieve", "datasketch 2.0.0")
    table(head, walks(asked.peers, asked.documents, asked.shingles), words=2)

    layout = LAYOUTS["T = 0.8, K = 128"]
    found = ask(asked.peers, "bloom_alone", asked.alone, layout.bands, layout.rows)["flagged"]
    print(f"datasketch's own signatures of 1,000 shingles, {shape(layout)}: {found:,} of {asked.alone:,}.\n")

    print(f"At full capacity: {asked.capacity:,} documents of random keys are added, and as many new ones asked.\n")
    table(("bands", "documents", "flagged", "expected", "asked"), full(asked.capacity))


def walks(peers: str, documents: int, shingles: list[int]) -> Iterator[tuple[object, ...]]:
    """A row for each length of documents and each layout."""
    with tempfile.TemporaryDirectory() as folder:
        for length in shingles:
            path = Path(folder) / "signatures.npy"
            np.save(path, signatures(documents, length))
            for name, layout in LAYOUTS.items():
                mine, likely = walk(np.load(path, mmap_mode="r"), layout)
                theirs = ask(peers, "bloom", path, layout.bands, layout.rows, RATE)["flagged"]
                yield name, shape(layout), length, documents, likely, mine, theirs


def signatures(documents: int, length: int) -> np.ndarray:
    """uint32[documents, PERMUTATIONS], of `length` random shingles each."""
    chance, minhash, parts = np.random.default_rng(length), MinHash(PERMUTATIONS), []
    for start in range(0, documents, HASHED // length):
        count = min(HASHED // length, documents - start)
        shingles = chance.integers(0, 2**64, count * length, np.uint64)
        tokens = (shingles >> np.uint64(32)).astype(np.uint32)
        parts.append(minhash.of_tokens(np.arange(count + 1) * length, tokens))
    return np.concatenate(parts)


def walk(made: np.ndarray, layout: Bands) -> tuple[int, float]:
    """(documents that the job's own stage removes, how many are expected while the filters fill)."""
    batches = []
    for start in range(0, len(made), BATCH):
        keys, present = layout.keys(np.ascontiguousarray(made[start : start + BATCH]))
        numbers = np.arange(start, start + len(keys))
        ids = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(16), len(keys), [None, pa.py_buffer(np.repeat(numbers, 2).tobytes())]
        )
        columns = [pa.array(np.zeros(len(keys), np.int32)), pa.array(numbers), ids, packed(keys, present)]
        batches.append(pa.RecordBatch.from_arrays(columns, ["shard", "row", "id", "band_keys"]))
    with tempfile.TemporaryDirectory() as folder:
        list(RemoveByBlocks(folder, len(made), layout.bands, RATE, BLOCK)(iter(batches)))
        gone = sum(pq.read_metadata(path).num_rows for path in Path(folder).glob("gone/*.parquet"))
    return gone, filling(len(made), layout.bands)


def filling(documents: int, bands: int) -> float:
    """False positives to expect of a walk, each block meeting filters that hold those before it."""
    size = BloomSize(documents, RATE, bands)
    held = np.arange(0, documents, BLOCK)
    share = -np.expm1(-size.hashes * held / size.bits)
    return float((-np.expm1(bands * np.log1p(-(share**size.hashes)))).sum() * BLOCK)


def full(capacity: int) -> Iterator[tuple[object, ...]]:
    """New documents that full filters call known."""
    for bands in (9, 14):
        filters = Bloom(BloomSize(capacity, RATE, bands))
        flagged = 0
        for start in range(0, capacity, BATCH):
            filters.add(planted(start, min(BATCH, capacity - start), bands, 0)[0])
        likely = filters.rate * capacity
        for start in range(capacity, 2 * capacity, BATCH):
            keys, _ = planted(start, min(BATCH, 2 * capacity - start), bands, 0)
            flagged += int(filters.contains(keys).any(axis=1).sum())
        yield bands, capacity, flagged, round(likely, 1), round(RATE * capacity, 1)


def shape(layout: Bands) -> str:
    """Bands and rows, in words."""
    return f"{layout.bands} x {layout.rows}"


if __name__ == "__main__":
    warnings.simplefilter("error")
    main()
