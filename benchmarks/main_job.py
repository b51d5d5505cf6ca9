"""The main job, ours against datatrove, on the same WARC in the same run. Prints a section of Markdown.

Both sides: one process unless said, warm file cache, compiled kernels on disk (ours) and imports done before the clock
of `seconds` starts: it runs from the first shard opened to the manifest. Runs alternate; medians are quoted.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from crawl import pages
from resiliparse.extract.html2text import extract_plain_text

HERE = Path(__file__).parent
WORK = HERE / "work"
PAGES = 557


def crawl(times: int, shards: int) -> Path:
    """A folder of shards, made once."""
    folder = WORK / f"pages-{times}-in-{shards}"
    if not folder.exists():
        call([sys.executable, str(HERE / "crawl.py"), str(folder), "--times", str(times), "--shards", str(shards)])
    return folder


def ours(engine: str, folder: Path, workers: int = 1) -> dict[str, Any]:
    """One run of crawlsieve into a new directory."""
    output = WORK / "run"
    shutil.rmtree(output, ignore_errors=True)
    recipe = HERE / f"main_job_{engine}.yaml"
    return call([sys.executable, str(HERE / "ours.py"), str(recipe), str(folder), str(output), str(workers)])


def theirs(peers: str, folder: Path) -> dict[str, Any]:
    """One run of datatrove into a new directory."""
    output = WORK / "peer"
    shutil.rmtree(output, ignore_errors=True)
    told = call([peers, str(HERE / "peer_datatrove.py"), str(folder), str(output)])
    return {**told, "pages": PAGES}


def call(command: list[str]) -> dict[str, Any]:
    """Run a script, which prints one line of JSON, or nothing."""
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    found: dict[str, Any] = json.loads(told) if told.strip() else {}
    return found


def rates(runs: list[dict[str, Any]]) -> float:
    """The median of pages a second."""
    return statistics.median(run["pages"] / run["seconds"] for run in runs)


def row(name: str, runs: list[dict[str, Any]], base: float) -> str:
    """One line of the table."""
    rate = rates(runs)
    start = statistics.median(run["start_up"] for run in runs)
    return f"| {name} | {runs[0]['pages']} | {start:.1f} | {rate:.1f} | {rate / base:.1f} |"


def versus(peers: str, rounds: int) -> None:
    """The table against datatrove."""
    once, many = crawl(1, 1), crawl(20, 1)
    ours("resiliparse", once)  # compiles, and fills the caches
    peer, plain, same, long, bare = [], [], [], [], []
    for _ in range(rounds):
        peer.append(theirs(peers, once))
        plain.append(ours("resiliparse", once))
        same.append(ours("trafilatura", once))
        long.append(ours("resiliparse", many))
        bare.append(alone())
    base = rates(peer)
    print("### The main job against datatrove 0.10.1\n")
    print("| tool | pages | start-up, s | pages/s | times datatrove |\n| --- | ---: | ---: | ---: | ---: |")
    print(row("datatrove, trafilatura", peer, base))
    print(row("crawlsieve, resiliparse", plain, base))
    print(row("crawlsieve, resiliparse, 20 varied copies", long, base))
    print(row("crawlsieve, trafilatura", same, base))
    print(row("resiliparse alone, text in memory", bare, base))
    print("\nSeconds in each step of one run:\n\n| step | seconds |\n| --- | ---: |")
    for name, run in (("datatrove", peer[0]), ("crawlsieve", plain[0]), ("crawlsieve, trafilatura", same[0])):
        for step, seconds in run["steps"].items():
            print(f"| {name}: {step.split(': ')[-1]} | {seconds:.2f} |")


def alone() -> dict[str, Any]:
    """Resiliparse on the same pages and nothing else: what no pipeline around it can pass."""
    htmls = [html.decode(errors="replace") for _, html in pages()]
    begin = time.perf_counter()
    for html in htmls:
        extract_plain_text(html, main_content=True, preserve_formatting=True)
    return {"pages": len(htmls), "seconds": time.perf_counter() - begin, "start_up": 0.0}


def scaling(pairs: int) -> None:
    """One worker against two, in turn."""
    print("\n### Two workers against one\n")
    print("| shards | pages | times faster | each pair |\n| ---: | ---: | ---: | --- |")
    for times, shards in ((6, 12), (20, 40)):
        folder, ratios = crawl(times, shards), []
        for _ in range(pairs):
            one, two = ours("resiliparse", folder, 1), ours("resiliparse", folder, 2)
            ratios.append(one["seconds"] / two["seconds"])
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"| {shards} | {times * PAGES} | {statistics.median(ratios):.2f} | {each} |")


def memory() -> None:
    """The peak of a worker on a WARC of 1 GB."""
    run = ours("resiliparse", crawl(60, 1))
    size = sum(file.stat().st_size for file in crawl(60, 1).iterdir())
    print("\n### Memory\n")
    print(f"One WARC of {size / 1e9:.2f} GB (gzip), {run['pages']} pages, one worker: peak resident memory")
    print(f"{run['peak_mib']:.0f} MiB, without its extracting child, whose address space is limited to 2 GiB;")
    print(f"{run['pages'] / run['seconds']:.0f} pages/s.")


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="the Python that has datatrove")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=5)
    asked = parser.parse_args()
    versus(asked.peers, asked.rounds)
    scaling(asked.pairs)
    memory()


if __name__ == "__main__":
    main()
