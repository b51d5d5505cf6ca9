"""Graphs of documents that share buckets: what may be kept at most, and what connected components keep."""

Graph = list[set[int]]
"""The neighbours of each document."""

MOST_STEPS = 200_000
"""Of the exact search in one component."""


def graph(documents: int, pairs: set[tuple[int, int]]) -> Graph:
    """The neighbours of each document, from pairs."""
    found: Graph = [set() for _ in range(documents)]
    for one, other in pairs:
        found[one].add(other)
        found[other].add(one)
    return found


def components(of: Graph) -> list[set[int]]:
    """The connected components, by union-find (as datatrove finds them); each would keep one document."""
    parent = list(range(len(of)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for number, others in enumerate(of):
        for other in others:
            parent[root(other)] = root(number)
    found: dict[int, set[int]] = {}
    for number in range(len(of)):
        found.setdefault(root(number), set()).add(number)
    return list(found.values())


def bound(of: Graph) -> tuple[int, bool]:
    """(most documents of which no two share a bucket, whether it is exact).

    Each component is searched exactly; where that takes more than MOST_STEPS steps, cliques that cover the component
    are counted instead, of each of which one document may be kept: no less than the truth.
    """
    total, exact = 0, True
    for part in components(of):
        try:
            total += Search(of).most(frozenset(part))
        except TooLongError:
            total, exact = total + cliques(of, part), False
    return total, exact


class TooLongError(Exception):
    """The search took more steps than allowed."""


class Search:
    """Largest independent set of a graph, by branching on the document with most neighbours."""

    def __init__(self, of: Graph) -> None:
        self.of = of
        self.steps = 0

    def most(self, left: frozenset[int]) -> int:
        """How many of these documents may be kept."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLongError
        taken = 0
        while left:
            degrees = {number: len(self.of[number] & left) for number in left}
            least = min(left, key=degrees.__getitem__)
            if degrees[least] > 1:  # otherwise one largest set has it
                widest = max(left, key=degrees.__getitem__)
                return taken + max(1 + self.most(left - self.of[widest] - {widest}), self.most(left - {widest}))
            taken, left = taken + 1, left - self.of[least] - {least}
        return taken


def cliques(of: Graph, part: set[int]) -> int:
    """How many cliques, taken greedily, cover some documents."""
    left, found = set(part), 0
    while left:
        clique: set[int] = set()
        candidates = set(left)
        while candidates:
            number = max(candidates, key=lambda each: (len(of[each] & candidates), each))
            clique.add(number)
            candidates &= of[number]
        left -= clique
        found += 1
    return found
