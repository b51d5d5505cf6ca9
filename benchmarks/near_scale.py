"""LSHBloom over documents of random keys with planted copies, in one process and block by block. Prints Markdown.

The rule is that of `stages/near/bloom.py`, without its files: a block is looked up in the filters as they stood at its
start, what they do not know goes through `select`, and the keys of what is kept are added. A copy shares 1 to 14 keys
with an earlier document. Seconds are CPU time of the one thread, without the making of keys; memory is the process's.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from near_keys import planted
from near_tables import peak_gib, table

from crawlsieve.dedup.bloom import Bloom
from crawlsieve.dedup.bloom_sizes import BloomSize
from crawlsieve.dedup.select import select

RATE = 1e-5


@dataclass
class Walk:
    """What came out.

    Attributes:
        copies: planted.
        wrong: documents that are no copies, removed.
        expected: of those, from the bits that were set at the start of each block.
        missed: copies that were kept although their original was.
        orphans: copies that were kept because their original was removed wrongly.
    """

    copies: int = 0
    wrong: int = 0
    expected: float = 0.0
    missed: int = 0
    orphans: int = 0
    seconds: float = 0.0


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000_000)
    parser.add_argument("--block", type=int, default=1 << 20)
    parser.add_argument("--bands", type=int, default=14)
    parser.add_argument("--copies", type=int, default=10, help="of 100 documents")
    parser.add_argument("--seed", type=int, default=1, help="of the keys")
    asked = parser.parse_args()
    size = BloomSize(asked.documents, RATE, asked.bands)
    filters, begun = Bloom(size), time.perf_counter()
    warm(asked.bands)
    found = walk(filters, asked.documents, asked.block, asked.copies, asked.seed)
    took, fresh = time.perf_counter() - begun, asked.documents // 10
    flagged, likely = ask_fresh(filters, asked.documents, fresh, asked.block, asked.seed), filters.rate * fresh

    print(f"## LSHBloom, {asked.documents:,} documents\n")
    print(f"{asked.bands} bands, {RATE:g} asked, {asked.copies} % copies, blocks of {asked.block:,}.\n")
    rows: list[tuple[str, object]] = [
        ("documents a second of one core", asked.documents / found.seconds),
        ("CPU seconds", found.seconds),
        ("seconds by the clock, keys included", took),
        ("filters, bytes a document", size.bytes / asked.documents),
        ("peak memory, GiB", peak_gib()),
        ("copies planted", found.copies),
        ("copies missed", found.missed),
        ("copies kept since their original was removed wrongly", found.orphans),
        ("documents removed wrongly", found.wrong),
        ("of those expected, as the filters fill", round(found.expected, 1)),
        ("new documents asked at the end", fresh),
        ("flagged", flagged),
        ("of those expected", round(likely, 1)),
    ]
    table(("", "found"), rows)


def warm(bands: int) -> None:
    """Compile all loops."""
    walk(Bloom(BloomSize(2048, RATE, bands)), 2048, 1024, 10)


def walk(filters: Bloom, documents: int, block: int, percent: int, seed: int = 1) -> Walk:
    """Decide all documents, and compare with what was planted."""
    gone = np.zeros(documents, np.bool_)
    found = Walk()
    for first in range(0, documents, block):
        keys, original = planted(first, min(block, documents - first), filters.size.bands, percent, seed)
        here, own = slice(first, first + len(keys)), original < 0
        found.expected += filters.rate * int(own.sum())
        begun = time.thread_time()
        gone[here] = removed(filters, keys)
        found.seconds += time.thread_time() - begun
        found.copies += int((~own).sum())
        found.wrong += int((gone[here] & own).sum())
        left = original[~own & ~gone[here]]
        found.orphans += int(gone[left].sum())
        found.missed += int((~gone[left]).sum())
    return found


def removed(filters: Bloom, keys: np.ndarray) -> np.ndarray:
    """bool[n]: which documents of a block of int64[n, bands] go; the keys of the others are in the filters then."""
    gone = np.asarray(filters.contains(keys).any(axis=1))
    new = keys[~gone]
    kept = select(new, np.ones(len(new), np.bool_)).kept
    gone[~gone] = ~kept
    filters.add(new[kept])
    return gone


def ask_fresh(filters: Bloom, first: int, count: int, block: int, seed: int) -> int:
    """How many of further documents, of which none is a copy, the filters call known."""
    flagged = 0
    for start in range(0, count, block):
        keys, _ = planted(first + start, min(block, count - start), filters.size.bands, 0, seed)
        flagged += int(filters.contains(keys).any(axis=1).sum())
    return flagged


if __name__ == "__main__":
    main()
