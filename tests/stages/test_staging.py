"""Staged tables come back by range of ids, every row once."""

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.stages import staging as module
from crawlsieve.stages.staging import read_all, read_partition, staging

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


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FLUSH_BYTES", 40_000)
    monkeypatch.setattr(module, "ROW_GROUP_BYTES", 5_000)
    place = str(tmp_path / "folder" / "table.parquet")
    with staging(place, ROWS) as table:
        for first in range(0, 1000, 50):
            table.add(batch(first, 50))
        table.add(batch(0, 0))
    assert table.rows == 1000
    return place


@pytest.mark.parametrize("partitions", [1, 2, 3, 8, 100])
def test_the_partitions_hold_every_row_once_in_the_order_of_the_file(path, partitions):
    everything = [row for part in read_all(path) for row in part.column("row").to_pylist()]
    parts = [
        [row for part in read_partition(path, number, partitions) for row in part.column("row").to_pylist()]
        for number in range(partitions)
    ]

    assert sorted(row for part in parts for row in part) == list(range(1000)) == sorted(everything)
    for part in parts:
        assert [row for row in everything if row in set(part)] == part


def test_a_range_reads_only_the_row_groups_that_overlap(path, monkeypatch):
    groups = pq.ParquetFile(path).num_row_groups
    read = []
    monkeypatch.setattr(
        module.pq.ParquetFile, "iter_batches", lambda _, row_groups: iter(read.extend(row_groups) or [])
    )
    list(read_partition(path, 0, 8))

    assert groups >= 16
    assert len(read) == groups / 8


def test_a_table_without_rows_keeps_its_schema(tmp_path):
    with staging(str(tmp_path / "empty.parquet"), ROWS):
        pass

    assert pq.read_schema(tmp_path / "empty.parquet").equals(ROWS)


def test_a_table_whose_task_fails_leaves_no_file(tmp_path):
    with pytest.raises(ZeroDivisionError), staging(str(tmp_path / "broken.parquet"), ROWS) as table:
        table.add(batch(0, 10))
        1 / 0  # noqa: B018 - the failure

    assert list(tmp_path.iterdir()) == []
