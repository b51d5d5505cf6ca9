"""How much of the main text each engine finds, by page type, and how fast. Needs ../shared/data/html_extraction."""

import gzip
import json
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from crawlsieve.filters.markup import markup_counts
from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.extract import Extract
from crawlsieve.stages.extract.decode import decode_page
from crawlsieve.stages.extract.engines import finish, load_engine

DATA = Path(__file__).parents[2] / "shared" / "data" / "html_extraction"
WORD = re.compile(r"\w+")
ROUNDS = 5

STEPS = {
    "resiliparse": Extract(),
    "resiliparse, `comments: false`": Extract(comments=False),
    "resiliparse, `alt_texts` and `list_bullets`": Extract(alt_texts=True, list_bullets=True),
    "resiliparse, `main_content: false`": Extract(main_content=False),
    "trafilatura": Extract(engine="trafilatura"),
    "trafilatura, `comments: false`": Extract(engine="trafilatura", comments=False),
    "trafilatura, `fast: true`": Extract(engine="trafilatura", fast=True),
    "trafilatura, `favor: precision`": Extract(engine="trafilatura", favor="precision"),
    "trafilatura, `favor: recall`": Extract(engine="trafilatura", favor="recall"),
}


class Page(NamedTuple):
    """A page and the text that should be found in it."""

    kind: str
    html: bytes
    text: str


def pages() -> Iterator[Page]:
    """All pages of the three sets."""
    for folder, name in (
        ("wcxb_dev_subset", "ground_truth"),
        ("scrapinghub_articles", "ground_truth"),
        ("mozilla_readability", "expected"),
    ):
        with gzip.open(DATA / folder / f"{name}.jsonl.gz", "rt") as lines:
            for row in map(json.loads, lines):
                html = gzip.decompress((DATA / folder / row["file"]).read_bytes())
                if folder == "wcxb_dev_subset":
                    yield Page(row["page_type"], html, row["main_content"])
                elif folder == "scrapinghub_articles":
                    yield Page("Scrapinghub", html, row["text"])
                else:
                    yield Page("Readability", html, re.sub("<[^>]*>", " ", row["expected_html"]))


def batch(payloads: list[bytes]) -> pa.RecordBatch:
    """Open records with these payloads."""
    fields = {
        "shard": 0,
        "row": 0,
        "id": bytes(16),
        "source_path": "",
        "source_offset": 0,
        "reasons": [],
        "settled": False,
    }
    rows = [fields | {"content_type": "text/html", "payload": payload} for payload in payloads]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD)


def f1(found: str | None, wanted: str) -> float:
    """Harmonic mean of precision and recall over the words, lower case, each as often as it stands there."""
    ours, theirs = (Counter(WORD.findall((text or "").lower())) for text in (found, wanted))
    if not ours or not theirs:
        return float(ours == theirs)
    common = (ours & theirs).total()
    return 2 * common / (ours.total() + theirs.total())


def seconds(work, rounds: int) -> float:  # noqa: ANN001 - any callable
    """Least time of a few runs, after one that does not count."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def quality(found: list[Page]) -> None:
    """Print a row an engine: F1 of each kind of page, and time a page."""
    everything = batch([page.html for page in found])
    kinds = list(dict.fromkeys(page.kind for page in found))
    print("| F1 of words |", " | ".join(kinds), "| WCXB, all | ms a page | failed |")
    print("|---|" + "---:|" * (len(kinds) + 3))
    for name, step in STEPS.items():
        after = step(everything)
        scores = defaultdict(list)
        for page, text in zip(found, after.column("text").to_pylist(), strict=True):
            scores[page.kind].append(f1(text, page.text))
        means = [statistics.fmean(scores[kind]) for kind in kinds]
        wcxb = statistics.fmean(score for kind in kinds if kind.islower() for score in scores[kind])
        took = seconds(lambda step=step: step(everything), ROUNDS if step.engine == "resiliparse" else 1)
        cells = [*(f"{mean:.3f}" for mean in means), f"{wcxb:.3f}", f"{took / len(found) * 1000:.2f}"]
        print(f"| {name} |", " | ".join(cells), f"| {len(found) - after.column('error').null_count} |", flush=True)


def parts(found: list[Page]) -> None:
    """Print what the time of the default engine is spent on."""
    payloads = [page.html for page in found]
    bounds = np.cumsum([0, *map(len, payloads)])
    data, spans = np.frombuffer(b"".join(payloads), np.uint8), np.column_stack([bounds[:-1], bounds[1:]])
    engine, _ = load_engine("resiliparse", {"main_content": True, "alt_texts": False, "list_bullets": False})
    decoded = [decode_page(payload) for payload in payloads]
    everything = batch(payloads)
    step = Extract()
    print("| part | ms a page |\n|---|---:|")
    for name, work in (
        ("counting of elements, depth, attributes", lambda: markup_counts(data, spans, 100_000, 256)),
        ("decoding", lambda: [decode_page(payload) for payload in payloads]),
        ("resiliparse", lambda: [finish(engine(html)) for html in decoded]),
        ("the step, with all of these in a child process", lambda: step(everything)),
    ):
        print(f"| {name} | {seconds(work, ROUNDS) / len(found) * 1000:.2f} |", flush=True)


def main() -> None:
    """Print two tables."""
    found = list(pages())
    size = sum(len(page.html) for page in found)
    print(f"## Extraction\n\n{len(found)} pages, {size / 1e6:.0f} MB of HTML.\n")
    quality(found)
    print()
    parts(found)


if __name__ == "__main__":
    main()
