"""Judge steps over measured rows: which rules reject which rows, and reasons as lists."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crawlsieve.filters.rule import LANGUAGE, Rule
from crawlsieve.pipelines.recipe.order import NamedStep
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.plan import Batch


@dataclass(frozen=True)
class Bench:
    """A judge step of a recipe.

    Attributes:
        name: judge, judge_2, ...
        place: steps before it; it has seen what more steps than these left open.
        rules: as they judge.
        by_language: whether documents had a language when they came here, so that exceptions hold.
    """

    name: str
    place: int
    rules: tuple[Rule, ...]
    by_language: bool


@dataclass(frozen=True)
class Bound:
    """One rule of one judge step."""

    step: str
    rule: Rule


def benches(chain: Sequence[NamedStep]) -> tuple[Bench, ...]:
    """The judge steps of a chain, in order."""
    found, columns = [], set()
    for place, (name, step) in enumerate(chain):
        if isinstance(step, Judge):
            found.append(Bench(name, place, step.resolved, LANGUAGE in columns))
        columns |= {*step.adds.names}
    return tuple(found)


def bounds_of(judges: Sequence[Bench]) -> tuple[Bound, ...]:
    """Every rule of every judge step, in the order in which they stand in `reasons`."""
    return tuple(Bound(bench.name, rule) for bench in judges for rule in bench.rules)


def columns_of(judges: Sequence[Bench]) -> tuple[str, ...]:
    """The columns of `signals/` that judge steps look at."""
    read = [rule.column for bench in judges for rule in bench.rules]
    language = [LANGUAGE] if any(bench.by_language for bench in judges) else []
    return tuple(dict.fromkeys([*read, *language]))


def verdicts(judges: Sequence[Bench], rows: Batch, passed: np.ndarray) -> np.ndarray:
    """Which rules reject which rows.

    Args:
        judges: r rules in all.
        rows: n measured rows, with `columns_of(judges)`.
        passed: int64[n], how many steps left each row open: it was seen by a judge if more did than stand before it.

    Returns:
        bool[n, r], in the order of `bounds_of`.
    """
    columns = []
    blind = rows.select([name for name in rows.schema.names if name != LANGUAGE])
    for bench in judges:
        seen = passed > bench.place
        batch = rows if bench.by_language else blind
        columns += [rule.rejects(batch).to_numpy(zero_copy_only=False) & seen for rule in bench.rules]
    return np.column_stack(columns) if columns else np.zeros((len(rows), 0), np.bool_)


def reasons_of(broken: np.ndarray, names: Sequence[str]) -> pa.ListArray:
    """list<string>[n]: the names of the rules that bool[n, r] says are broken."""
    row, rule = np.nonzero(broken)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(broken)))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array([*names], pa.string()).take(pa.array(rule)))


def begins_with(lists: pa.ListArray, first: pa.ListArray) -> np.ndarray:
    """bool[n]: whether each list begins with the values of another."""
    starts, lengths = _spans(lists)
    own, wanted = _spans(first)
    enough = lengths >= wanted
    wanted = np.where(enough, wanted, 0)
    row = np.repeat(np.arange(len(first)), wanted)
    one, other = _taken(lists.values, starts, wanted).values, _taken(first.values, own, wanted).values
    differs = pa.compute.not_equal(one, other).to_numpy(zero_copy_only=False).astype(np.bool_)
    enough[row[differs]] = False
    return enough


def rest_after(lists: pa.ListArray, skipped: np.ndarray) -> pa.ListArray:
    """list<string>[n]: each list without its first int64[n] values."""
    starts, lengths = _spans(lists)
    return _taken(lists.values, starts + skipped, lengths - skipped)


def joined(first: pa.ListArray, second: pa.ListArray) -> pa.ListArray:
    """list<string>[n]: the values of one list, then those of the other."""
    starts, lengths = _spans(first)
    behind, more = _spans(second)
    values = pa.concat_arrays([first.values, second.values])
    begin = np.column_stack([starts, behind + len(first.values)]).ravel()
    pairs = _taken(values, begin, np.column_stack([lengths, more]).ravel())
    return pa.ListArray.from_arrays(pa.array(pairs.offsets.to_numpy()[::2]), pairs.values)


def _taken(values: pa.Array, starts: np.ndarray, lengths: np.ndarray) -> pa.ListArray:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    at = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values.take(pa.array(at)))


def _spans(lists: pa.ListArray) -> tuple[np.ndarray, np.ndarray]:
    """(int64[n]: where each list begins in `values`, int64[n]: how long it is); lists are not null."""
    offsets = lists.offsets.to_numpy().astype(np.int64)
    return offsets[:-1], np.diff(offsets)
