"""Staged tables come back by range of ids, every row once."""

import hashlib
import io

import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.dedup.partition import partition_of
from crawlsieve.stages import staging as module
from crawlsieve.stages.staging import buckets_for, read_all, read_partition, staging

ROWS = pa.schema([pa.field("row", pa.int64()), pa.field("id", pa.binary(16)), pa.field("text", pa.large_string())])


def batch(first, count):
    numbers = range(first, first + count)
    ids = [hashlib.md5(str(number).encode(), usedforsecurity=False).digest() for number in numbers]
    return pa.RecordBatch.from_arrays(
        [
            pa.array(numbers, pa.int64()),
            pa.array(ids, pa.binary(16)),
            pa.array([f"{n} " * 50 for n in numbers], pa.large_string()),
        ],
        schema=ROWS,
    )


def staged(place, buckets, count=1000):
    with staging(str(place), ROWS, buckets) as table:
        for first in range(0, count, 50):
            table.add(batch(first, min(50, count - first)))
        table.add(batch(0, 0))
    assert table.rows == count
    return str(place)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A table of 1,000 rows in several runs of 8 buckets."""
    monkeypatch.setattr(module, "FLUSH_BYTES", 40_000)
    return staged(tmp_path / "folder" / "table.staged", 8)


def numbers(batches):
    return [row for part in batches for row in part.column("row").to_pylist()]


def everything(buckets):
    """All rows, in the order in which any number of ranges gives them."""
    return [row for part in buckets for row in part.to_pylist()]


@pytest.mark.parametrize("partitions", [1, 2, 3, 8, 100])
def test_the_partitions_hold_every_row_once_in_the_order_of_the_file(path, partitions):
    ordered = numbers(read_all(path))
    parts = [numbers(read_partition(path, number, partitions)) for number in range(partitions)]

    assert sorted(row for part in parts for row in part) == list(range(1000)) == sorted(ordered)
    for part in parts:
        assert [row for row in ordered if row in set(part)] == part


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_no_row_and_no_order_depends_on_the_buckets(tmp_path, monkeypatch, count):
    monkeypatch.setattr(module, "FLUSH_BYTES", 40_000)
    for partitions in (1, 3, 100):
        read = []
        for buckets in (1, 2, 64, 1024):
            place = staged(tmp_path / f"{partitions}-{buckets}", buckets, count)
            read.append(
                everything(b for number in range(partitions) for b in read_partition(place, number, partitions))
            )

        assert read[0] == read[1] == read[2] == read[3]
        assert sorted(row["row"] for row in read[0]) == list(range(count))
        ids = pa.array([row["id"] for row in read[0]], pa.binary(16))
        assert count < 2 or (np.diff(partition_of([ids], partitions)) >= 0).all()


class Counting(io.BytesIO):
    """A file that notes what is read."""

    def __init__(self, content):
        super().__init__(content)
        self.reads = []

    def read(self, size=-1, /):
        data = super().read(size)
        self.reads.append(len(data))
        return data


@pytest.mark.parametrize(("buckets", "share"), [(1, 1), (8, 1 / 8), (1024, 1 / 100)])
def test_a_range_reads_the_index_and_its_own_buckets(tmp_path, monkeypatch, buckets, share):
    monkeypatch.setattr(module, "FLUSH_BYTES", 250_000)
    monkeypatch.setattr(module, "_GUESS", 20)
    path = tmp_path / "table"
    staged(path, buckets, 4000)
    content = path.read_bytes()
    files = []
    monkeypatch.setattr(module, "_opened", lambda _: files.append(Counting(content)) or files[-1])
    count = len(numbers(read_partition(str(path), 7, 100)))

    _tail, _index, *segments = files[0].reads
    runs = 5
    assert 20 < count < 70
    assert len(segments) <= runs
    assert sum(segments) < 1.6 * share * len(content) + 300 * runs


def test_an_index_larger_than_the_guess_is_read_as_a_whole(path, monkeypatch):
    monkeypatch.setattr(module, "_GUESS", 20)

    assert sorted(numbers(read_all(path))) == list(range(1000))


def test_a_table_without_rows_is_a_table(tmp_path):
    path = staged(tmp_path / "empty", 8, 0)

    assert list(read_all(path)) == list(read_partition(path, 0, 1)) == []


def test_batches_of_a_range_are_gathered_up_to_a_size(path, monkeypatch):
    assert len(list(read_partition(path, 0, 1))) == 1
    monkeypatch.setattr(module, "BATCH_BYTES", 10_000)
    assert len(list(read_partition(path, 0, 1))) > 5


@pytest.mark.parametrize(("ranges", "buckets"), [(0, 1), (1, 1), (2, 2), (3, 4), (64, 64), (65, 128), (10_000, 1024)])
def test_buckets_are_a_power_of_two_and_no_wider_than_a_range(ranges, buckets):
    assert buckets_for(ranges) == buckets


def test_a_table_whose_task_fails_leaves_no_file(tmp_path):
    with pytest.raises(ZeroDivisionError), staging(str(tmp_path / "broken.parquet"), ROWS) as table:
        table.add(batch(0, 10))
        1 / 0  # noqa: B018 - the failure

    assert list(tmp_path.iterdir()) == []
