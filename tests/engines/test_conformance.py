"""One suite for every engine: the same rows, whatever the shape of the plan."""

import pyarrow as pa
import pytest
import xxhash

from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Exchange, Map, Plan
from tests.engines.plans import NUMBERS, RUNS, Above, Count, FailAt, FailOnce, InOrder, Total, shards

GOLDEN = "e14765d8db10abbc"
"""Of the sums of 50 keys in 4 partitions, in their order: changed by the partition function alone."""


def rows(table):
    return sorted(map(tuple, table.to_pandas().itertuples(index=False)))


def totals(sizes, keys):
    found = {}
    for value in range(sum(sizes)):
        found[value % keys] = found.get(value % keys, 0) + value
    return sorted(found.items())


def summed(sizes, keys, *, partitions=3, batch=1000):
    return Plan(
        shards(*sizes),
        (
            Map(Count(keys, batch), writes=NUMBERS),
            Exchange(by=("key",), partitions=partitions, then=("value",)),
            Map(InOrder(), writes=NUMBERS),
            Map(Total(), writes=RUNS),
        ),
    )


def test_a_plan_without_exchange_gives_every_shards_rows(engine):
    found = engine(Plan(shards(3, 0, 2), (Map(Count(10), writes=NUMBERS),)))

    assert found.schema == NUMBERS
    assert rows(found) == [(n, n) for n in range(5)]


def test_rows_with_equal_keys_meet_in_order(engine):
    assert rows(engine(summed((500, 700), 7))) == totals((500, 700), 7)


@pytest.mark.parametrize("partitions", [1, 2, 16])
@pytest.mark.parametrize("batch", [1, 64, 5000])
def test_neither_partitions_nor_batches_change_the_rows(engine, partitions, batch):
    assert rows(engine(summed((40, 60), 9, partitions=partitions, batch=batch))) == totals((40, 60), 9)


def test_an_empty_shard_is_no_trouble(engine):
    assert rows(engine(summed((0, 10, 0), 3))) == totals((10,), 3)


def test_a_plan_whose_every_row_is_filtered_gives_an_empty_table_with_its_schema(engine):
    plan = summed((20, 20), 4)
    steps = (plan.steps[0], Map(Above(10**6), writes=NUMBERS), *plan.steps[1:])
    found = engine(Plan(plan.source, steps))

    assert len(found) == 0
    assert found.schema == RUNS


def test_a_plan_over_no_shard_gives_an_empty_table(engine):
    assert engine(summed((), 4)).schema == RUNS


def test_a_hot_key_comes_as_many_batches_in_order(engine):
    assert rows(engine(summed((100_000, 100_000), 1, batch=10_000))) == [(0, sum(range(200_000)))]


def test_a_shard_listed_twice_counts_twice(engine):
    once = shards(10)
    twice = pa.RecordBatch.from_arrays(
        [pa.concat_arrays([column, column]) for column in once.columns], once.schema.names
    )
    found = engine(Plan(twice, summed((10,), 1).steps))

    assert rows(found) == [(0, 90)]


def test_the_order_of_shards_does_not_matter(engine):
    plan = summed((30, 20, 10), 5)
    turned = Plan(plan.source.take(pa.array([2, 0, 1])), plan.steps)

    assert rows(engine(turned)) == rows(engine(plan))


def test_two_exchanges_follow_each_other(engine):
    plan = summed((50, 50), 10)
    again = Plan(
        plan.source,
        (*plan.steps[:-1], Exchange(by=("value",), partitions=4, then=("key",)), Map(Above(90), writes=NUMBERS)),
    )

    assert rows(engine(again)) == [(n % 10, n) for n in range(90, 100)]


def test_a_shard_that_fails_fails_the_run_with_its_own_message(engine):
    plan = Plan(shards(5, 5, 5), (Map(FailAt(5), writes=shards().schema), Map(Count(3), writes=NUMBERS)))

    with pytest.raises(CrawlsieveError, match="this shard cannot be read"):
        engine(plan)


def flaky(plan, folder, times, error):
    fail = FailOnce(str(folder), 5, times, error)
    return Plan(plan.source, (Map(fail, writes=plan.source.schema), *plan.steps))


@pytest.mark.parametrize("error", ["RuntimeError", "EIO"])
def test_a_task_that_fails_twice_is_begun_a_third_time_and_its_rows_count_once(engine, started_engine, tmp_path, error):
    before = len(started_engine.retried)
    assert rows(engine(flaky(summed((5, 5, 5), 4), tmp_path, 2, error))) == totals((5, 5, 5), 4)

    assert len(list(tmp_path.iterdir())) == 3
    told = {"RuntimeError": "RuntimeError: flaky", "EIO": "Input/output error"}[error]
    assert [again.why for again in started_engine.retried[before:]] == [told] * 2


def test_a_task_that_fails_every_time_ends_the_run_with_what_it_said(engine, tmp_path):
    with pytest.raises(CrawlsieveError, match="flaky, 3 times"):
        engine(flaky(summed((5, 5, 5), 4), tmp_path, 99, "RuntimeError"))

    assert len(list(tmp_path.iterdir())) == 3


def test_an_engine_goes_on_after_a_plan_that_failed(engine):
    with pytest.raises(CrawlsieveError):
        engine(Plan(shards(5, 5, 5), (Map(FailAt(5), writes=shards().schema), Map(Count(3), writes=NUMBERS))))

    assert rows(engine(summed((500, 700), 7))) == totals((500, 700), 7)


def test_every_batch_of_the_last_table_is_seen_by_who_watches(started_engine):
    seen = []
    found = started_engine.run(summed((500, 700), 7), seen.append)

    assert sorted(n for batch in seen for n in batch.column("total").to_pylist()) == sorted(found["total"].to_pylist())


def test_the_rows_stand_in_order_of_shards(engine):
    plan = Plan(shards(3, 0, 2, 4), (Map(Count(10), writes=NUMBERS),))

    assert engine(plan)["value"].to_pylist() == list(range(9))


def test_the_same_partition_has_the_same_rows_in_the_same_order_on_every_engine(engine):
    table = engine(summed((300, 500), 50, partitions=4))

    assert xxhash.xxh3_64_hexdigest(table.combine_chunks().to_pandas().to_numpy().tobytes()) == GOLDEN
