"""Forecasts of the main job against the job itself, on the same WARC files. Prints Markdown.

Every forecast and the run are commands of their own, started cold, with two workers. A forecast is made with several
seeds; what is quoted of it is the first, and how many of the intervals of all of them hold the truth.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from main_job import HERE, PAGES, WORK, crawl
from tree_memory import Peak

OUTPUT = WORK / "forecast"
CALL = [sys.executable, "-c", "from crawlsieve.pipelines.cli import main; main()"]
ASKED = ("10%", "25%", "10 shards")


class Known(NamedTuple):
    """A number of the run, and where a forecast has it."""

    name: str
    places: tuple[str, ...]
    truth: float
    exact: bool = True
    """Whether the forecast is of this very number: duplicates and what is kept are bounded on one side only."""


def recipe(folder: Path) -> Path:
    """The main job with near-duplicates, over the WARC files of a folder."""
    given = yaml.safe_load((HERE / "main_job_resiliparse.yaml").read_text())
    given |= {"source": {"paths": [f"{folder}/*.gz"]}, "output": str(OUTPUT)}
    given["steps"].append({"near_duplicates": {}})
    place = WORK / "forecast.yaml"
    place.write_text(yaml.safe_dump(given))
    return place


def called(*arguments: str) -> tuple[str, float, float]:
    """What a command prints, its seconds, and its peak memory in bytes, of all its processes together."""
    since = time.perf_counter()
    process = subprocess.Popen([*CALL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with process, Peak(process.pid) as peak:
        told, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{arguments}: exit status {process.returncode}")
    return told, time.perf_counter() - since, peak.kib * 1024


def truths(manifest: dict[str, Any], seconds: float) -> Iterator[Known]:
    """What the run says."""
    counts, outcomes = manifest["counts"], ("yields",)
    sizes: dict[str, int] = {}
    for file in manifest["files"]:
        sizes[file["table"]] = sizes.get(file["table"], 0) + file["bytes"]
    yield Known("records", (*outcomes, "records"), manifest["balance"]["records"])
    yield Known("rejected", (*outcomes, "rejected", "documents"), manifest["balance"]["rejected"])
    yield Known("pass the rules", (*outcomes, "passed", "documents"), counts["sink"]["documents"])
    yield Known("bytes of those", (*outcomes, "passed", "text_bytes"), counts["text_bytes"]["documents"])
    for name, count in sorted(counts["sink"].items()):
        if name.startswith("reason/"):
            yield Known(name, (*outcomes, "rules", name.removeprefix("reason/"), "documents"), count)
    yield Known("duplicates", (*outcomes, "duplicates"), manifest["balance"]["duplicates"], exact=False)
    yield Known("documents", (*outcomes, "documents", "documents"), manifest["balance"]["documents"], exact=False)
    yield Known("`documents/`, bytes", ("disk", "tables", "documents"), sizes["documents"], exact=False)
    yield Known("`signals/`, bytes", ("disk", "tables", "signals"), sizes["signals"])
    yield Known("wall, s", ("time", "wall"), seconds)


def amount(told: dict[str, Any], places: tuple[str, ...]) -> dict[str, float | None]:
    """The estimate and its bounds; nothing but zeros for a rule that is not told."""
    found: Any = told
    for place in places:
        if isinstance(found, list):
            found = {named["name"]: named for named in found}
        found = found.get(place, {"documents": {"estimate": 0, "low": 0, "high": 0}})
    return dict(found)


def held(found: dict[str, float | None], truth: float) -> bool:
    """Whether the truth lies in the bounds that there are."""
    low, high = found["low"], found["high"]
    return (low is None or low <= truth) and (high is None or truth <= high)


def number(value: float | None) -> str:
    """As the table has it."""
    return "" if value is None else f"{value:,.1f}" if value < 100 and value % 1 else f"{value:,.0f}"


def section(folder: Path, seeds: int) -> None:
    """One crawl: the run, the forecasts, what they said and how often they were right."""
    place = str(recipe(folder))
    called("plan", place, "--sample", "2 shards", "--workers", "2")  # compiles, and fills the caches
    shutil.rmtree(OUTPUT, ignore_errors=True)
    _, seconds, memory = called("run", place, "--workers", "2", "--quiet")
    manifest = json.loads((OUTPUT / "manifest.json").read_text())
    known = list(truths(manifest, seconds))
    shutil.rmtree(OUTPUT)
    told: dict[str, list[tuple[dict[str, Any], float]]] = {}
    for asked in ASKED:
        for seed in range(seeds):
            options = ("--sample", asked, "--seed", str(seed), "--workers", "2", "--format", "json")
            text, took, _ = called("plan", place, *options)
            told.setdefault(asked, []).append((json.loads(text), took))
    print(f"| | run | {' | '.join(f'{asked}, low | estimate | high' for asked in ASKED)} |")
    print(f"| --- | ---: |{' ---: |' * 3 * len(ASKED)}")
    for one in [known[0], *(item for item in known[1:] if "reason" not in item.name), *rules(known)]:
        cells = []
        for asked in ASKED:
            found = amount(told[asked][0][0], one.places)
            cells += [number(found[name]) for name in ("low", "estimate", "high")]
        print(f"| {one.name} | {number(one.truth)} | {' | '.join(cells)} |")
    print("\n| sample | seconds, forecast | seconds, run | counts and bytes held | rules held | wall held | memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for asked in ASKED:
        parts = [
            [
                held(amount(found, one.places), one.truth)
                for found, _ in told[asked]
                for one in known
                if kind(one) == name
            ]
            for name in ("count", "rule", "wall")
        ]
        took = statistics.median(took for _, took in told[asked])
        room = told[asked][0][0]["memory"]["workers"] / 1e6
        shares = " | ".join(f"{sum(part)} of {len(part)}" for part in parts)
        print(f"| {asked} | {took:.1f} | {seconds:.1f} | {shares} | {room:,.0f} MB |")
    print(f"\nThe run held {memory / 1e6:,.0f} MB, all processes together.\n")


def rules(known: list[Known]) -> list[Known]:
    """A frequent, a middling and the rarest rule."""
    found = sorted((one for one in known if kind(one) == "rule"), key=lambda one: -one.truth)
    return [found[0], found[len(found) // 2], found[-1]]


def kind(known: Known) -> str:
    """What sort of number it is."""
    return "rule" if known.name.startswith("reason/") else "wall" if known.name.startswith("wall") else "count"


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--times", type=int, nargs="+", default=[6])
    asked = parser.parse_args()
    print("## Forecasts\n")
    for times in asked.times:
        print(f"### {times * PAGES} pages in 40 WARC files\n")
        section(crawl(times, 40), asked.seeds)


if __name__ == "__main__":
    main()
