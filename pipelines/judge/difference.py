"""What other rules change: documents by where they were and where they are, rules, bytes, examples."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from crawlsieve.pipelines.judge.judged import DUPLICATE, KEPT, OUTCOMES, REJECTED
from crawlsieve.pipelines.judge.verdicts import Bound, reasons_of

UNDECIDED = 3
"""Rules keep the document; whether it is a duplicate, nobody has asked."""

AFTER = (*OUTCOMES, "kept or duplicate")

EXAMPLES = 5

KINDS = {
    (KEPT, REJECTED): "newly rejected",
    (KEPT, DUPLICATE): "newly removed as duplicates",
    (REJECTED, KEPT): "revived",
    (REJECTED, DUPLICATE): "kept by the rules, but duplicates",
    (REJECTED, UNDECIDED): "revived, if they are no duplicates",
    (DUPLICATE, KEPT): "revived duplicates, whose twins are gone",
    (DUPLICATE, REJECTED): "duplicates, now rejected",
}
"""(where a document was, where it is) -> what that is called."""


@dataclass(frozen=True)
class Part:
    """The measured documents of a range, before and after.

    Attributes:
        id, url: string[n].
        before, after: int8[n], numbers in AFTER.
        text_bytes: int64[n], -1 where nobody knows; None where the run has not noted it.
        own, others: bool[n, r], bool[n, s]: what the rules of the run say, and the others.
    """

    id: pa.Array
    url: pa.Array
    before: np.ndarray
    after: np.ndarray
    text_bytes: np.ndarray | None
    own: np.ndarray
    others: np.ndarray

    @property
    def changed(self) -> np.ndarray:
        """int64[k]: rows of documents that are elsewhere."""
        return np.flatnonzero(self.before != self.after)


@dataclass
class Difference:
    """The sum over all ranges."""

    own: tuple[Bound, ...]
    others: tuple[Bound, ...]
    moves: np.ndarray = field(default_factory=lambda: np.zeros((len(AFTER), len(AFTER)), np.int64))
    """int64[4, 4]: documents by number in AFTER, before and after."""
    text_bytes: int | None = 0
    """Bytes of text that are kept now and were not, less those that were and are not."""
    examples: dict[tuple[int, int], list[tuple[str, str]]] = field(default_factory=dict)
    """(before, after) -> the first few (id, url) in order of id."""
    rejects: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    """(step, rule) -> how many it rejects before and after, newly and no more, and of what moves it has a part in."""

    def add(self, part: Part) -> None:
        """Count a range."""
        np.add.at(self.moves, (part.before, part.after), 1)
        self._add_bytes(part)
        self._add_rules(part)
        rows = part.changed
        for move in sorted({*zip(part.before[rows].tolist(), part.after[rows].tolist(), strict=True)}):
            mine = rows[(part.before[rows] == move[0]) & (part.after[rows] == move[1])]
            taken = pa.array(mine)
            found = pa.table({"id": part.id.take(taken), "url": part.url.take(taken)}).sort_by("id")[:EXAMPLES]
            known = self.examples.get(move, []) + [(row["id"], row["url"]) for row in found.to_pylist()]
            self.examples[move] = sorted(known, key=lambda pair: pair[0])[:EXAMPLES]

    def _add_bytes(self, part: Part) -> None:
        moves = (part.after == KEPT).astype(np.int64) - (part.before == KEPT)
        if UNDECIDED in part.after or (part.text_bytes is None and moves.any()):
            self.text_bytes = None
        if self.text_bytes is not None and part.text_bytes is not None:
            self.text_bytes += int((moves * part.text_bytes).sum())

    def _add_rules(self, part: Part) -> None:
        own = {(bound.step, bound.rule.name): part.own[:, n] for n, bound in enumerate(self.own)}
        others = {(bound.step, bound.rule.name): part.others[:, n] for n, bound in enumerate(self.others)}
        never = np.zeros(len(part.before), np.bool_)
        revived = (part.before == REJECTED) & (part.after != REJECTED)
        lost = (part.before != REJECTED) & (part.after == REJECTED)
        for key in dict.fromkeys([*own, *others]):
            before, after = own.get(key, never), others.get(key, never)
            found = {
                "before": before,
                "after": after,
                "newly": after & ~before,
                "no_more": before & ~after,
                "revived": before & revived,
                "newly_rejected": after & lost,
            }
            counted = self.rejects.setdefault(key, dict.fromkeys(found, 0))
            for name, rows in found.items():
                counted[name] += int(rows.sum())

    @property
    def kept(self) -> tuple[int, int]:
        """(kept before, kept after; those of which nobody knows are not counted)."""
        return int(self.moves[KEPT].sum()), int(self.moves[:, KEPT].sum())

    def kinds(self) -> list[tuple[str, int, list[tuple[str, str]]]]:
        """(what happened, to how many, examples) of all that happened."""
        return [
            (name, int(self.moves[move]), self.examples.get(move, []))
            for move, name in KINDS.items()
            if self.moves[move]
        ]


def changed_rows(part: Part, names: Sequence[str]) -> pa.Table:
    """`id, url, before, after, reasons` of the documents that are elsewhere; the reasons that judges give now."""
    rows = part.changed
    where = pa.array(AFTER)
    return pa.table(
        {
            "id": part.id.take(pa.array(rows)),
            "url": part.url.take(pa.array(rows)),
            "before": where.take(pa.array(part.before[rows])),
            "after": where.take(pa.array(part.after[rows])),
            "reasons": reasons_of(part.others[rows], names),
        }
    )
