"""The reasons of both runs beside each other; rules that differ in name only, or in the variant, stand in one line."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from crawlsieve.pipelines.ask.verdict import finite
from crawlsieve.pipelines.compare.pair import Pair, Side
from crawlsieve.schemas.c4 import C4_PREFIX

_DCLM = "_dclm"
_PREFIXES = sorted((prefix for prefix in C4_PREFIX.values() if prefix != "c4"), key=len, reverse=True)

_GIVEN = """
    CREATE TEMP TABLE given_{side} AS
    SELECT DISTINCT key, line FROM (
        SELECT id::UUID AS id, unnest(reasons) AS reason FROM {files})
        JOIN rows_{side} AS rows USING (id) JOIN matched USING (key) JOIN lines_{side} USING (reason)
    WHERE rows.outcome = 2 AND a IS NOT NULL AND b IS NOT NULL
"""
_COUNTED = """
    SELECT line, count(given_a.key) AS a, count(given_b.key) AS b,
        count(*) FILTER (given_a.key IS NOT NULL AND given_b.key IS NOT NULL) AS both
    FROM given_a FULL JOIN given_b USING (key, line) GROUP BY line
"""
_REASONS = "SELECT DISTINCT unnest(reasons) AS reason FROM {files} ORDER BY reason"


@dataclass(frozen=True)
class Ruling:
    """A reason of A, of B, or one of each that go together.

    Attributes:
        a, b: its name in each run; None where that run has no such reason.
        a_column, b_column: what it judges; None for a reason that no number decides.
        a_bounds, b_bounds: (at least, at most), both included.
        rejects_a, rejects_b, rejects_both: documents that both runs have read, and that A, B or both reject for it.
    """

    a: str | None
    b: str | None
    a_column: str | None
    b_column: str | None
    a_bounds: tuple[float | None, float | None]
    b_bounds: tuple[float | None, float | None]
    rejects_a: int
    rejects_b: int
    rejects_both: int

    @property
    def unlike(self) -> int:
        """Documents that one of the two alone rejects for it."""
        return self.rejects_a + self.rejects_b - 2 * self.rejects_both


def rulings(pair: Pair) -> tuple[Ruling, ...]:
    """Every rule of either run and every other reason, those that differ most first."""
    given = [
        dict.fromkeys(row["reason"] for row in pair.rows(_REASONS.format(files=side.files("rejected"))))
        for side in _both(pair)
    ]
    rules = [_rules(side) for side in _both(pair)]
    judged = [{name: rule["column"] for name, rule in each.items()} for each in rules]
    lines = paired(given[0] | judged[0], given[1] | judged[1])
    counted = _counted(pair, lines)
    found = [_ruling(rules, names, counted.get(line, (0, 0, 0))) for line, names in enumerate(lines)]
    return tuple(sorted(found, key=lambda each: (-each.unlike, -each.rejects_a, each.a or "", each.b or "")))


def paired(a: dict[str, str | None], b: dict[str, str | None]) -> list[tuple[str | None, str | None]]:
    """Reasons of both runs that go together: of the same name, else on the same column, else on variants of a column.

    Args:
        a: name of each reason of A -> column that it judges, None if there is none.
        b: the same of B.

    Returns:
        Each reason of either exactly once; None in place of what has no fellow.
    """
    lines: list[tuple[str | None, str | None]] = [(name, name) for name in a if name in b]
    left = {name: column for name, column in a.items() if name not in b}
    right = {name: column for name, column in b.items() if name not in a}
    for meaning in (lambda column: column, stem):
        waiting: dict[str, str] = {}
        for name, column in right.items():
            if column is not None:
                waiting.setdefault(meaning(column), name)
        for name, column in list(left.items()):
            fellow = None if column is None else waiting.pop(meaning(column), None)
            if fellow is not None:
                lines.append((name, fellow))
                del left[name], right[fellow]
    return [*lines, *((name, None) for name in left), *((None, name) for name in right)]


def stem(column: str) -> str:
    """What a column measures in every variant: without DCLM's suffix, with one prefix for all of C4."""
    for prefix in _PREFIXES:
        if column.startswith(f"{prefix}_"):
            return f"c4{column.removeprefix(prefix)}"
    return column.removesuffix(_DCLM)


def _both(pair: Pair) -> tuple[Side, Side]:
    return pair.a, pair.b


def _rules(side: Side) -> dict[str, dict[str, Any]]:
    """Name -> rule; with the bounds within which every step's is, where several judge by a rule of that name."""
    found: dict[str, dict[str, Any]] = {}
    for rule in side.manifest.get("rules", []):
        known = found.get(rule["name"], rule)
        ends = {
            end: tightest((each[end] for each in (known, rule) if each[end] is not None), default=None)
            for end, tightest in (("at_least", max), ("at_most", min))
        }
        found[rule["name"]] = {**rule, **ends}
    return found


def _ruling(
    rules: list[dict[str, dict[str, Any]]], names: tuple[str | None, str | None], counted: tuple[int, int, int]
) -> Ruling:
    a, b = names
    one, other = rules[0].get(a or "", {}), rules[1].get(b or "", {})
    bounds = [(finite(rule.get("at_least")), finite(rule.get("at_most"))) for rule in (one, other)]
    return Ruling(a, b, one.get("column"), other.get("column"), bounds[0], bounds[1], *counted)


def _counted(pair: Pair, lines: list[tuple[str | None, str | None]]) -> dict[int, tuple[int, int, int]]:
    """Number of a line -> documents that it rejects in A, in B, in both."""
    for place, side in enumerate(_both(pair)):
        known = [(number, line[place]) for number, line in enumerate(lines) if line[place] is not None]
        table = pa.table(
            {
                "line": pa.array([number for number, _ in known], pa.int32()),
                "reason": pa.array([name for _, name in known], pa.string()),
            }
        )
        pair.connection.register(f"lines_{side.letter}", table)
        pair.connection.execute(_GIVEN.format(side=side.letter, files=side.files("rejected")))
    return {row["line"]: (row["a"], row["b"], row["both"]) for row in pair.rows(_COUNTED)}
