"""Precision and recall on public texts with natural near-duplicates, against exact Jaccard. Prints Markdown.

The truth is that of `near_truth.py`. Pairs: two documents that share a band. Removals: documents in the order of their
file, the first of several to be kept; the truth is the same rule over the pairs of exact similarity. datasketch has the
truth's own shingles, and the rule "look up, add if new"; datatrove its own words, normalisation and connected
components, of which it keeps another document than the first. LSHBloom takes blocks of 16 documents, so that most are
looked up in filters.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
from near_scale import removed as decide_block
from near_tables import ask, table
from near_truth import Pair, Texts, articles, sets, walk

from crawlsieve.dedup.bands import Bands
from crawlsieve.dedup.bloom import Bloom
from crawlsieve.dedup.bloom_sizes import BloomSize
from crawlsieve.dedup.select import select
from crawlsieve.dedup.verified import shingle_similarity, signature_similarity
from crawlsieve.stages.near.keys import Difference, NearDuplicates, shingle_sets

LAYOUTS = ((0.8, 14, 8), (0.8, 9, 13), (0.5, 25, 5))
"""Threshold, bands, rows: FineWeb's, and those that datasketch and crawlsieve choose for a threshold and 128 places."""
DECIDED = ((0.8, 14, 8), (0.5, 25, 5))
USUAL = NearDuplicates().ignore
LIKE_TRUTH: tuple[Difference, ...] = ("case", "punctuation")
BLOCK = 16


@dataclass(frozen=True)
class Made:
    """What crawlsieve makes of texts.

    Attributes:
        keys: int64[n, bands].
        present: bool[n].
        signatures: uint32[n, permutations].
        shingles: hashes, and where those of each document begin.
    """

    keys: np.ndarray
    present: np.ndarray
    signatures: np.ndarray
    shingles: tuple[np.ndarray, np.ndarray]

    def pairs(self) -> set[Pair]:
        """Documents that share a band."""
        found: set[Pair] = set()
        for column in self.keys.T:
            members: dict[int, list[int]] = {}
            for number in np.flatnonzero(self.present).tolist():
                members.setdefault(int(column[number]), []).append(number)
            for bucket in members.values():
                found.update(combinations(bucket, 2))
        return found

    def verified(self, measure: str, at_least: float) -> set[Pair]:
        """Those that are alike enough as the `verify` option compares."""
        pairs = sorted(self.pairs())
        one, other = np.array(pairs, np.int64).reshape(-1, 2).T.copy()
        if measure == "estimated":
            similarity = signature_similarity(self.signatures, other, one)
        else:
            similarity = shingle_similarity(self.shingles, other, one, containment=False)
        return {pair for pair, alike in zip(pairs, similarity >= at_least, strict=True) if alike}


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="the Python that has datasketch and datatrove")
    parser.add_argument("--seeds", type=int, default=5, help="of which the pairs are the mean")
    asked = parser.parse_args()
    everything = sets()
    with tempfile.TemporaryDirectory() as folder:
        paths = {each.name: write(each, Path(folder)) for each in everything}
        print("## Pairs on public texts\n\nTwo documents that share a band; truth: exact Jaccard >= T.")
        print(f"Means over {asked.seeds} seeds; the curve: mean chance of the true pairs to share a band.\n")
        first: tuple[str, ...] = ("texts", "bands x rows", "tool", "T")
        head = (*first, "true pairs", "found", "precision", "recall", "F1", "the curve")
        found = (row for each in everything for row in pairs(each, asked.peers, paths[each.name], asked.seeds))
        table(head, found, words=3)
        print("## Removals on public texts\n\nTruth: the rule over pairs of exact Jaccard >= T.\n")
        head = (*first, "true", "removed", "precision", "recall", "F1", "lost", "left")
        table(head, (row for each in everything for row in removals(each, asked.peers, paths[each.name])), words=3)
    print("Lost: removed, and no kept document is alike. Left: pairs that are alike, and both are kept.\n")
    print("## Planted pairs\n")
    print("14 x 8; pairs that share a band, of those that the data set's authors planted.\n")
    table(("articles", "planted", "found", "of them planted"), map(planted, (100, 1000, 2500)))


def write(texts: Texts, folder: Path) -> Path:
    """The texts as JSON lines, for the peers."""
    path = folder / f"{texts.name.replace(' ', '_')}.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts.texts))
    return path


def make(texts: list[str], bands: int, rows: int, ignore: tuple[Difference, ...] = USUAL, seed: int = 1) -> Made:
    """Keys and evidence as `near_duplicates` makes them, with its default spelling or another."""
    step = NearDuplicates(bands=bands, rows=rows, permutations=128, ignore=ignore, seed=seed)
    shingles = step.shingles(pa.array(texts, pa.large_string()))
    signatures = step.minhash.signatures(shingles)
    keys, present = step.layout.keys(signatures)
    stored = shingle_sets(shingles)
    _, offsets, data = stored.buffers()
    bounds = np.frombuffer(offsets, np.int64)[: len(texts) + 1] // 8
    return Made(keys, present, signatures, (np.frombuffer(data, np.uint64), bounds))


def pairs(of: Texts, peers: str, path: Path, seeds: int) -> Iterator[tuple[object, ...]]:
    """Rows of the first table: means over seeds."""
    for threshold, bands, rows in LAYOUTS:
        truth = of.alike(threshold)
        likely = float(np.mean(Bands(bands, rows).s_curve(np.array([of.pairs[pair] for pair in truth]))))
        theirs = ask(peers, "lsh", path, bands, rows, "--seeds", seeds)["pairs"]
        found = {
            "crawlsieve": [make(of.texts, bands, rows, seed=seed).pairs() for seed in range(1, seeds + 1)],
            "crawlsieve, case and punctuation": [
                make(of.texts, bands, rows, LIKE_TRUTH, seed).pairs() for seed in range(1, seeds + 1)
            ],
            "datasketch": [{(one, other) for one, other in these} for these in theirs],
        }
        for tool, these in found.items():
            means = np.array([scores(one, truth) for one in these], np.float64).mean(axis=0).round(3).tolist()
            count = round(float(np.mean([len(one) for one in these])), 1)
            yield (of.name, f"{bands} x {rows}", tool, threshold, len(truth), count, *means, round(likely, 3))


def removals(of: Texts, peers: str, path: Path) -> Iterator[tuple[object, ...]]:
    """Rows of the second table."""
    for threshold, bands, rows in DECIDED:
        alike, number = of.alike(threshold), len(of.texts)
        truth = walk(number, alike)
        made, close = make(of.texts, bands, rows), make(of.texts, bands, rows, LIKE_TRUTH)
        found = {
            "minhash_lsh": set(np.flatnonzero(~select(made.keys, made.present).kept).tolist()),
            "lshbloom": by_blocks(made.keys),
            "verify, estimated": walk(number, made.verified("estimated", threshold)),
            "verify, exact": walk(number, made.verified("exact", threshold)),
            "verify, exact, case and punctuation": walk(number, close.verified("exact", threshold)),
            "datasketch": set(ask(peers, "lsh", path, bands, rows)["removed"][0]),
            "datatrove": set(ask(peers, "datatrove", path, bands, rows)["removed"]),
        }
        for tool, gone in found.items():
            told = (of.name, f"{bands} x {rows}", tool, threshold, len(truth), len(gone))
            yield (*told, *scores(gone, truth), *consequences(gone, alike))


def by_blocks(keys: np.ndarray) -> set[int]:
    """What LSHBloom removes."""
    filters = Bloom(BloomSize(len(keys), 1e-5, keys.shape[1]))
    gone = [decide_block(filters, keys[start : start + BLOCK]) for start in range(0, len(keys), BLOCK)]
    return set(np.flatnonzero(np.concatenate(gone)).tolist())


def scores(found: set[int] | set[Pair], truth: set[int] | set[Pair]) -> tuple[float | None, ...]:
    """Precision, recall and F1; null where there is nothing to divide by."""
    right = len({*found} & {*truth})
    precision = round(right / len(found), 3) if found else None
    recall = round(right / len(truth), 3) if truth else None
    both = len(found) + len(truth)
    return precision, recall, round(2 * right / both, 3) if both else None


def consequences(gone: set[int], alike: set[Pair]) -> tuple[int, int]:
    """Removed documents to which no kept one is alike, and pairs of which both are kept."""
    covered = {one for pair in alike for one, other in (pair, pair[::-1]) if one in gone and other not in gone}
    return len(gone - covered), sum(one not in gone and other not in gone for one, other in alike)


def planted(number: int) -> tuple[str, int, int, int]:
    """A row of the third table."""
    of = articles(number)
    found = make(of.texts, 14, 8).pairs()
    return f"{number:,}", len(of.planted), len(found), len(found & of.planted)


if __name__ == "__main__":
    main()
