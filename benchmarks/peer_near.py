"""Near-duplicates as datasketch and datatrove find them. Run with the peers' Python; prints one line of JSON.

Signatures come as a file of NumPy; they are those that datasketch would make of the same tokens. Texts come as JSON
lines `{"text": ...}`, in the order in which the first of several duplicates is to be kept.
"""

import argparse
import contextlib
import json
import pickle
import re
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

WORD = re.compile(r"\w+")


def main() -> None:
    """Answer one question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", choices=sorted(QUESTIONS))
    parser.add_argument("path", help="signatures (.npy), texts (.jsonl), or a number of documents")
    parser.add_argument("bands", type=int)
    parser.add_argument("rows", type=int)
    parser.add_argument("rate", type=float, nargs="?", default=1e-5)
    parser.add_argument("--seeds", type=int, default=1, help="of lsh: 1 to this one")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(sys.stderr):  # progress of others
        answer = QUESTIONS[asked.question](asked)
    print(json.dumps(answer))


def bloom(asked: argparse.Namespace) -> dict[str, Any]:
    """LSHBloom over given signatures: asked, and added if new, one by one."""
    signatures = np.load(asked.path, mmap_mode="r")[:, : asked.bands * asked.rows]
    return flagged(sketches_of(signatures), len(signatures), asked)


def bloom_alone(asked: argparse.Namespace) -> dict[str, Any]:
    """The same with datasketch's own signatures, of 1,000 random shingles a document."""
    from datasketch import MinHash  # noqa: PLC0415

    chance, number, first = np.random.default_rng(5), int(asked.path), MinHash(asked.bands * asked.rows)

    def sketches() -> Iterator[Any]:
        for _ in range(number):
            one = MinHash(asked.bands * asked.rows, permutations=first.permutations, scheme=first.scheme)
            one.update_batch([shingle.tobytes() for shingle in chance.integers(0, 2**63, 1000)])
            yield one

    return flagged(sketches(), number, asked)


def flagged(sketches: Iterator[Any], number: int, asked: argparse.Namespace) -> dict[str, Any]:
    """How many LSHBloom calls known, and the bytes of its files."""
    from datasketch import MinHashLSHBloom  # noqa: PLC0415

    rate = 1 - (1 - asked.rate) ** (1 / asked.bands)
    places, found, begun = asked.bands * asked.rows, 0, time.thread_time()
    with tempfile.TemporaryDirectory() as folder:
        layout = (asked.bands, asked.rows)
        index = MinHashLSHBloom(num_perm=places, n=number, fp=rate, params=layout, save_dir=folder)
        for one in sketches:
            if index.query(one):
                found += 1
            else:
                index.insert(one)
        index.sync()
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    return {"flagged": found, "bytes": size, "seconds": time.thread_time() - begun}


def table_size(asked: argparse.Namespace) -> dict[str, Any]:
    """MinHashLSH over given signatures: what Python has allocated for it, and its pickle."""
    from datasketch import MinHashLSH  # noqa: PLC0415

    signatures = np.load(asked.path, mmap_mode="r")[:, : asked.bands * asked.rows]
    index = MinHashLSH(num_perm=signatures.shape[1], params=(asked.bands, asked.rows))
    tracemalloc.start()
    for number, one in enumerate(sketches_of(signatures)):
        index.insert(number, one)
    memory = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {"memory": memory, "pickle": len(pickle.dumps(index))}


def lsh(asked: argparse.Namespace) -> dict[str, Any]:
    """For each seed, pairs that share a band of datasketch's own signatures, and what a walk in order removes."""
    from datasketch.hashfunc import sha1_hash32  # noqa: PLC0415

    documents = []
    for text in load(asked.path):
        words = WORD.findall(text.lower())
        grams = {" ".join(words[at : at + 5]).encode() for at in range(max(1, len(words) - 4))}
        documents.append([sha1_hash32(gram) for gram in grams])
    found = [walk(documents, (asked.bands, asked.rows), seed) for seed in range(1, asked.seeds + 1)]
    return {"pairs": [pairs for pairs, _ in found], "removed": [removed for _, removed in found]}


def walk(documents: list[list[int]], layout: tuple[int, int], seed: int) -> tuple[list[tuple[int, int]], list[int]]:
    """Pairs and removals of documents of hashed tokens."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415

    places = layout[0] * layout[1]
    first = MinHash(places, seed=seed)
    index, kept = (MinHashLSH(num_perm=places, params=layout) for _ in range(2))
    pairs, removed = [], []
    for number, tokens in enumerate(documents):
        one = MinHash(places, seed, hashfunc=int, permutations=first.permutations, scheme=first.scheme)
        one.update_batch(tokens)
        pairs += [(int(other), number) for other in index.query(one)]
        index.insert(number, one)
        if kept.query(one):
            removed.append(number)
        else:
            kept.insert(number, one)
    return pairs, removed


def datatrove(asked: argparse.Namespace) -> dict[str, Any]:
    """What datatrove's four steps of MinHash remove, with its own words and normalisation."""
    from datatrove.data import Document  # noqa: PLC0415
    from datatrove.pipeline.dedup import minhash  # noqa: PLC0415

    config = minhash.MinhashConfig(num_buckets=asked.bands, hashes_per_bucket=asked.rows)
    documents = [Document(text=text, id=str(number)) for number, text in enumerate(load(asked.path))]
    with tempfile.TemporaryDirectory() as folder:
        one, two, three = (f"{folder}/{part}" for part in "123")
        minhash.MinhashDedupSignature(one, config).run(iter(documents), 0, 1)
        for rank in range(asked.bands):
            minhash.MinhashDedupBuckets(one, two, config=config).run(None, rank, asked.bands)
        minhash.MinhashDedupCluster(two, three, config).run(None, 0, 1)
        left = {document.id for document in minhash.MinhashDedupFilter(three).run(iter(documents), 0, 1)}
    return {"removed": [number for number in range(len(documents)) if str(number) not in left]}


def sketches_of(signatures: np.ndarray) -> Iterator[Any]:
    """A MinHash for each row, of given values; always the same object."""
    from datasketch import MinHash  # noqa: PLC0415

    one = MinHash(signatures.shape[1])
    for row in signatures:
        one.hashvalues = np.array(row)
        yield one


def load(path: str) -> list[str]:
    """Texts of JSON lines."""
    with Path(path).open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


QUESTIONS = {
    "bloom": bloom,
    "bloom_alone": bloom_alone,
    "table_size": table_size,
    "lsh": lsh,
    "datatrove": datatrove,
}

if __name__ == "__main__":
    main()
