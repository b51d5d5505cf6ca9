"""Documents a second from Arrow text to MinHash signature, ours against datasketch and rensa. Prints Markdown.

Texts: the public texts in ../shared/data/domains and the sentences in ../shared/data/lid, one behind the other, in
documents of 3,000 bytes. 128 permutations, shingles of five words. All sides get the same texts in one thread, whose
CPU time counts, the best of several runs after one that compiles. The peers get each text as a string, split it at
white space and hash its set of joined 5-grams, as their documentation does; only a part of the documents, being slower.
Text without spaces is a word or two for them, and a word a character for us.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from timing import seconds

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
DOCUMENT = 3000
"""Bytes of UTF-8 in a document."""
MOST = 3000
"""Documents of a row."""
PEERS_MOST = 300
BATCH = 700
"""Documents that our side takes at a time: 2 MB of text, as the job does."""

DOMAINS = ("books", "dialogue_qa", "encyclopedic", "legal", "news", "tech_docs", "web")
SCRIPTS = {"Cyrillic": ("be", "bg", "ru", "sr", "uk"), "Chinese, Japanese": ("zh", "ja")}
PARTS = ("segment", "normalise", "shingles", "signatures", "band keys")


def main() -> None:
    """Print the section, or answer as the peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="the Python that has datasketch and rensa")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    if asked.peers is None:
        print(json.dumps(theirs(json.load(sys.stdin), asked.repeats)))
        return
    print(
        "## Signatures\n\nDocuments of 3 kB a second on one core, from Arrow text to 128 permutations; MB/s of text.\n"
    )
    print(
        "| texts | ours, normalised | ours, plain | behind the segmentation | datasketch | rensa | times datasketch |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    details = []
    for name, texts in corpora():
        mine, peer = ours(texts, asked.repeats), call(asked.peers, texts[:PEERS_MOST])
        whole = sum(mine[part] for part in PARTS[:4])
        spent = (whole, mine["plain"], whole - mine["segment"], peer["datasketch"], peer["rensa"])
        cells = [f"{1 / each:,.0f} ({DOCUMENT / 1e6 / each:.0f} MB/s)" for each in spent[:3]]
        cells += [f"{1 / each:,.0f}" for each in spent[3:]]
        print(f"| {name} | {' | '.join(cells)} | {peer['datasketch'] / whole:.0f} |")
        details.append(f"| {name} | {' | '.join(f'{1e6 * mine[part]:.1f}' for part in PARTS)} |")
    print("\nBehind the segmentation: normalised, where a step that measures has already cut the text into words.")
    print("Times: ours, normalised, against datasketch, which normalises nothing. Chinese and Japanese have no spaces:")
    print("the peers, which split at them, see a few words in a document, we some 900.\n")
    print("Microseconds a document in each part:\n")
    print(f"| texts | {' | '.join(PARTS)} |\n| --- {'| ---: ' * len(PARTS)}|")
    print("\n".join(details))


def call(peers: str, texts: list[str]) -> dict[str, float]:
    """Seconds a document of each peer, in their own environment."""
    command, alone = [peers, __file__], os.environ | {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    given = json.dumps(texts)
    done = subprocess.run(command, input=given, env=alone, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def corpora() -> Iterator[tuple[str, list[str]]]:
    """(name, documents) of every row."""
    english = [text for domain in DOMAINS for text in stored(DATA / "domains" / domain / "train.jsonl.gz")]
    yield "seven domains, mostly English", cut(english)
    yield "multilingual", cut(stored(DATA / "domains" / "multilingual" / "train.jsonl.gz"))
    with gzip.open(DATA / "lid" / "lingua_sentences" / "sentences.jsonl.gz", "rt", encoding="utf-8") as lines:
        sentences = [json.loads(line) for line in lines]
    for name, languages in SCRIPTS.items():
        yield name, cut(sentence["text"] for sentence in sentences if sentence["lang"] in languages)


def stored(path: Path) -> Iterator[str]:
    """The texts of a domain."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line)["text"] for line in lines)


def cut(texts: Iterator[str] | list[str]) -> list[str]:
    """Documents of DOCUMENT bytes, evenly from all of the texts, MOST at most."""
    joined = "\n".join(texts).encode()
    places = range(0, len(joined) - DOCUMENT, DOCUMENT)
    return [joined[at : at + DOCUMENT].decode(errors="ignore") for at in places[:: max(1, len(places) // MOST)]][:MOST]


def ours(texts: list[str], repeats: int) -> dict[str, float]:
    """Seconds a document in each of PARTS with the default normalisation, and in all but band keys without, `plain`."""
    import pyarrow as pa  # noqa: PLC0415 (not for the peer)

    from crawlsieve.dedup.bands import Bands  # noqa: PLC0415
    from crawlsieve.dedup.minhash import MinHash  # noqa: PLC0415
    from crawlsieve.dedup.shingles import word_shingles  # noqa: PLC0415
    from crawlsieve.filters.normalised import Normalisation, normalised_words  # noqa: PLC0415
    from crawlsieve.filters.segments import segment  # noqa: PLC0415

    normalisation, minhash, layout = Normalisation(), MinHash(128), Bands(14, 8)
    batches = [pa.array(texts[at : at + BATCH], pa.large_string()) for at in range(0, len(texts), BATCH)]
    segments = [segment(batch) for batch in batches]
    words = [normalised_words(each, normalisation) for each in segments]
    shingles = [word_shingles(each.first, each.hash) for each in words]
    signatures = [minhash.signatures(each) for each in shingles]
    work: dict[str, Callable[[], object]] = {
        "segment": lambda: [segment(batch) for batch in batches],
        "normalise": lambda: [normalised_words(each, normalisation) for each in segments],
        "shingles": lambda: [word_shingles(each.first, each.hash) for each in words],
        "signatures": lambda: [minhash.signatures(each) for each in shingles],
        "band keys": lambda: [layout.keys(each) for each in signatures],
        "plain": lambda: [
            minhash.signatures(word_shingles(each.words.first, each.words.hash)) for each in map(segment, batches)
        ],
    }
    return {part: seconds(work[part], repeats) / len(texts) for part in work}


def theirs(texts: list[str], repeats: int) -> dict[str, float]:
    """Seconds a document of each peer; runs in the peers' environment."""
    from datasketch import MinHash  # noqa: PLC0415
    from rensa import RMinHash  # noqa: PLC0415

    first = MinHash(128)

    def grams(text: str) -> set[str]:
        words = text.split()
        return {" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))}

    def datasketch() -> None:
        for text in texts:
            sketch = MinHash(128, permutations=first.permutations, scheme=first.scheme)
            sketch.update_batch([gram.encode() for gram in grams(text)])

    def rensa() -> None:
        RMinHash.digest_matrix_from_token_sets([grams(text) for text in texts], 128, 1)

    return {work.__name__: seconds(work, repeats) / len(texts) for work in (datasketch, rensa)}


if __name__ == "__main__":
    main()
