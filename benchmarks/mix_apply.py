"""A mixture by `crawlsieve mix apply`, beside DuckDB doing the simple thing. Prints Markdown.

The simple thing: so many documents of each domain as its quota holds on average, by ORDER BY hash LIMIT, all of it
ordered by another hash, COPY TO one Parquet file. Each run is a process of its own; medians.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
from tree_memory import Peak

from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.mixture.weighted.apply import apply, checked
from crawlsieve.pipelines.mixture.weighted.options import mix_of

WORK = Path(__file__).parent / "work" / "mix_apply"
WEIGHTS = {"web": 0.4, "books": 0.3, "code": 0.2, "wiki": 0.1}
THERE = {"web": 0.7, "books": 0.15, "code": 0.1, "wiki": 0.05}
FILES, MEAN_WORDS = 8, 500


def corpus(count: int) -> Path:
    """Documents of words of a Zipf-like vocabulary, lengths log-normal, about 3 kB."""
    folder = WORK / f"corpus-{count}"
    if folder.exists():
        return folder
    chance = np.random.default_rng(1)
    letters = np.frombuffer(b"etaoinshrdlucmfwypvbgkjqxz", np.uint8)
    words = np.array([bytes(chance.choice(letters, 1 + n % 9)).decode() for n in range(20_000)])
    part = folder.with_suffix(".part")
    part.mkdir(parents=True)
    for number in range(FILES):
        rows = count // FILES
        lengths = np.maximum(5, chance.lognormal(np.log(MEAN_WORDS) - 0.32, 0.8, rows)).astype(int)
        drawn = words[(chance.pareto(0.7, lengths.sum()) * 10).astype(np.int64) % len(words)]
        texts = [" ".join(own) for own in np.split(drawn, np.cumsum(lengths)[:-1])]
        ids = [xxhash.xxh3_128_hexdigest(f"{number} {row}") for row in range(rows)]
        domains = chance.choice(list(THERE), rows, p=list(THERE.values()))
        pq.write_table(pa.table({"id": ids, "text": texts, "domain": domains}), part / f"{number}.parquet")
    part.rename(folder)
    return folder


def ours(folder: str, total: int, workers: int) -> dict[str, float]:
    """`crawlsieve mix apply`, in this process and its workers."""
    mix = mix_of({"weights": WEIGHTS, "domain": "domain", "tokens": total, "max_epochs": None})
    begin = time.perf_counter()
    manifest = apply(checked([f"{folder}/*.parquet"], mix, str(WORK / "out")), engine=LocalOptions(workers=workers))
    seconds = time.perf_counter() - begin
    told = manifest["mixture"]
    return {"seconds": seconds, "documents": told["documents"], "bytes": told["bytes"], "worst": _worst(total, {
        name: domain["size"] for name, domain in told["domains"].items()
    })}  # fmt: skip


def duckdb_simply(folder: str, total: int, threads: int) -> dict[str, float]:
    """Average sizes, ORDER BY hash LIMIT for each domain, ORDER BY hash over all."""
    begin = time.perf_counter()
    with duckdb.connect(config={"threads": threads, "temp_directory": str(WORK / "spill")}) as engine:
        engine.execute(f"CREATE VIEW documents AS SELECT * FROM read_parquet('{folder}/*.parquet')")  # noqa: S608
        sizes = "SELECT domain, count(*), sum(strlen(text)) FROM documents GROUP BY domain"
        parts = []
        for domain, rows, size in engine.execute(sizes).fetchall():
            wanted = round(WEIGHTS[domain] * total / (float(size) / rows))
            for epoch in range(wanted // rows + 1):
                limit = min(rows, wanted - epoch * rows)
                parts.append(
                    f"(SELECT *, {epoch} AS epoch FROM documents WHERE domain = '{domain}'"  # noqa: S608
                    f" ORDER BY hash(id, {epoch}) LIMIT {limit})"
                )
        target = WORK / "duckdb.parquet"
        engine.execute(
            f"COPY (SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY hash(epoch, id)) TO '{target}'"  # noqa: S608
            " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000)"
        )
        seconds = time.perf_counter() - begin
        found = f"SELECT domain, count(*), sum(strlen(text)) FROM '{target}' GROUP BY domain"  # noqa: S608
        told = {domain: (rows, int(size)) for domain, rows, size in engine.execute(found).fetchall()}
    sums = {domain: size for domain, (_, size) in told.items()}
    documents = sum(rows for rows, _ in told.values())
    return {"seconds": seconds, "documents": documents, "bytes": sum(sums.values()), "worst": _worst(total, sums)}


def _worst(total: int, sizes: dict[str, int]) -> float:
    """The largest share by which a domain misses its quota."""
    return max(abs(sizes[name] / (weight * total) - 1) for name, weight in WEIGHTS.items())


KINDS = {"ours": ours, "duckdb": duckdb_simply}
ROWS = {
    "crawlsieve mix apply, 1 process": ("ours", 1),
    "crawlsieve mix apply, 2 workers": ("ours", 2),
    "DuckDB, 1 thread": ("duckdb", 1),
    "DuckDB, 2 threads": ("duckdb", 2),
}


def ran(kind: str, folder: Path, total: int, workers: int) -> dict[str, Any]:
    """One run in a process of its own, with nothing left of others."""
    shutil.rmtree(WORK / "out", ignore_errors=True)
    command = [sys.executable, __file__, "--one", kind, str(folder), str(total), str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with process, Peak(process.pid) as peak:
        told, _ = process.communicate()
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found | {"mib": peak.kib / 1024, "largest_mib": peak.largest_kib / 1024}


def table(count: int, rounds: int) -> None:
    """Every way, in turns."""
    folder = corpus(count)
    total = count * 3000
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ROWS}
    for _ in range(rounds):
        for name, (kind, workers) in ROWS.items():
            runs[name].append(ran(kind, folder, total, workers))
    print(f"### A mixture of {total / 1e6:,.0f} MB out of {count:,} documents in {FILES} files\n")
    print("| who | seconds | of CPU | documents/s | MB/s | peak MiB | of one process | farthest from a quota |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, found in runs.items():
        middle = {key: statistics.median(run[key] for run in found) for key in found[0]}
        speed = f"{middle['documents'] / middle['seconds']:,.0f} | {middle['bytes'] / middle['seconds'] / 1e6:.0f}"
        memory = f"{middle['mib']:,.0f} | {middle['largest_mib']:,.0f}"
        print(
            f"| {name} | {middle['seconds']:.1f} | {middle['cpu']:.1f} | {speed} | {memory} | {middle['worst']:.4%} |"
        )


def main() -> None:
    """Print the table, or one measurement as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=4, metavar=("KIND", "FOLDER", "TOTAL", "WORKERS"))
    asked = parser.parse_args()
    if asked.one:
        kind, folder, total, workers = asked.one
        found = KINDS[kind](folder, int(total), int(workers))
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        print(json.dumps(found | {"cpu": sum(each.ru_utime + each.ru_stime for each in used)}))
        return
    table(asked.documents, asked.rounds)


if __name__ == "__main__":
    main()
