"""What it costs to look at a large run: report, what-if, `explain`. Seconds, memory, bytes. Prints Markdown.

The recipe of the demo runs on the sample crawl, and its tables are replicated under new ids and hosts until the run has
a million records; no text of rejected documents is in it. The commands are processes of their own, as users start them.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from tree_memory import Peak

from crawlsieve.pipelines import curate
from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.pipelines.sample import write_sample

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "pipelines" / "recipes" / "sample.yaml"
BLOCKLIST = ROOT / "pipelines" / "recipes" / "sample_blocklist.txt"
PROGRAM = (sys.executable, "-c", "from crawlsieve.pipelines.cli import main; main()")
TABLES = ("documents", "rejected", "duplicates", "failed", "signals")
IDS = ("id", "twin_id", "kept_id")
FILES = 4
ROW_GROUP_ROWS = 50_000
WHAT_IF = ("--set", "gopher_word_count.at_least=80")
HOSTS = 1_000
"""Each copy of the run has one of so many names in front of its hosts."""


def small_run(folder: Path) -> Path:
    """The demo's run."""
    write_sample(folder / "crawl")
    changes = {
        "source.paths": str(folder / "crawl" / "*"),
        "output": str(folder / "small"),
        "keep_rejected": "signals",
        "steps.url_filter.blocklists": str(BLOCKLIST),
    }
    recipe = load(str(RECIPE), changes)
    curate.run(recipe, check(recipe))
    return folder / "small"


def replicated(small: Path, large: Path, records: int) -> dict[str, Any]:
    """Write `large`: as many copies of the small run as hold `records`; returns its manifest."""
    manifest: dict[str, Any] = json.loads((small / "manifest.json").read_text())
    copies = -(-records // manifest["balance"]["records"])
    manifest["files"] = [file for table in TABLES for file in _table(small, large, table, copies)]
    manifest["counts"] = {
        step: {name: count * copies for name, count in counts.items()} for step, counts in manifest["counts"].items()
    }
    for part in ("balance", "rows"):
        manifest[part] = {name: count * copies for name, count in manifest[part].items()}
    manifest["seconds"] = {step: seconds * copies for step, seconds in manifest["seconds"].items()}
    (large / "manifest.json").write_text(json.dumps(manifest))
    return manifest


def _table(small: Path, large: Path, table: str, copies: int) -> list[dict[str, Any]]:
    """The files of a table, each a range of ids, as publishing would cut it."""
    (large / table).mkdir(parents=True)
    schema = pq.read_schema(next((small / table).glob("*.parquet")))
    columns = ", ".join(_column(field.name) for field in schema)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW once AS FROM read_parquet('{small / table}/*.parquet')")
        connection.execute(f"CREATE VIEW many AS SELECT {columns} FROM once, range({copies}) AS copies(n)")  # noqa: S608
        files = []
        for number in range(FILES):
            path = large / table / f"{table}-{number:05d}-of-{FILES:05d}-copies.parquet"
            ends = (f"{16 * number // FILES:x}", f"{16 * (number + 1) // FILES - 1:x}")
            cut = connection.sql("SELECT * FROM many WHERE left(id, 1) BETWEEN $low AND $high ORDER BY md5(id || 'x')",
                                 params={"low": ends[0], "high": ends[1]}).to_arrow_table().cast(schema)  # fmt: skip
            pq.write_table(cut, path, row_group_size=ROW_GROUP_ROWS, compression="zstd", write_page_index=True)
            files.append(_told(table, path, cut))
    return files


def _column(name: str) -> str:
    if name in IDS:
        return f"md5({name} || n) AS {name}"
    if name == "url":
        return f"replace(url, '://', '://copy' || (n % {HOSTS}) || '.') || '#' || n AS url"
    return name


def _told(table: str, path: Path, rows: pa.Table) -> dict[str, Any]:
    size = sum(len(text.encode()) for text in rows["text"].to_pylist() if text) if "text" in rows.column_names else 0
    told = {"rows": rows.num_rows, "bytes": path.stat().st_size, "text_bytes": size}
    return {"table": table, "path": f"{table}/{path.name}", **told}


def called(*arguments: str) -> tuple[float, float]:
    """Seconds, and MiB at the peak, of a command."""
    start = time.monotonic()
    with subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.DEVNULL) as process, Peak(process.pid) as peak:
        if process.wait():
            raise SystemExit(f"{' '.join(arguments)} failed")
    return time.monotonic() - start, peak.kib / 1024


def main() -> None:
    """Make the run, and time the commands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        large = folder / "large"
        small = small_run(folder)
        manifest = replicated(small, large, asked.records)
        first = next(iter(sorted((large / "rejected").glob("*.parquet"))))
        record = pq.ParquetFile(first).read_row_group(0, ["url", "id"]).slice(0, 1).to_pylist()[0]
        url, name = record["url"], record["id"]
        print(f"\n## Report of {manifest['balance']['records']:,} records\n")
        print("| command | seconds | peak memory, MiB | file, MB |\n| --- | ---: | ---: | ---: |")
        for command, arguments in (
            ("`crawlsieve report RUN`, small run", ("report", str(small))),
            ("`crawlsieve report RUN`", ("report", str(large))),
            ("`crawlsieve report RUN`, again", ("report", str(large), "--output", str(folder / "again.html"))),
            ("`crawlsieve judge RUN --set gopher_word_count.at_least=80`", ("judge", str(large), *WHAT_IF)),
            ("`crawlsieve explain RUN URL`", ("explain", str(large), url)),
            ("`crawlsieve explain RUN ID`", ("explain", str(large), name)),
        ):
            seconds, mib = called(*arguments)
            written = Path(arguments[1]) / "report.html" if command.startswith("`crawlsieve report") else None
            size = f"{written.stat().st_size / 1e6:.2f}" if written else ""
            print(f"| {command} | {seconds:.1f} | {mib:.0f} | {size} |", flush=True)
        digests = {
            hashlib.sha256(file.read_bytes()).digest() for file in (large / "report.html", folder / "again.html")
        }
        print(f"\nBoth reports of the large run have the same bytes: {'yes' if len(digests) == 1 else 'NO'}.")


if __name__ == "__main__":
    main()
