"""What a terabyte costs: CPU seconds of each pass, bytes that travel and that are staged. Prints Markdown.

The job of `main_job_resiliparse.yaml` with a language step and near-duplicates, in one process, over the pages once and
over varied copies of them: the difference is without start-up. Seconds are user and system time, the extracting child's
too. Bytes are of the pages once. As WET, a page is its whole text, as Common Crawl makes it: no main text is looked
for.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import yaml
from crawl import copies, write
from near_tables import table
from resiliparse.extract.html2text import extract_plain_text
from rich.console import Console

from crawlsieve.pipelines.curate import TEXT_BYTES_PER_FILE, run
from crawlsieve.pipelines.engines.ipc import packed
from crawlsieve.pipelines.near import ROWS_PER_PARTITION
from crawlsieve.pipelines.progress import Progress, Watch
from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.load import from_mapping
from crawlsieve.pipelines.sample.warc import Damaged, Record, shard
from crawlsieve.schemas.candidate import LINK, candidate
from crawlsieve.schemas.history import ASKED
from crawlsieve.schemas.near import SHARED, bucketed, candidate_of, in_round, twin_of
from crawlsieve.stages.files import sizes
from crawlsieve.stages.near.select import Select

HERE = Path(__file__).parent
WORK = HERE / "work" / "scale"
BANDS = 14
ORDERS = 1
EXACT = ("url_key", "text_key")

SHARDS = 90_000
GB_A_SHARD = {"WARC": 1.0, "WET": 0.1}
PAGES_A_SHARD = 30_000
PASS_RULES = 0.15
REMOVED = 0.5
SHARE = 0.5
TEXT = 4_000
"""Assumptions about a month of Common Crawl: files, their size, pages in one; the share of pages that no rule rejects,
of those, the share of duplicates; the share of a document's bands that another document has too; bytes of a text."""

READS = 14
"""Of an object store, for an output file and an input: 3 for each of 4 staged tables, 2 for the note of its attempt."""


class Timed(Progress):
    """Notes the CPU time of this process in each pass."""

    def __init__(self) -> None:
        super().__init__(Console(quiet=True))
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._pass, self._since = "start", 0.0

    def begin(self, name: str) -> None:
        """The pass before has ended."""
        now = time.process_time()
        self.seconds[self._pass] += now - self._since
        self._pass, self._since = name, now

    @contextmanager
    def reading(self, inputs: Any) -> Iterator[Watch]:  # noqa: ANN401 - as Progress has it
        """As Progress."""
        self.begin("curate")
        with super().reading(inputs) as watch:
            yield watch
        self.begin("decide")

    @contextmanager
    def publishing(self, ranges: int) -> Iterator[Watch]:
        """As Progress."""
        self.begin("publish")
        with super().publishing(ranges) as watch:
            yield watch
        self.begin("close")


def job(folder: Path, output: Path, *, near: bool) -> dict[str, Any]:
    """Run the job here and tell what it took."""
    recipe = yaml.safe_load((HERE / "main_job_resiliparse.yaml").read_text())
    recipe["source"] = {"paths": [f"{folder}/*.gz"]}
    recipe["output"] = str(output)
    steps = [step for step in recipe["steps"] if "extract" not in step or "wet" not in folder.name]
    steps.insert(1, {"language": {"keep": ["en"], "at_least": 0.65}})
    if "extract" in steps[2]:
        steps[1], steps[2] = steps[2], steps[1]
    recipe["steps"] = [*steps, {"near_duplicates": {}}] if near else steps
    shown, loaded = Timed(), from_mapping(recipe, "scale")
    manifest = run(loaded, check(loaded), progress=shown)
    staged: Counter[str] = Counter()
    for name, size in sizes(str(output / "_work" / "curated")).items():
        table_of = name.rsplit("/", 1)[-1].split("-", 1)[0]
        staged[{"documents": "text", "keys": "keys", "near_keys": "keys"}.get(table_of, "notes")] += size
    return {
        "seconds": shown.seconds,
        "pages": manifest["balance"]["records"],
        "passed": manifest["counts"]["sink"]["documents"],
        "text": manifest["counts"]["sink"]["text_bytes"],
        "gb": sum(file.stat().st_size for file in folder.iterdir()) / 1e9,
        "staged": staged,
    }


def crawl(kind: str, times: int) -> Path:
    """A folder with one file of pages, made once."""
    folder = WORK / f"{kind.lower()}-{times}"
    if folder.exists():
        return folder
    if kind == "WARC":
        write(folder, times, 1)
        return folder
    folder.mkdir(parents=True)
    records: list[Record | Damaged] = [
        Record(kind="page", url=url, block=text.encode(), warc_type="conversion", content_type="text/plain")
        for url, html in copies(times)
        if (text := extract_plain_text(html.decode(errors="replace")))
    ]
    (folder / "pages-00000.warc.wet.gz").write_bytes(shard(records))
    return folder


def measured(kind: str, times: int, *, near: bool) -> dict[str, Any]:
    """One run in a process of its own, with the CPU time of all of its processes."""
    output = WORK / "run"
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, __file__, "--job", str(crawl(kind, times)), str(output), *(["--near"] if near else [])]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found: dict[str, Any] = json.loads(told)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found["seconds"]["extracting child"] = used - sum(found["seconds"].values())
    return found


def costs(kind: str, times: int) -> dict[str, float]:
    """CPU milliseconds of a page in each pass, and what else the runs tell."""
    near = [measured(kind, number, near=True) for number in (1, times)]
    all_kept = [measured(kind, number, near=False) for number in (1, times)]
    pages = near[1]["pages"] - near[0]["pages"]

    def slope(runs: list[dict[str, Any]], name: str) -> float:
        return float(runs[1]["seconds"][name] - runs[0]["seconds"][name])

    return {
        "curate": 1e3 * (slope(near, "curate") + slope(near, "extracting child")) / pages,
        "decide": 1e3 * slope(near, "decide") / pages,
        "publish": 1e3 * slope(all_kept, "publish") / pages,
        "kB a page": 1e6 * near[0]["gb"] / near[0]["pages"],
        "pass": near[0]["passed"] / near[0]["pages"],
        "text": near[0]["text"] / near[0]["passed"],
        "stored": near[0]["staged"]["text"] / near[0]["passed"],
        "keys": near[0]["staged"]["keys"] / near[0]["passed"],
        "notes": near[0]["staged"]["notes"] / near[0]["pages"],
    }


def row_bytes(schema: pa.Schema) -> int:
    """Bytes of a row on its way: values, 4 bytes and a method's name for a string; no bits for nulls."""
    return sum(4 + len("minhash_lsh") if pa.types.is_string(kind) else kind.bit_width // 8 for kind in schema.types)


class Trip(NamedTuple):
    """One exchange, or several alike."""

    name: str
    schema: pa.Schema
    rows: float
    """Of a document."""
    tasks: float
    """In front of it, one after the other where there are several exchanges."""
    partitions: float


def trips(documents: float) -> list[Trip]:
    """The exchanges of a run over a month's files, of which so many documents pass the rules."""
    exact, some, bucket = candidate(ORDERS, EXACT), in_round(ORDERS), BANDS * SHARE
    parts, buckets = ceil(documents / ROWS_PER_PARTITION), ceil(documents * BANDS / ROWS_PER_PARTITION)
    filters = BANDS * ceil(10 * documents * 52 / BANDS / (256 << 20))
    return [
        Trip("exact, same record", exact, 1, SHARDS, parts),
        Trip("exact, url and text", exact, 2, 2 * parts, parts),
        Trip("history, by filter", ASKED, BANDS, SHARDS, filters),
        Trip("near-walk, near-blocks", candidate_of(ORDERS, BANDS), 1, SHARDS, 1),
        Trip("near-buckets, by bucket", bucketed(ORDERS), BANDS, SHARDS, buckets),
        Trip("near-buckets, to shards", SHARED, bucket, buckets, parts),
        Trip("near-rounds, the first", some, bucket, SHARDS, buckets),
        Trip("near-rounds, the other 8", some, 8 * bucket, 8 * buckets, buckets),
        Trip("near-twins, kept first", some, bucket, SHARDS, buckets),
        Trip("near-twins, named", twin_of(ORDERS), REMOVED * bucket, buckets, buckets),
        Trip("follow, 4 exchanges", LINK, 4 * 2 * REMOVED, 4 * parts, parts),
    ]


def piece_bytes(schema: pa.Schema) -> int:
    """Bytes of a piece beside its rows: names and types of the columns travel with each."""
    bare = pa.schema([field.remove_metadata() for field in schema])
    return len(packed(pa.RecordBatch.from_pylist([], bare)))


def traffic() -> Iterator[tuple[object, ...]]:
    """A row for each exchange, with what a month makes of it."""
    documents = SHARDS * PAGES_A_SHARD * PASS_RULES
    for trip in trips(documents):
        row, piece = row_bytes(trip.schema), piece_bytes(trip.schema)
        pieces = trip.tasks * min(trip.partitions, max(1, trip.rows * documents / trip.tasks))
        yield trip.name, row, trip.rows, trip.rows * row, trip.rows * row * documents / 1e9, piece, pieces * piece / 1e9


def main() -> None:
    """Print the section, or do one job and tell of it in JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job", nargs=2, metavar=("CRAWL", "OUTPUT"), type=Path, help="one job, told as JSON")
    parser.add_argument("--near", action="store_true")
    parser.add_argument("--times", type=int, default=12, help="copies of the pages")
    asked = parser.parse_args()
    if asked.job:
        print(json.dumps(job(*asked.job, near=asked.near)))
        return
    measured("WARC", 1, near=True)  # compiles, and fills the caches
    found = {kind: costs(kind, asked.times) for kind in GB_A_SHARD}
    print("## What a terabyte costs\n\nCPU milliseconds of a page:\n")
    parts = ("curate", "decide", "publish")
    rows = [
        (kind, cost["kB a page"], *(cost[part] for part in parts), 1e3 / sum(cost[part] for part in parts),
         sum(cost[part] for part in parts) / 3.6e6 * 1e9 / cost["kB a page"])
        for kind, cost in found.items()
    ]  # fmt: skip
    table(("input", "kB a page, gzip", *parts, "pages/s of a core", "core hours/TB"), rows)
    print("Bytes staged, of a document that passes the rules, and of every page:\n")
    names = ("pass", "text", "stored", "keys", "notes")
    table(
        ("input", "pass the rules", "text", "text, staged", "keys", "signals, rejected"),
        [(kind, *(cost[name] for name in names)) for kind, cost in found.items()],
    )
    print(f"Through exchanges, {SHARE:.0%} of bands shared, {REMOVED:.0%} of documents removed:\n")
    head = ("exchange", "bytes of a row", "rows of a document", "bytes of a document", "month, GB")
    table((*head, "bytes of a piece", "month, GB of pieces on Beam"), traffic())
    print(f"A walk takes {Select.memory(1, BANDS)} bytes a document.\n")
    print("A month and ten, with the assumptions at the head of this script:\n")
    told = (
        "input",
        "months",
        "TB",
        "core hours by TB",
        "by page",
        "documents, millions",
        "staged TB",
        "output files",
        "reads, millions",
    )
    table(told, list(months(found)))


def months(found: dict[str, dict[str, float]]) -> Iterator[tuple[object, ...]]:
    """A row for each input and number of months; what pages cost goes by their bytes, or is the same for each."""
    for kind, cost in found.items():
        hours = (cost["curate"] + cost["decide"] + cost["publish"]) / 3.6e6
        for number in (1, 10):
            pages, size = number * SHARDS * PAGES_A_SHARD, number * SHARDS * GB_A_SHARD[kind] / 1e3
            stored = cost["stored"] * TEXT / cost["text"]
            staged = pages * (cost["notes"] + PASS_RULES * (stored + cost["keys"])) / 1e12
            files = ceil(pages * PASS_RULES * TEXT / TEXT_BYTES_PER_FILE)
            reads = READS * number * SHARDS * files / 1e6
            by_size = size * hours / cost["kB a page"] * 1e9
            yield kind, number, size, by_size, pages * hours, pages * PASS_RULES / 1e6, staged, files, reads


if __name__ == "__main__":
    main()
