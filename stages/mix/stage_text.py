"""The pass that moves text: every copy of every document, staged by its place in the shuffle."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.dedup.copies import shuffle_keys
from crawlsieve.dedup.partition import words_of
from crawlsieve.schemas.keys import ID
from crawlsieve.schemas.mix import MIXTURE, STAGED
from crawlsieve.schemas.tables import DOCUMENTS
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, read_json, write_json
from crawlsieve.stages.mix.cut import Taken
from crawlsieve.stages.mix.documents import keys_of, read_documents, schema_of, whole_rows
from crawlsieve.stages.mix.domain import Domain
from crawlsieve.stages.mix.measure import MeasuredRows
from crawlsieve.stages.mix.size import TOKENS
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.staging import StagedTable, staging

DOCUMENT_ID = "document_id"

SHUFFLED = pa.schema(
    [
        pa.field("id", ID, nullable=False),
        *(field.with_name(DOCUMENT_ID) if field.name == "id" else field for field in MIXTURE),
    ]
)
"""MIXTURE as it is staged: `id`, by which staged tables are sorted and cut, is the place in the shuffle."""


@dataclass(frozen=True)
class StageCopies:
    """One call per input: its copies into a staged table under `work`/key, STAGED out.

    An input whose `done.json` stands is not read again.
    """

    domain: Domain
    taken: Taken
    work: str
    buckets: int
    counted: str | None = None
    """Where MEASURED stands, if the sizes in it are to be the documents' `token_count`."""

    def __call__(self, inputs: Iterator[Batch]) -> Iterator[Batch]:
        """How many copies each input has."""
        for batch in inputs:
            for item in batch.to_pylist():
                folder = join(self.work, item["staged"])
                done = read_json(join(folder, "done.json"))
                if done is None:
                    done = self._stage(item["path"], folder, item["measured"])
                    write_json(join(folder, "done.json"), done)
                yield pa.RecordBatch.from_pylist([done], schema=STAGED)

    def _stage(self, path: str, folder: str, measured: str) -> dict[str, Any]:
        text = 0
        counted = None if self.counted is None else MeasuredRows(self.counted, measured)
        columns = [*self.domain.columns(schema_of(path)), *DOCUMENTS.names]
        with (
            self.domain.evaluating() as domain_of,
            staging(copies_path(folder), SHUFFLED, self.buckets) as staged,
        ):
            for rows in read_documents(path, columns):
                domains = domain_of(rows)
                told = rows if counted is None else _with_counts(path, rows, counted)
                text += self._copy(path, told, domains, staged)
        return {"documents": staged.rows, "bytes": text}

    def _copy(self, path: str, rows: pa.Table, domains: pa.Array, staged: StagedTable) -> int:
        """Stage the copies of a batch, an epoch after the other. Returns the bytes of their texts."""
        numbers = self.taken.wanted.numbers(domains)
        if (numbers < 0).any():
            raise CrawlsieveError(f"{path} changed while it was read: it has a domain that it had not")
        ids = keys_of(rows["id"])
        copies = self.taken.copies(ids, numbers)
        text = 0
        for epoch in range(int(copies.max(initial=0))):
            at = pa.array(np.flatnonzero(copies > epoch))
            whole = whole_rows(path, rows.take(at))
            text += pc.sum(pc.binary_length(whole["text"])).as_py() or 0
            staged.add(self._shuffled(whole, ids.take(at), domains.take(at), epoch))
        return text

    def _shuffled(self, rows: pa.Table, ids: pa.Array, domains: pa.Array, epoch: int) -> Batch:
        words = shuffle_keys(words_of(ids), self.taken.wanted.seed, np.array([epoch]))
        raw = pa.py_buffer(words.astype(">u8").tobytes())
        key = pa.FixedSizeBinaryArray.from_buffers(ID, len(rows), [None, raw])
        columns = [column.combine_chunks() for column in rows.columns]
        made = [domains, pa.array(np.full(len(rows), epoch, np.int32))]
        return pa.RecordBatch.from_arrays([key, *columns, *made], schema=SHUFFLED)


def _with_counts(path: str, rows: pa.Table, counted: MeasuredRows) -> pa.Table:
    """The rows with the sizes that were measured as their `token_count`."""
    measured = counted.next(len(rows))
    if not measured["id"].combine_chunks().equals(keys_of(rows["id"])):
        raise CrawlsieveError(f"{path} changed while it was read: its documents are others than before")
    sizes, place = measured["size"], rows.schema.get_field_index(TOKENS)
    return rows.append_column(TOKENS, sizes) if place < 0 else rows.set_column(place, TOKENS, sizes)


def copies_path(folder: str) -> str:
    """The staged table of an input."""
    return join(folder, "copies.staged")
