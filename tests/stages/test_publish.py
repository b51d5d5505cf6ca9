"""Files of the final tables, beyond what the runs of whole recipes show."""

from contextlib import ExitStack
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.stages import publish
from crawlsieve.stages.publish import TableFile

SCHEMA = pa.schema([pa.field("number", pa.int64())])


def rows(first, count):
    return pa.RecordBatch.from_arrays([pa.array(range(first, first + count), pa.int64())], schema=SCHEMA)


class Watched:
    """A batch that counts how often somebody asked for its size."""

    asked = 0

    @property
    def nbytes(self):
        Watched.asked += 1
        return 8

    def __len__(self):
        Watched.asked += 1
        return 1


@pytest.fixture
def table_file(tmp_path):
    """A file of a table with one column, under `tmp_path`."""
    about = SimpleNamespace(output=str(tmp_path), ranges=1, key="0123456789", schema=lambda _: SCHEMA)
    with ExitStack() as stack:
        yield TableFile(about, "documents", 0, stack)


def test_small_batches_are_counted_once(table_file, monkeypatch):
    monkeypatch.setattr(Watched, "asked", 0)
    for _ in range(1000):
        table_file.add(Watched())
    table_file._held.clear()

    assert Watched.asked < 5000


@pytest.mark.parametrize(("most", "limit"), [("ROW_GROUP_ROWS", 10), ("ROW_GROUP_BYTES", 80)])
def test_a_row_group_ends_when_it_is_full(table_file, monkeypatch, most, limit, tmp_path):
    monkeypatch.setattr(publish, most, limit)
    for first in range(0, 24, 4):
        table_file.add(rows(first, 4))
    table_file.flush()
    table_file._stack.close()

    told = table_file.told()
    file = pq.ParquetFile(tmp_path / told["path"])
    assert [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)] == [12, 12]
    assert file.read()["number"].to_pylist() == list(range(24))
    assert told["rows"] == 24
