"""Exact selection (`dedup/select.py`) of band keys in memory: time, memory, and worst cases. Prints Markdown.

Each row is a process of its own. Seconds are CPU time of the one thread, the best of several runs after one that
compiles; memory is the most that the process held, the band keys included.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from near_keys import planted
from near_tables import peak_gib, table

from crawlsieve.dedup.select import Selection, select

BANDS = 14
CASES = "copies", "chain", "equal", "hot"


def main() -> None:
    """Print the section, or measure one case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--chain", type=int, default=100_000)
    parser.add_argument("--worst", type=int, default=1_000_000, help="documents of the other worst cases")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--one", nargs=2, metavar=("CASE", "DOCUMENTS"))
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one[0], int(asked.one[1]), asked.repeats)))
        return
    print(f"## Exact selection\n\n{BANDS} bands, documents in total order.\n")
    sizes = [("copies", number) for number in asked.documents]
    worst = [("chain", asked.chain), ("equal", asked.worst), ("hot", asked.worst)]
    rows = [row(case, number, asked.repeats) for case, number in sizes + worst]
    table(("documents", "number", "kept", "should be", "seconds", "documents/s", "peak GiB", "bytes each"), rows)
    if len(asked.documents) > 1:
        first, last = rows[0], rows[len(sizes) - 1]
        times = float(str(last[4])) / float(str(first[4]))
        print(f"From {first[1]:,} to {last[1]:,} documents: {times:.1f} times as long.\n")


def row(case: str, documents: int, repeats: int) -> tuple[str, int, int, int, float, float, float, float]:
    """A case, in a process of its own."""
    command = [sys.executable, __file__, "--repeats", str(repeats), "--one", case, str(documents)]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    seconds, peak = found["seconds"], found["peak"]
    told = (found["kept"], found["right"], seconds, documents / seconds, peak, peak * (1 << 30) / documents)
    return (TITLES[case], documents, *told)


def measure(case: str, documents: int, repeats: int) -> dict[str, float]:
    """Seconds, memory, documents kept, and how many should be."""
    select(np.zeros((2, BANDS), np.int64), np.ones(2, np.bool_))
    keys, right = MAKERS[case](documents)
    keys = np.asfortranarray(keys)  # as the stage holds them
    present = np.ones(documents, np.bool_)
    times = []
    selection = Selection(np.empty(0, np.int64), np.empty(0, np.int32))
    for _ in range(repeats):
        begun = time.thread_time()
        selection = select(keys, present)
        times.append(time.thread_time() - begun)
    return {"seconds": min(times), "peak": peak_gib(), "kept": int(selection.kept.sum()), "right": right}


def copies(documents: int) -> tuple[np.ndarray, int]:
    """15 % copies of documents that are none."""
    keys, original = planted(0, documents, BANDS, 15)
    return keys, int((original < 0).sum())


def chain(documents: int) -> tuple[np.ndarray, int]:
    """Each shares a key with the one before, and so on through the bands: every second is kept."""
    keys, _ = planted(0, documents, BANDS, 0)
    number = np.arange(documents - 1)
    keys[number + 1, number % BANDS] = keys[number, number % BANDS]
    return keys, (documents + 1) // 2


def equal(documents: int) -> tuple[np.ndarray, int]:
    """All the same."""
    return np.repeat(planted(0, 1, BANDS, 0)[0], documents, axis=0), 1


def hot(documents: int) -> tuple[np.ndarray, int]:
    """Half of them share the key of one band."""
    keys, _ = planted(0, documents, BANDS, 0)
    keys[::2, 0] = keys[0, 0]
    return keys, documents - (documents + 1) // 2 + 1


MAKERS: dict[str, Callable[[int], tuple[np.ndarray, int]]] = dict(zip(CASES, (copies, chain, equal, hot), strict=True))
TITLES = dict(zip(CASES, ("15 % copies", "a chain", "all equal", "one key shared by half of them"), strict=True))

if __name__ == "__main__":
    main()
