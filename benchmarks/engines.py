"""The main job on each engine, on the same WARC files in the same run, beside the local engine. Prints Markdown.

Start-up is from the first import to the first shard: Ray's cluster starts in it. Seconds are from there to the
manifest, the map phase to the last shard's end; Beam's worker processes start anew in each of the job's three passes,
and count. Runs of the engines take turns; medians.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from main_job import HERE, PAGES, WORK, crawl
from tree_memory import Peak

ENGINES = {
    "local, 1 process": ("local", 1),
    "local, 2 workers": ("local", 2),
    "beam, FnApiRunner, 1 process": ("beam", 1),
    "beam, FnApiRunner, 2 workers": ("beam", 2),
    "ray, 1 CPU": ("ray", 1),
    "ray, 2 CPUs": ("ray", 2),
}
SHARDS = 16


def ran(engine: str, workers: int, folder: Path, recipe: str) -> dict[str, Any]:
    """One run into a new directory."""
    output = WORK / "engines"
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, str(HERE / "ours.py"), recipe, str(folder), str(output), str(workers), engine]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with process, Peak(process.pid) as peak:
        told, _ = process.communicate()
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found | {"mib": peak.kib / 1024, "largest_mib": peak.largest_kib / 1024}


def table(times: int, rounds: int) -> None:
    """Every engine on `times` varied copies of the pages."""
    folder, recipe = crawl(times, SHARDS), str(HERE / "main_job_resiliparse.yaml")
    ran("local", 1, folder, recipe)  # compiles, and fills the caches
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ENGINES}
    for _ in range(rounds):
        for name, (engine, workers) in ENGINES.items():
            runs[name].append(ran(engine, workers, folder, recipe))
    print(f"### {times * PAGES} pages in {SHARDS} WARC files\n")
    print("Times: the map phase, against the local engine's with as many workers.\n")
    print("| engine | start-up, s | seconds | map phase, s | times | pages/s | peak memory, MiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, (_, workers) in ENGINES.items():
        middle = {
            key: statistics.median(run[key] for run in runs[name]) for key in ("start_up", "seconds", "map", "mib")
        }
        alike = next(other for other, (engine, count) in ENGINES.items() if (engine, count) == ("local", workers))
        ratio = statistics.median(
            mine["map"] / local["map"] for mine, local in zip(runs[name], runs[alike], strict=True)
        )
        rate = times * PAGES / middle["seconds"]
        print(
            f"| {name} | {middle['start_up']:.1f} | {middle['seconds']:.1f} | {middle['map']:.1f} | {ratio:.2f} "
            f"| {rate:.0f} | {middle['mib']:.0f} |"
        )
    print()


def memory() -> None:
    """The largest process of each engine, on one WARC file and on one of twenty times its size."""
    recipe, bound = str(HERE / "main_job_resiliparse.yaml"), "source: {batch_bytes: 16777216}"
    print(f"### The largest process, one WARC file, `{bound}` as it is by default\n")
    print(f"| engine | {PAGES} pages, MiB | {20 * PAGES} pages, MiB |\n| --- | ---: | ---: |")
    for name, (engine, workers) in ENGINES.items():
        if workers == 1:
            small, large = (ran(engine, workers, crawl(times, 1), recipe)["largest_mib"] for times in (1, 20))
            print(f"| {name} | {small:.0f} | {large:.0f} |")
    print()


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    os.environ["PYTHONUNBUFFERED"] = "1"
    print("## Engines\n")
    table(1, asked.rounds)
    table(36, 1)
    memory()


if __name__ == "__main__":
    main()
