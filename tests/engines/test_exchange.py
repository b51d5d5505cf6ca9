"""What the disk-backed Exchange does with names, open files and what a killed run left behind."""

import pyarrow as pa
import pytest

from crawlsieve.pipelines.engines.exchange import cut, gather, merged, scatter
from crawlsieve.pipelines.engines.ipc import packed
from crawlsieve.stages.plan import Exchange
from tests.engines.plans import NUMBERS


def numbers(first, last):
    values = pa.array(range(first, last), pa.int64())
    return pa.RecordBatch.from_arrays([values, values], schema=NUMBERS)


@pytest.mark.parametrize("name", ["[1]", "a*b", "it's", "month=05"])
def test_a_folder_may_have_any_name(tmp_path, name):
    exchange, folder = Exchange(by=("key",), partitions=2), str(tmp_path / name)
    scatter(exchange, NUMBERS, [numbers(0, 100)], folder, 0)

    found = [batch for part in range(2) for batch in gather(exchange, NUMBERS, folder, part)]
    assert sorted(value for batch in found for value in batch.column("key").to_pylist()) == list(range(100))


def test_rows_that_are_written_in_several_flushes_all_arrive(tmp_path, monkeypatch):
    monkeypatch.setattr("crawlsieve.pipelines.engines.exchange.HELD_BYTES", 1000)
    exchange = Exchange(by=("key",), partitions=3)
    scatter(exchange, NUMBERS, [numbers(first, first + 50) for first in range(0, 1000, 50)], str(tmp_path), 0)

    found = [batch for part in range(3) for batch in gather(exchange, NUMBERS, str(tmp_path), part)]
    assert sorted(value for batch in found for value in batch.column("key").to_pylist()) == list(range(1000))


def test_more_partitions_than_files_may_be_open(tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    exchange = Exchange(by=("key",), partitions=300)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        scatter(exchange, NUMBERS, [numbers(0, 3000)], str(tmp_path), 0)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert len(list(tmp_path.iterdir())) == 300


def test_a_task_that_fails_writes_nothing_more(tmp_path):
    def failing():
        yield numbers(0, 10)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scatter(Exchange(by=("key",), partitions=1), NUMBERS, failing(), str(tmp_path), 0)

    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize("held", [1 << 20, 1000])
def test_pieces_are_merged_in_order_in_memory_and_over_files(monkeypatch, held):
    monkeypatch.setattr("crawlsieve.pipelines.engines.exchange.HELD_BYTES", held)
    pieces = [numbers(first, first + 50) for first in range(950, -50, -50)]
    found = list(merged(Exchange(by=("key",), partitions=1), NUMBERS, pieces))

    assert [value for batch in found for value in batch.column("key").to_pylist()] == list(range(1000))
    assert {batch.schema for batch in found} == {NUMBERS}


def test_no_pieces_are_no_batches():
    assert list(merged(Exchange(by=("key",), partitions=1), NUMBERS, [])) == []


def test_pieces_carry_no_word_of_what_their_columns_mean_and_the_merged_rows_do():
    told = pa.schema([NUMBERS.field(0).with_metadata({"doc": "x" * 5000}), NUMBERS.field(1)])
    rows = pa.RecordBatch.from_arrays(numbers(0, 1).columns, schema=told)
    exchange = Exchange(by=("key",), partitions=1)
    ((_, piece),) = cut(exchange, told, [rows])

    assert len(packed(piece)) < 1000
    assert [batch.schema.field(0).metadata for batch in merged(exchange, told, [piece])] == [{b"doc": b"x" * 5000}]
