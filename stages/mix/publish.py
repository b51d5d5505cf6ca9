"""The last pass of a mixture: one task an output file gathers its part of the shuffle from every input."""

from collections.abc import Iterator
from dataclasses import dataclass

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.dedup.partition import words_of
from crawlsieve.schemas.mix import MIXTURE
from crawlsieve.schemas.tables import FILES
from crawlsieve.stages.files import join, read_json, write_json, writing
from crawlsieve.stages.mix.stage_text import SHUFFLED, copies_path
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.publish import ROW_GROUP_ROWS, stands
from crawlsieve.stages.staging import read_partition


@dataclass(frozen=True)
class PublishMixture:
    """One call per output file. Names come from the key, so that a second attempt overwrites with the same bytes.

    Attributes:
        output: the run directory.
        table: folder of the files in it.
        work: of staged copies; those of `staged` are read.
        staged: keys of the inputs' tasks.
        files: output files in all.
        parts: of a file: equal ranges of the shuffle, of which one is held at a time.
        key: of the mixture.
    """

    output: str
    table: str
    work: str
    staged: tuple[str, ...]
    files: int
    parts: int
    key: str

    def __call__(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """FILES: what was written."""
        for batch in batches:
            for number in batch.column("partition").to_pylist():
                yield pa.RecordBatch.from_pylist([self._publish(number)], schema=FILES)

    def _publish(self, number: int) -> dict[str, object]:
        place = join(self.work, "published", self.key, f"{number:05d}.json")
        done = read_json(place)
        if done is None or not stands(self.output, done):
            done = self._write(number)
            write_json(place, done)
        return done

    def _write(self, number: int) -> dict[str, object]:
        path = f"{self.table}/{self.table}-{number:05d}-of-{self.files:05d}-{self.key[:8]}.parquet"
        address, rows = join(self.output, path), 0
        with (
            writing(address) as file,
            pq.ParquetWriter(file, MIXTURE, compression="zstd", write_page_index=True) as writer,
        ):
            for part in range(number * self.parts, (number + 1) * self.parts):
                table = self._part(part)
                rows += len(table)
                if len(table):
                    writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
        system, place = fsspec.core.url_to_fs(address)
        return {"table": self.table, "path": path, "rows": rows, "bytes": int(system.size(place))}

    def _part(self, part: int) -> pa.Table:
        """A range of the shuffle, in its order."""
        places = [copies_path(join(self.work, "staged", key)) for key in self.staged]
        batches = (batch for place in places for batch in read_partition(place, part, self.files * self.parts))
        rows = pa.Table.from_batches(batches, SHUFFLED).combine_chunks()
        if len(rows) == 0:
            return MIXTURE.empty_table()
        words = words_of(rows["id"].combine_chunks())
        order = pa.array(np.lexsort((words[:, 1], words[:, 0])))
        return rows.drop_columns("id").take(order).rename_columns(MIXTURE.names).cast(MIXTURE)
