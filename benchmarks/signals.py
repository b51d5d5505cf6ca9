"""Megabytes of text a second and core for each group of signals, ours against datatrove's filters. Prints Markdown.

Texts: the main content of the pages in ../shared/data/html_extraction (mostly English), and documents of 40 sentences
in other scripts from ../shared/data/lid. Both sides get the same texts in one thread, whose CPU time counts: ours the
best of several runs after one that compiles, datatrove's of one run after a warm-up. datatrove stops a document at its
first broken rule, and cuts it into words once for each filter; ours measures everything.
"""

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from timing import seconds

ROOT = Path(__file__).resolve().parents[1]
SENTENCES = ROOT.parent / "shared" / "data" / "lid" / "lingua_sentences" / "sentences.jsonl.gz"
BATCH = 2_000_000
"""Bytes of text that our side cuts up at a time, as the job does."""

SCRIPTS = {
    "Cyrillic": ("be", "bg", "ru", "sr", "uk"),
    "Arabic, Hindi": ("ar", "fa", "ur", "hi", "mr"),
    "Chinese, Japanese": ("zh", "ja"),
}


def main() -> None:
    """Print the section, or answer as the peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="the Python that has datatrove")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    if asked.peers is None:
        print(json.dumps(theirs(json.load(sys.stdin))))
        return
    print("## Signals\n\nMegabytes of text (UTF-8) a second on one core.\n")
    heads = [f"{name} | datatrove" for name in (*PEERS, "all four")]
    print(f"| texts | MB | {' | '.join(heads)} | times |")
    print("| --- " + "| ---: " * (2 * len(PEERS) + 4) + "|")
    details = []
    for name, texts in corpora():
        size = sum(len(text.encode()) for text in texts) / 1e6
        mine, peer = ours(texts, asked.repeats), call(asked.peers, texts)
        whole, slow = mine["all"], sum(peer.values())
        cells = [f"{size / mine[key]:.0f} | {size / peer[key]:.2f}" for key in PEERS]
        sums = f"{size / whole:.0f} | {size / slow:.2f} | {slow / whole:.0f}"
        print(f"| {name} | {size:.1f} | {' | '.join(cells)} | {sums} |")
        details.append(f"| {name} | " + " | ".join(f"{size / mine[key]:.0f}" for key in PARTS) + " |")
    print("\nOurs in parts; `all` is the segmentation and the four groups, `both` has Gopher's repetition twice, as")
    print("datatrove and as DCLM count it. A group above includes the segmentation.\n")
    print(f"| texts | {' | '.join(PARTS)} |\n| --- {'| ---: ' * len(PARTS)}|")
    print("\n".join(details))


def call(peers: str, texts: list[str]) -> dict[str, float]:
    """Seconds of each of datatrove's filters, in its own environment."""
    done = subprocess.run([peers, __file__], input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def corpora() -> Iterator[tuple[str, list[str]]]:
    """(name, texts) of every row."""
    import runpy  # noqa: PLC0415 (not for the peer)

    pages = runpy.run_path(str(ROOT / "benchmarks" / "conformance_vectors.py"))["pages"]
    texts = [page["text"] for page in pages()]
    yield "557 pages", texts
    yield "ASCII of the pages", [text.encode("ascii", "ignore").decode() for text in texts]
    with gzip.open(SENTENCES, "rt", encoding="utf-8") as lines:
        sentences = [json.loads(line) for line in lines]
    for name, languages in SCRIPTS.items():
        chosen = [sentence["text"] for sentence in sentences if sentence["lang"] in languages]
        yield name, ["\n".join(chosen[i : i + 40]) for i in range(0, len(chosen), 40)]


def ours(texts: list[str], repeats: int) -> dict[str, float]:
    """Seconds of each part, and of the sums that the tables show."""
    import pyarrow as pa  # noqa: PLC0415 (not for the peer)

    from crawlsieve.filters.c4 import VARIANTS, c4_lines, c4_page_facts  # noqa: PLC0415
    from crawlsieve.filters.fineweb import fineweb  # noqa: PLC0415
    from crawlsieve.filters.gopher import STOP_WORDS, gopher_quality, stop_words  # noqa: PLC0415
    from crawlsieve.filters.repetition import gopher_repetition  # noqa: PLC0415
    from crawlsieve.filters.segments import segment  # noqa: PLC0415

    words = stop_words([STOP_WORDS])
    batches = [pa.array(part, pa.large_string()) for part in cut(texts)]
    segments = [segment(batch) for batch in batches]
    groups = {
        "segments": lambda: [segment(batch) for batch in batches],
        "gopher_quality": lambda: [gopher_quality(part, words) for part in segments],
        "repetition@datatrove": lambda: [gopher_repetition(part) for part in segments],
        "repetition@dclm": lambda: [gopher_repetition(part, "dclm") for part in segments],
        "c4": lambda: [
            c4_page_facts("c4@tfds", c4_lines(batch, VARIANTS["c4@tfds"], clean=False)) for batch in batches
        ],
        "fineweb": lambda: [fineweb(part) for part in segments],
    }
    spent = {name: seconds(work, repeats) for name, work in groups.items()}
    spent["all"] = sum(spent.values()) - spent["repetition@dclm"]
    spent["both"] = sum(spent[name] for name in groups)
    cutting = spent["segments"]
    return spent | {
        "Gopher quality": cutting + spent["gopher_quality"],
        "Gopher repetition": cutting + spent["repetition@datatrove"],
        "C4": spent["c4"],
        "FineWeb": cutting + spent["fineweb"],
    }


PARTS = ("segments", "gopher_quality", "repetition@datatrove", "repetition@dclm", "c4", "fineweb", "all", "both")
PEERS = ("Gopher quality", "Gopher repetition", "C4", "FineWeb")


def cut(texts: list[str]) -> Iterator[list[str]]:
    """The texts in lists of about BATCH bytes."""
    part: list[str] = []
    size = 0
    for text in texts:
        part.append(text)
        size += len(text.encode())
        if size >= BATCH:
            yield part
            part, size = [], 0
    if part:
        yield part


def theirs(texts: list[str]) -> dict[str, float]:
    """Seconds of each of datatrove's filters; runs in the peers' environment."""
    from datatrove.data import Document  # noqa: PLC0415
    from datatrove.pipeline.filters import (  # noqa: PLC0415
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    filters = {
        "Gopher quality": GopherQualityFilter(),
        "Gopher repetition": GopherRepetitionFilter(),
        "C4": C4QualityFilter(),
        "FineWeb": FineWebQualityFilter(),
    }
    spent = {}
    for name, step in filters.items():
        step.filter(Document(text="A text to load the tokenizer with. It has five sentences. " * 3, id="x"))
        documents = [Document(text=text, id="x") for text in texts if text]
        start = time.process_time()
        for document in documents:
            step.filter(document)
        spent[name] = time.process_time() - start
    return spent


if __name__ == "__main__":
    main()
