"""Chains and templates: what the rule keeps, what might be kept, and what connected components keep. Prints Markdown.

Chains: 50 versions, each of 500 shingles and similar to the next by 0.85; the first and the last have nothing in
common. Templates: 60 documents that share a part of their 500 shingles, and nothing else. Signatures are `MinHash`'s of
random tokens, 14 bands of 8. The bound: the most documents of which no two share a bucket, so that each bucket keeps
one at most (`near_graph.py`; exact unless said). Components: one of each is kept, as datatrove does.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from near_graph import bound, components, graph
from near_quality import Made, make
from near_tables import table
from near_truth import Pair, of_sets, sets, walk

from crawlsieve.dedup.bands import Bands
from crawlsieve.dedup.minhash import MinHash
from crawlsieve.dedup.select import select

LENGTH, NEXT = 500, 0.85
"""Shingles of a document; similarity of neighbours in a chain."""
VERSIONS, MEMBERS = 50, 60
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
LAYOUT = Bands(14, 8)
VERIFY = 0.8
LOST = 0.5


@dataclass(frozen=True)
class Case:
    """Documents, what crawlsieve makes of them, and the exact similarity of all pairs of LOST and more."""

    name: str
    made: Made
    pairs: dict[Pair, float]


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=20, help="chains, and templates of each share")
    asked = parser.parse_args()
    print(f"## Chains and templates\n\n{LAYOUT.bands} x {LAYOUT.rows}; kept documents.\n")
    head = ("documents", "bound", "exact", "number", "kept", "of the bound", "components", "verified", "of its bound")
    lost = (f"removed, none kept of J >= {LOST}: rule", "components", "verified")
    table((*head, *lost), (row(case) for case in cases(asked.groups)), words=1)
    print(f"Verified: pairs that share a band, of exact similarity {VERIFY} and more, then the same rule.")
    print("`exact` tells for how many of the two bounds (bands; verified pairs) the search was exact.\n")


def cases(groups: int) -> Iterator[Case]:
    """All of them: synthetic ones, and the public texts."""
    chance = np.random.default_rng(3)
    chains = [chain for _ in range(groups) for chain in versions(chance)]
    yield synthetic("chains, oldest first", chains)
    mixed = chance.permutation(len(chains))
    yield synthetic("chains, in any order", [chains[place] for place in mixed])
    for share in SHARES:
        similarity = share / (2 - share)
        members = [one for _ in range(groups) for one in template(chance, share)]
        yield synthetic(f"template of {share:.0%} (J = {similarity:.2f})", members)
    for texts in sets():
        pairs = {pair: value for pair, value in texts.pairs.items() if value >= LOST}
        yield Case(texts.name, make(texts.texts, LAYOUT.bands, LAYOUT.rows), pairs)


def versions(chance: np.random.Generator) -> list[np.ndarray]:
    """A chain: windows that move along a row of tokens."""
    step = round(LENGTH * (1 - NEXT) / (1 + NEXT))
    tokens = chance.integers(0, 2**32, LENGTH + step * VERSIONS, np.uint32)
    return [tokens[step * number :][:LENGTH] for number in range(VERSIONS)]


def template(chance: np.random.Generator, share: float) -> list[np.ndarray]:
    """Documents with a part in common."""
    common = chance.integers(0, 2**32, round(share * LENGTH), np.uint32)
    own = LENGTH - len(common)
    return [np.concatenate([common, chance.integers(0, 2**32, own, np.uint32)]) for _ in range(MEMBERS)]


def synthetic(name: str, documents: list[np.ndarray]) -> Case:
    """Signatures and similarities of sets of tokens."""
    documents = [np.unique(one) for one in documents]
    first = np.concatenate([[0], np.cumsum([len(one) for one in documents])])
    tokens = np.concatenate(documents)
    signatures = MinHash(LAYOUT.places).of_tokens(first, tokens)
    keys, present = LAYOUT.keys(signatures)
    made = Made(keys, present, signatures, (tokens.astype(np.uint64), first))
    numbers = np.unique(tokens, return_inverse=True)[1]
    parts = [numbers[begin:end] for begin, end in pairwise(first.tolist())]
    return Case(name, made, of_sets(parts, LOST))


def row(case: Case) -> tuple[object, ...]:
    """What is kept, and what is lost."""
    number, pairs = len(case.made.keys), case.made.pairs()
    gone = set(np.flatnonzero(~select(case.made.keys, case.made.present).kept).tolist())
    whole = graph(number, pairs)
    most, exact = bound(whole)
    groups = components(whole)
    dropped = set(range(number)) - {min(group) for group in groups}

    verified = case.made.verified("exact", VERIFY)
    removed = walk(number, verified)
    most_verified, also = bound(graph(number, verified))
    kept, left = number - len(gone), number - len(removed)
    shares = (f"{kept / most:.1%}", f"{left / most_verified:.1%}")
    told = (case.name, most, f"{exact + also} of 2", number, kept, shares[0], len(groups), left, shares[1])
    return (*told, *(lost(case, these) for these in (gone, dropped, removed)))


def lost(case: Case, gone: set[int]) -> int:
    """Removed documents without a kept one that is like them by LOST at least."""
    near = {one for pair in case.pairs for one, other in (pair, pair[::-1]) if one in gone and other not in gone}
    return len(gone - near)


if __name__ == "__main__":
    main()
