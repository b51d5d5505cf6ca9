"""Disk, time and memory of the whole, from what the sample took here."""

import math
from dataclasses import dataclass

import pyarrow.compute as pc

from crawlsieve.dedup.bloom_sizes import BloomSize
from crawlsieve.pipelines.curate import TEXT_BYTES_PER_FILE
from crawlsieve.pipelines.forecast.amounts import Amount, Disk, Memory, Time, amount, at_least, at_most, spent
from crawlsieve.pipelines.forecast.cells import READER
from crawlsieve.pipelines.forecast.estimate import Total, plus, product
from crawlsieve.pipelines.forecast.passes import Passed
from crawlsieve.pipelines.forecast.sample_shard import WRITE
from crawlsieve.pipelines.forecast.yields import Counting, added, seen
from crawlsieve.pipelines.near import SELECT_BYTES
from crawlsieve.pipelines.recipe.load import Recipe
from crawlsieve.stages.near.select import Select
from crawlsieve.stages.staging import FLUSH_BYTES


@dataclass(frozen=True)
class Costs:
    """What the whole costs."""

    disk: Disk
    time: Time
    memory: Memory


def costs(recipe: Recipe, counting: Counting, passed: Passed, workers: int | None, tables: int) -> Costs:
    """Disk, time and memory of the whole.

    Args:
        recipe: as loaded.
        counting: of the sample.
        passed: what its passes left and took.
        workers: of this machine; None if they are on others.
        tables: that a shard stages.
    """
    documents = counting.records("outcome", "passed")
    text = counting.text(("outcome", "passed"), ("text_bytes", "passed"))
    rejected = counting.text(("outcome", "rejected"), ("text_bytes", "rejected"))
    staged = plus(text, rejected) if recipe.keep_rejected == "text" else text
    files = max(1, math.ceil(staged.estimate / TEXT_BYTES_PER_FILE))
    return Costs(
        _disk(recipe, counting, passed, files),
        _time(counting, passed, (documents, text), workers, files),
        _memory(recipe, counting, documents, workers, tables),
    )


def _disk(recipe: Recipe, counting: Counting, passed: Passed, files: int) -> Disk:
    """Columns grow with what they hold, and each file has one head and foot."""
    exact, sums = counting.estimator.whole, counting.sums
    measured = counting.of(added(sums, [sums.cells("outcome", name) for name in ("passed", "rejected")]))
    drivers = {
        "documents": counting.text(("outcome", "passed"), ("text_bytes", "passed")),
        "rejected": counting.records("outcome", "rejected"),
        "failed": counting.records("outcome", "failed"),
    }
    if recipe.keep_rejected == "text":
        drivers["rejected"] = counting.text(("outcome", "rejected"), ("text_bytes", "rejected"))
    gone = passed.gone.num_rows
    lost = product(counting.records("outcome", "passed"), gone / max(1.0, seen(sums.cells("outcome", "passed"))))
    found, total = [], Total(0, 0, 0, 0)
    for table in sorted(set(passed.files["table"].to_pylist())):
        rows = passed.files.filter(pc.equal(passed.files["table"], table))
        size, count, growing = pc.sum(rows["bytes"]).as_py(), rows.num_rows, passed.growing[table]
        driver = lost if table == "duplicates" else drivers.get(table, measured)
        grown = product(driver, growing / driver.seen) if driver.seen else _fixed(growing)
        fixed = (size - growing) / count * max(files, count)
        one = Total(grown.estimate + fixed, grown.low + fixed, grown.high + fixed, float(size), grown.spread)
        bounds = {"documents": at_most, "duplicates": at_least}.get(table)
        found.append((table, amount(one) if bounds is None else bounds(one, exact=exact)))
        total = plus(total, one)
    records = counting.records(READER, "sampled")
    staged = drivers["documents"] if drivers["documents"].seen else records
    kept = product(staged, passed.staged / staged.seen) if staged.seen else Total(0, 0, 0, 0)
    return Disk(tuple(found), at_most(total, exact=exact), amount(kept))


def _time(counting: Counting, passed: Passed, what: tuple[Total, Total], workers: int | None, files: int) -> Time:
    sums, estimator = counting.sums, counting.estimator
    steps = added(sums, [sums.cells("seconds", name) for name in sums.names("seconds")])
    by_shard = [one + other for one, other in zip(*(sums.shards(*key) for key in _BY_SHARD), strict=True)]
    curate = plus(estimator.of_records(steps), estimator.of_shards(by_shard))
    started = [value for value in sums.values("start", "seconds") if value > 0]
    start = sum(started) / len(started) if started else 0.0
    documents, text = what
    decide = _grown(passed.decide.again, documents)
    publish = _grown(passed.publish.again, text)
    loading = passed.decide.loading + passed.publish.loading
    serial = plus(decide, _fixed(loading))
    busy = plus(plus(curate, serial), plus(publish, _fixed(start * (workers or len(started)))))
    wall = None
    if workers is not None:
        apart = product(publish, 1 / min(workers, files))
        begun = start if workers == 1 else start + passed.driver
        wall = spent(plus(plus(_apart(curate, counting, workers), serial), plus(apart, _fixed(begun))))
    hours = spent(product(busy, 1 / 3600))
    return Time(workers, spent(curate), round(start, 6), spent(decide), spent(publish), hours, wall)


_BY_SHARD = ((READER, "seconds"), (WRITE, "seconds"))


def _apart(curate: Total, counting: Counting, workers: int) -> Total:
    """Seconds of the pass over the shards: no less than the largest one takes."""
    strata = counting.sums.strata
    size = sum(stratum.size for stratum in strata)
    longest = max([stratum.largest for stratum in strata], default=0.0) / size if size else 1.0
    return product(curate, max(1 / workers, longest))


def _grown(seconds: float, driver: Total) -> Total:
    """Seconds that grow as documents or bytes do; they may be fixed costs all, so the whole may take what this took."""
    if not driver.seen:
        return _fixed(seconds)
    grown = product(driver, seconds / driver.seen)
    return Total(grown.estimate, min(grown.low, seconds), grown.high, seconds, grown.spread)


def _fixed(seconds: float) -> Total:
    return Total(seconds, seconds, seconds, seconds)


def _memory(recipe: Recipe, counting: Counting, documents: Total, workers: int | None, tables: int) -> Memory:
    peak = max(counting.sums.values("memory", "peak"), default=0.0)
    selection, bound = _selection(recipe, documents)
    return Memory(peak, None if workers is None else peak * workers, tables * FLUSH_BYTES, selection, bound)


def _selection(recipe: Recipe, documents: Total) -> tuple[Amount | None, int | None]:
    """Of the walk over near-duplicates, and its bound."""
    near = recipe.near
    if near is None or near.verification is not None:
        return None, None
    bands = near.banding.bands
    counts = [max(1, math.ceil(value)) for value in (documents.estimate, documents.low, documents.high, documents.seen)]
    if near.method == "lshbloom":
        sizes = [
            BloomSize(count, near.false_positive_rate, bands).bytes
            + Select.memory(min(count, near.block_documents), bands)
            for count in counts
        ]
        return Amount(*sizes), None
    return Amount(*(min(SELECT_BYTES, Select.memory(count, bands)) for count in counts)), SELECT_BYTES
