"""One Exchange on each engine: rows of a key and an id meet by key, and a Map counts them. Prints Markdown.

Each engine has a process of its own. Start-up is what comes before the plan; for Ray Data and DuckDB also the making of
rows, which the others do in their shards. Memory is the sum of proportional set sizes of the process and all that it
started. Ray Data and DuckDB do the same with their own group-by; Ray Data gets fewer rows, because 10 million take it
four minutes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from tree_memory import Peak

from crawlsieve.pipelines.engines.engine import nobody
from crawlsieve.pipelines.engines.options import BeamOptions, EngineOptions, LocalOptions, RayOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.stages.plan import Batch, Exchange, Map, Plan

SHARDS = PARTITIONS = 16
ROWS_PER_KEY = 10
BATCH = 65_536
MOST_RAY_DATA = 1_000_000

ROWS = pa.schema([pa.field("key", pa.int64(), nullable=False), pa.field("id", pa.int64(), nullable=False)])
COUNTED = pa.schema([pa.field(name, pa.int64(), nullable=False) for name in ("keys", "rows", "squares")])

ENGINES: dict[str, EngineOptions] = {
    "local, 1 worker": LocalOptions(workers=1),
    "local, 2 workers": LocalOptions(workers=2),
    "Beam, 1 process": BeamOptions(),
    "Beam, 2 workers": BeamOptions(workers=2),
    "Ray tasks, 2 CPUs": RayOptions(workers=2),
}
"""What runs the plan."""


@dataclass(frozen=True)
class Numbers:
    """The rows of a shard: ids first to last - 1, each with one of `keys` keys, mixed."""

    keys: int

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        """Rows of `first` and `last` in, ROWS out."""
        for row in rows:
            (shard,) = row.to_pylist()
            for first in range(shard["first"], shard["last"], BATCH):
                yield numbers(first, min(first + BATCH, shard["last"]), self.keys)


def numbers(first: int, last: int, keys: int) -> Batch:
    """Ids and their keys."""
    ids = np.arange(first, last)
    mixed = (ids.astype(np.uint64) + 1) * np.uint64(0x9E3779B97F4A7C15)
    key = ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(keys)).astype(np.int64)
    return pa.RecordBatch.from_arrays([pa.array(key), pa.array(ids)], schema=ROWS)


@dataclass(frozen=True)
class Count:
    """Rows of each key of a partition; how many keys and rows there were, and the sum of the squares of the counts."""

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        """ROWS in order of keys in, COUNTED out; the last key of a batch is carried over to the next."""
        keys = total = squares = run = 0
        last = -1
        for batch in rows:
            key = batch.column("key").to_numpy()
            starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
            counts = np.diff(np.concatenate([starts, [len(key)]]))
            if key[0] == last:
                counts[0] += run
            else:
                keys, squares = keys + 1, squares + run * run
            keys, squares = keys + len(counts) - 1, squares + int((counts[:-1] ** 2).sum())
            last, run, total = int(key[-1]), int(counts[-1]), total + len(key)
        yield pa.RecordBatch.from_pydict({"keys": [keys], "rows": [total], "squares": [squares + run * run]}, COUNTED)


def plan(rows: int) -> Plan:
    """Numbers, met by key, counted."""
    ends = [rows * number // SHARDS for number in range(SHARDS + 1)]
    source = pa.RecordBatch.from_pydict({"first": ends[:-1], "last": ends[1:]})
    meet = Exchange(by=("key",), partitions=PARTITIONS, then=("id",))
    return Plan(source, (Map(Numbers(rows // ROWS_PER_KEY), ROWS), meet, Map(Count(), COUNTED)), "exchange")


def engine_ran(name: str, rows: int) -> dict[str, float]:
    """The plan on one of ENGINES."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as work, started(ENGINES[name], work, "exchange") as engine:
        engine.prepare(SHARDS)
        ready = time.perf_counter()
        found = engine.run(plan(rows), nobody)
        return told_of(begun, ready, {column: sum(found[column].to_pylist()) for column in COUNTED.names})


def told_of(begun: float, ready: float, found: dict[str, int]) -> dict[str, float]:
    """Seconds, and what came out."""
    return {"start_up": ready - begun, "seconds": time.perf_counter() - ready, **found}


def duckdb_ran(rows: int) -> dict[str, float]:
    """DuckDB's group-by, of the same rows in memory."""
    import duckdb  # noqa: PLC0415 - only the process that measures it loads it

    begun = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as engine:
        given = engine.from_arrow(pa.Table.from_batches([numbers(0, rows, rows // ROWS_PER_KEY)]))
        ready = time.perf_counter()
        counts = given.aggregate("key, count(*) AS n")
        keys, total, squares = counts.aggregate("count(*), sum(n), sum(n * n)").fetchall()[0]
        return told_of(begun, ready, {"keys": keys, "rows": int(total), "squares": int(squares)})


def ray_data_ran(rows: int) -> dict[str, float]:
    """Ray Data's group-by, as a hash shuffle."""
    import ray  # noqa: PLC0415 - only the process that measures it loads it
    from ray.data import DataContext, from_arrow  # noqa: PLC0415
    from ray.data.context import ShuffleStrategy  # noqa: PLC0415

    begun = time.perf_counter()
    with ExitStack() as ended:
        ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        ended.callback(ray.shutdown)
        DataContext.get_current().shuffle_strategy = ShuffleStrategy.HASH_SHUFFLE
        DataContext.get_current().enable_progress_bars = False
        ends = [rows * number // SHARDS for number in range(SHARDS + 1)]
        tables = [pa.Table.from_batches([numbers(first, last, rows // ROWS_PER_KEY)]) for first, last in pairwise(ends)]
        ready = time.perf_counter()
        batches = (
            from_arrow(tables).groupby("key", num_partitions=PARTITIONS).count().iter_batches(batch_format="numpy")
        )
        counts = np.concatenate([batch["count()"] for batch in batches])
        found = {"keys": len(counts), "rows": int(counts.sum()), "squares": int((counts**2).sum())}
        return told_of(begun, ready, found)


OTHERS: dict[str, Callable[[int], dict[str, float]]] = {
    "DuckDB, 2 threads": duckdb_ran,
    "Ray Data, 2 CPUs": ray_data_ran,
}
"""What does the same without a plan."""


def ran(name: str, rows: int) -> dict[str, float]:
    """One of them in a process of its own, with its peak of memory."""
    here = str(Path(__file__).parent)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])}
    code = "import sys, engine_exchange; engine_exchange.measure(sys.argv[1], int(sys.argv[2]))"
    command = [sys.executable, "-c", code, name, str(rows)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with process, Peak(process.pid) as peak:
        told, _ = process.communicate()
    found: dict[str, float] = json.loads(told.splitlines()[-1])
    return found | {"gib": peak.kib / 2**20}


def measure(name: str, rows: int) -> None:
    """In that process: print what was measured."""
    print()
    print(json.dumps(engine_ran(name, rows) if name in ENGINES else OTHERS[name](rows)), flush=True)


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--ray-data-rows", type=int, default=MOST_RAY_DATA)
    parser.add_argument("--only", nargs="*", default=[*ENGINES, *OTHERS], help="names of the first column")
    asked = parser.parse_args()
    print(f"### {asked.rows:,} rows of {ROWS_PER_KEY} a key, {SHARDS} shards, {PARTITIONS} partitions\n")
    print("| engine | rows | start-up, s | seconds | rows/s | peak memory, GiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    answers: dict[int, set[tuple[float, ...]]] = {}
    for name in asked.only:
        rows = min(asked.rows, asked.ray_data_rows) if name.startswith("Ray Data") else asked.rows
        found = ran(name, rows)
        answers.setdefault(rows, set()).add(tuple(found[column] for column in COUNTED.names))
        print(
            f"| {name} | {rows:,} | {found['start_up']:.1f} | {found['seconds']:.1f} "
            f"| {rows / found['seconds']:,.0f} | {found['gib']:.2f} |"
        )
    if any(len(some) > 1 for some in answers.values()):
        raise SystemExit(f"the answers differ: {answers}")


if __name__ == "__main__":
    main()
