"""Documents and bytes of the whole, by outcome, step and rule."""

from collections.abc import Sequence

import numpy as np

from crawlsieve.pipelines.forecast.amounts import Named, Outcome, StepShare, Yields, amount, at_least, at_most, spent
from crawlsieve.pipelines.forecast.cells import READER
from crawlsieve.pipelines.forecast.estimate import Estimator, Total, product
from crawlsieve.pipelines.forecast.sums import Sums
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.stages.decide import HISTORY
from crawlsieve.stages.judge import Judge

Cellwise = Sequence[np.ndarray]
"""float64[m, g] for each stratum."""


class Counting:
    """Totals of records that have something, and of the bytes of their texts."""

    def __init__(self, sums: Sums, estimator: Estimator) -> None:
        self.sums = sums
        self.estimator = estimator
        texts = sum(seen(sums.cells("text_bytes", name)) for name in ("passed", "rejected"))
        with_text = sum(seen(sums.cells("outcome", name)) for name in ("passed", "rejected"))
        self._usual = texts / with_text if with_text else 0.0

    def of(self, cells: Cellwise) -> Total:
        """The total of records."""
        return self.estimator.of_records(cells, having=seen(cells))

    def records(self, step: str, name: str) -> Total:
        """The total of what was counted under a name."""
        return self.of(self.sums.cells(step, name))

    def text(self, counted: tuple[str, str], weighed: tuple[str, str]) -> Total:
        """The total of bytes of texts."""
        having, cells = seen(self.sums.cells(*counted)), self.sums.cells(*weighed)
        mean = seen(cells) / having if having else self._usual
        return self.estimator.of_records(cells, having=having, unit=mean)

    def outcome(self, name: str) -> Outcome:
        """Documents and bytes of an outcome."""
        text = self.text(("outcome", name), ("text_bytes", name))
        return Outcome(amount(self.records("outcome", name)), amount(text))

    def named(self, kind: str, name: str) -> Named:
        """Documents and bytes of a reason or an error."""
        text = self.text((kind, name), (f"{kind}_bytes", name))
        return Named(name, amount(self.records(kind, name)), amount(text))


def yields(recipe: Recipe, counting: Counting, removed: dict[str, list[np.ndarray]], kept_text: int) -> Yields:
    """What becomes of the records.

    Args:
        recipe: as loaded.
        counting: of the sample.
        removed: method -> documents that it removed.
        kept_text: bytes of the texts of the sample's documents.
    """
    exact = counting.estimator.whole
    own = {method: cells for method, cells in removed.items() if method != HISTORY}
    gone = added(counting.sums, list(removed.values()))
    left = [whole - lost for whole, lost in zip(counting.sums.cells("outcome", "passed"), gone, strict=True)]
    text = counting.text(("outcome", "passed"), ("text_bytes", "passed"))
    kept = product(text, kept_text / text.seen if text.seen else 1.0)
    history = counting.of(removed.get(HISTORY, counting.sums.empty()))
    asks = recipe.near is not None and recipe.near.history is not None
    methods = [(method, at_least(counting.of(cells), exact=exact)) for method, cells in own.items()]
    return Yields(
        records=amount(counting.estimator.of_shards(counting.sums.shards(READER, "records"))),
        steps=tuple(_steps(recipe, counting)),
        rejected=counting.outcome("rejected"),
        failed=counting.outcome("failed"),
        passed=counting.outcome("passed"),
        duplicates=at_least(counting.of(added(counting.sums, list(own.values()))), exact=exact),
        published_before=amount(history) if asks else None,
        documents=Outcome(at_most(counting.of(left), exact=exact), at_most(kept, exact=exact)),
        rules=_rules(recipe, counting),
        errors=_sorted([counting.named("error", name) for name in counting.sums.names("error")]),
        methods=tuple(methods),
    )


def seen(cells: Cellwise) -> float:
    """The sum over the sample."""
    return float(sum(part.sum() for part in cells))


def added(sums: Sums, many: Sequence[Cellwise]) -> list[np.ndarray]:
    """The sum of several quantities, cell by cell."""
    total = sums.empty()
    for cells in many:
        total = [one + other for one, other in zip(total, cells, strict=True)]
    return total


def _rules(recipe: Recipe, counting: Counting) -> tuple[Named, ...]:
    """Reasons of rejection, and rules that could be one."""
    known = [rule["name"] for named in recipe.chain if isinstance(named.step, Judge) for rule in named.step.bounds()]
    names = dict.fromkeys([*counting.sums.names("reason"), *known])
    return _sorted([counting.named("reason", name) for name in names])


def _sorted(found: list[Named]) -> tuple[Named, ...]:
    return tuple(sorted(found, key=lambda named: (-named.documents.estimate, named.name)))


def _steps(recipe: Recipe, counting: Counting) -> list[StepShare]:
    """The reader, and each step of the chain with what those before it leave."""
    sums, estimator = counting.sums, counting.estimator
    left: Cellwise = sums.cells(READER, "sampled")
    found = []
    for name in (READER, *(named.name for named in recipe.chain)):
        settled = sums.cells("settled", name)
        if name == READER:
            took = estimator.of_shards(sums.shards(READER, "seconds"))
        else:
            took = estimator.of_records(sums.cells("seconds", name))
        found.append(StepShare(name, amount(counting.of(left)), amount(counting.of(settled)), spent(took)))
        left = [before - gone for before, gone in zip(left, settled, strict=True)]
    return found
