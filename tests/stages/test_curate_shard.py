"""What a shard's task counts, beyond what the runs of whole recipes show."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.stages.curate_shard import SHARDS, CurateShard
from crawlsieve.stages.keys import DuplicateKeys, ExactDuplicates
from crawlsieve.stages.outcomes import OutcomePlan
from crawlsieve.stages.read import Source, survey
from crawlsieve.stages.total_order import TotalOrder


@pytest.fixture
def curated(tmp_path):
    """The counts of one shard as the step "read" has them."""

    def curate(path, **options):
        source = Source(paths=(str(path),))
        [item] = survey(source)
        step = CurateShard(
            source,
            OutcomePlan((), DuplicateKeys(TotalOrder(()), ExactDuplicates(by=())), "text"),
            str(tmp_path / "work"),
            **options,
        )
        shard = pa.RecordBatch.from_pylist([{"shard": 0, "key": "k", **vars(item)}], schema=SHARDS)
        rows = [row for batch in step(iter([shard])) for row in batch.to_pylist()]
        return {row["name"]: row["value"] for row in rows if row["step"] == "read"}

    return curate


def test_rows_lost_with_a_row_group_are_counted(tmp_path, curated):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"{n} words" for n in range(20)]}), path, row_group_size=10, use_dictionary=False)
    place = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[place : place + 40] = b"\xff" * 40
    path.write_bytes(content)

    told = curated(path)

    assert (told["records"], told["unreadable_rows"]) == (11, 10)


def test_a_sound_file_has_no_such_count(tmp_path, curated):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a"]}), path)

    assert "unreadable_rows" not in curated(path)
