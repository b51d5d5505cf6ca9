"""Bytes of a document in each index. Prints Markdown.

Ours is the file of `stages/bloom_file.py`, headers included. datasketch gets the same signatures: its LSHBloom has its
files, its MinHashLSH what Python has allocated for it (tracemalloc), and its pickle.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from near_tables import ask, table

from crawlsieve.dedup.bands import Bands
from crawlsieve.dedup.bloom import Bloom
from crawlsieve.dedup.bloom_sizes import BloomSize
from crawlsieve.dedup.minhash import MinHash
from crawlsieve.stages.bloom_file import load_bloom, save_bloom

RATE = 1e-5
LAYOUTS = (Bands(14, 8), Bands(9, 13))
SHINGLES = 50


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="the Python that has datasketch")
    parser.add_argument("--documents", type=int, default=100_000)
    asked = parser.parse_args()
    print(f"## Index size\n\nBytes a document, {asked.documents:,} documents; filters at {RATE:g}.\n")
    theirs = ("LSHBloom, files", "MinHashLSH, memory", "MinHashLSH, pickle")
    head = ("bands x rows", "crawlsieve, Bloom file", "band keys alone", *theirs, "pickle / ours", "memory / ours")
    table(head, rows(asked.peers, asked.documents))


def rows(peers: str, documents: int) -> Iterator[tuple[object, ...]]:
    """A row for each layout."""
    chance, minhash = np.random.default_rng(1), MinHash(max(layout.places for layout in LAYOUTS))
    tokens = chance.integers(0, 2**32, documents * SHINGLES, np.uint32)
    made = minhash.of_tokens(np.arange(documents + 1) * SHINGLES, tokens)
    with tempfile.TemporaryDirectory() as folder:
        path, index = Path(folder) / "signatures.npy", Path(folder) / "index.bloom"
        np.save(path, made)
        for layout in LAYOUTS:
            keys, _ = layout.keys(made)
            filters = Bloom(BloomSize(documents, RATE, layout.bands))
            filters.add(keys)
            save_bloom(str(index), filters, layout.describe())
            if not load_bloom(str(index))[0].contains(keys).all():
                raise SystemExit("a key is not found again")
            ours = index.stat().st_size
            held = ask(peers, "table_size", path, layout.bands, layout.rows)
            bloom = ask(peers, "bloom", path, layout.bands, layout.rows, RATE)
            sizes = (ours, 8 * layout.bands * documents, bloom["bytes"], held["memory"], held["pickle"])
            each = [round(size / documents, 1) for size in sizes]
            shape = f"{layout.bands} x {layout.rows}"
            yield (shape, *each, round(held["pickle"] / ours, 1), round(held["memory"] / ours, 1))


if __name__ == "__main__":
    main()
