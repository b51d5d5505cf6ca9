"""What a user sees while a run runs: a live line in a terminal, plain lines elsewhere, the funnel at the end."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from crawlsieve.stages.counts import PROGRESS
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.read import Input

PLAIN_SECONDS = 10.0
"""Between two lines where there is no terminal."""

Watch = Callable[[Batch], None]


class Progress:
    """Speaks to a console; `Progress.silent()` to none."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @classmethod
    def silent(cls) -> "Progress":
        """Says nothing."""
        return cls(Console(quiet=True))

    def say(self, line: str) -> None:
        """One line."""
        self._console.print(Text(line), soft_wrap=True)  # one line in a log too, which is 80 columns wide to rich

    @contextmanager
    def reading(self, inputs: Sequence[Input]) -> Iterator[Watch]:
        """While the shards are read: documents and bytes a second, the part kept, the time left."""
        state = Reading([item.size or 0 for item in inputs], time.monotonic())

        def see(batch: Batch) -> None:
            state.see(batch)
            refresh()

        with self._shown(state.line) as refresh:
            yield see
        self.say(state.line())

    @contextmanager
    def publishing(self, ranges: int) -> Iterator[Watch]:
        """While the tables are written."""
        done = 0

        def line() -> str:
            return f"publishing: {done} of {ranges} file sets written"

        def see(_: Batch) -> None:
            nonlocal done
            done += 1
            refresh()

        with self._shown(line) as refresh:
            yield see

    def funnel(self, manifest: dict[str, Any]) -> None:
        """Where the records went, by outcome and reason."""
        balance, sink = manifest["balance"], manifest["counts"].get("sink", {})
        table = Table(title=f"{manifest['name']}: {balance['records']} records", title_justify="left")
        table.add_column("outcome")
        table.add_column("documents", justify="right")
        table.add_column("share", justify="right")
        for outcome in ("documents", "rejected", "duplicates", "failed"):
            share = balance[outcome] / balance["records"] if balance["records"] else 0.0
            table.add_row(
                Text("kept" if outcome == "documents" else outcome, "bold"), str(balance[outcome]), f"{share:.1%}"
            )
            for name, count in _details(outcome, sink, manifest["counts"].get("decide", {})):
                table.add_row(Text(f"  {name}"), str(count), "")
        self._console.print(table)
        if not manifest["deterministic"]:
            self.say(
                "not deterministic: the machine or the network decided what became of a record "
                "(extract_watchdog, extract_crashed, unreachable)"
            )

    @contextmanager
    def _shown(self, line: Callable[[], str]) -> Iterator[Callable[[], None]]:
        if self._console.is_terminal:
            with Live(console=self._console, transient=True, get_renderable=lambda: Text(line())):
                yield lambda: None
            return
        last = time.monotonic()

        def refresh() -> None:
            nonlocal last
            if time.monotonic() - last >= PLAIN_SECONDS:
                last = time.monotonic()
                self.say(line())

        yield refresh


class Reading:
    """How far the pass over the shards is. A shard that was done before it began counts as done, and for no rate."""

    def __init__(self, sizes: Sequence[int], start: float) -> None:
        self._sizes, self._total, self._start = sizes, sum(sizes), start
        self._records = self._bytes = self._kept = self._done = self._ended = 0
        self._read: dict[int, int] = defaultdict(int)

    def see(self, batch: Batch) -> None:
        """Take rows of COUNTS: progress as it happens, then a shard's totals."""
        rows = batch.to_pylist()
        for row in rows:
            if row["step"] == PROGRESS and row["name"] == "records":
                self._records += row["value"]
                self._read[row["shard"]] += row["value"]
            elif row["step"] == PROGRESS and row["name"] == "bytes":
                self._bytes += row["value"]
            elif row["step"] == "sink" and row["name"] == "documents":
                self._done += 1
                self._end(row["shard"], row["value"])

    def _end(self, shard: int, kept: int) -> None:
        if shard not in self._read:
            self._total -= self._sizes[shard]
            return
        self._kept += kept
        self._ended += self._read.pop(shard)

    def line(self) -> str:
        """Documents and megabytes a second, the part kept so far, and the time left by bytes."""
        seconds = max(time.monotonic() - self._start, 1e-9)
        left = ""
        if 0 < self._bytes < self._total:
            left = f", {seconds * (self._total / self._bytes - 1):.0f} s left"
        kept = f", {self._kept / self._ended:.0%} pass the rules" if self._ended else ""
        return (
            f"reading: {self._done} of {len(self._sizes)} shards, {self._records} records, "
            f"{self._records / seconds:.0f} records/s, {self._bytes / seconds / 1e6:.1f} MB/s{kept}{left}"
        )


def _details(outcome: str, sink: dict[str, int], decided: dict[str, int]) -> list[tuple[str, int]]:
    """Name and count of each reason, method or kind of error, most frequent first."""
    prefix, counts = {
        "documents": ("", {}),
        "rejected": ("reason/", sink),
        "duplicates": ("method/", decided),
        "failed": ("error/", sink),
    }[outcome]
    found = [(name.removeprefix(prefix), count) for name, count in counts.items() if prefix and name.startswith(prefix)]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))
