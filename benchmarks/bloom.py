"""Bloom filters of 14 bands at 1e-5: documents a second, bytes a document, false positives. Prints Markdown.

One thread, whose CPU time counts. Ours holds as many documents as it was made for, and is asked about as many new
ones; the peers have one filter of one band's rate and fewer keys, which suits their caches. Keys are random 64-bit
integers.
"""

import argparse
import json
import random
import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Any

RATE, BANDS = 1e-5, 14
BATCH = 1 << 18
PEERS = {"pybloom-live": 200_000, "pybloomfilter3": 1_000_000}
"""Keys that each is measured with."""


def main() -> None:
    """Print the section, or answer as the peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="the Python that has pybloom-live and pybloomfilter3")
    parser.add_argument("--documents", type=int, default=10_000_000)
    asked = parser.parse_args()
    if asked.peers is None:
        print(json.dumps({name: theirs(name, number) for name, number in PEERS.items()}))
        return
    done = subprocess.run([asked.peers, __file__], stdout=subprocess.PIPE, text=True, check=True)
    rows = {"crawlsieve": ours(asked.documents), **json.loads(done.stdout.splitlines()[-1])}
    print(
        f"## Bloom filters\n\n{BANDS} bands, {RATE:g} false positives asked; a document has {BANDS} keys. One core.\n"
    )
    print("| | documents | added/s | new looked up/s | known looked up/s | looked up and added/s | bytes | flagged |")
    print("| --- " + "| ---: " * 7 + "|")
    for name, row in rows.items():
        number, flagged = row["documents"], row["flagged"]
        told = f"{flagged:,} of {number:,} ({number * RATE:,.0f} expected)" if flagged is not None else "-"
        cells = [f"{number:,}", *(f"{row[part]:,.0f}" for part in ("add", "new", "known", "both"))]
        print(f"| {name} | {' | '.join(cells)} | {row['bytes']:.2f} | {told} |")
    print(f"\nA peer's documents are its keys divided by {BANDS}.")


def ours(number: int) -> dict[str, float]:
    """What we do a second; the filters end as full as they may be."""
    import numpy as np  # noqa: PLC0415 (not for the peer)

    from crawlsieve.dedup.bloom import Bloom  # noqa: PLC0415
    from crawlsieve.dedup.bloom_sizes import BloomSize  # noqa: PLC0415

    size = BloomSize(number, RATE, BANDS)
    bloom = Bloom(size)
    warm = Bloom(BloomSize(1, RATE, BANDS))
    warm.add(np.zeros((1, BANDS), np.int64))
    warm.contains(np.zeros((1, BANDS), np.int64))
    bloom.layers[0].bits.fill(0)  # so that the pages are there
    spent = dict.fromkeys(("first", "add", "new", "known"), 0.0)
    flagged = 0

    def timed(part: str, work: Callable[[Any], Any], keys: Any) -> Any:  # noqa: ANN401 (arrays, or nothing)
        start = time.thread_time()
        answer = work(keys)
        spent[part] += time.thread_time() - start
        return answer

    for seed in (1, 2):
        chance = np.random.default_rng(seed)
        for start in range(0, number, BATCH):
            keys = chance.integers(-(2**63), 2**63, (min(BATCH, number - start), BANDS))
            if seed == 1:
                timed("first", bloom.contains, keys)
                timed("add", bloom.add, keys)
                timed("known", bloom.contains, keys)
            else:
                flagged += int(timed("new", bloom.contains, keys).any(axis=1).sum())
    speeds = {part: number / spent[part] for part in ("add", "new", "known")}
    both = number / (spent["first"] + spent["add"])
    return speeds | {"both": both, "documents": number, "bytes": size.bytes / number, "flagged": flagged}


def theirs(name: str, number: int) -> dict[str, float | None]:
    """What a peer does a second; runs in the peers' environment."""
    rate = 1 - (1 - RATE) ** (1 / BANDS)
    if name == "pybloom-live":
        from pybloom_live import BloomFilter  # noqa: PLC0415

        held = BloomFilter(number, rate)
        bits = held.num_bits
    else:
        from pybloomfilter import BloomFilter  # noqa: PLC0415

        held = BloomFilter(number, rate)
        bits = held.num_bits
    chance = random.Random(1)  # noqa: S311 (no secret)
    keys, others = ([chance.getrandbits(63) for _ in range(number)] for _ in range(2))

    def seconds(work: Callable[[int], object], items: Iterable[int]) -> float:
        start = time.thread_time()
        for item in items:
            work(item)
        return time.thread_time() - start

    add = seconds(held.add, keys)
    new, known = seconds(held.__contains__, others), seconds(held.__contains__, keys)
    spent = {"add": add, "new": new, "known": known, "both": add + new}
    speeds = {part: number / BANDS / took for part, took in spent.items()}
    return speeds | {"documents": number // BANDS, "bytes": bits / 8 / number * BANDS, "flagged": None}


if __name__ == "__main__":
    main()
