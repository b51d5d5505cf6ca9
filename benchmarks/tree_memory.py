"""How much memory a process and all that it started take together, at their peak."""

import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Self

SECONDS = 0.2
"""Between two looks."""


class Peak:
    """While the block runs: the most that the process `pid` and its descendants held, together, and one of them alone.

    Proportional set size, from /proc: a page that three processes share counts a third for each.
    """

    def __init__(self, pid: int) -> None:
        self.kib = self.largest_kib = 0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS):
            each = [_pss(pid) for pid in family(self._pid)]
            self.kib, self.largest_kib = max(self.kib, sum(each)), max(self.largest_kib, *each)


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    children = defaultdict(list)
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            children[int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])].append(int(place.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children[found[-1]]
    return found


def _pss(pid: int) -> int:
    with suppress(OSError):
        for line in (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
