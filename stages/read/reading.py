"""One input to batches of RECORD, counted while it goes by."""

import hashlib
from collections.abc import Iterator

import pyarrow as pa

from crawlsieve.stages.errors import UnreachableError
from crawlsieve.stages.read import jsonl, page, parquet, warc
from crawlsieve.stages.read.arc import Arc
from crawlsieve.stages.read.framing import Block, Framing, Unreadable
from crawlsieve.stages.read.rows import Row, Rows
from crawlsieve.stages.read.source import Input, Source, Tally
from crawlsieve.stages.read.stored import Stored
from crawlsieve.stages.read.unpack import Unpacking, codec_of


class Reading:
    """Iterates over the batches of one input, in its order; `tally` is complete when the last one is out.

    Never holds more than one record of `source.max_record_bytes` (twice while it is decoded), one batch, and a few
    pieces of 256 KiB. Of Parquet, one batch more; see `parquet.rows` for what Arrow holds.

    Attributes:
        tally: what was counted so far.
    """

    def __init__(self, item: Input, shard: int, source: Source) -> None:
        self.tally = Tally()
        self._input = item
        self._shard = shard
        self._source = source

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches.

        Raises:
            UnreachableError: it cannot be fetched, and `on_unreachable` is `fail`.
            SourceError: the input changed.
        """
        rows = Rows(self._shard, self._input.path, self._source.batch_rows, self._source.batch_bytes)
        for row in self._surviving():
            if batch := rows.add(row):
                yield batch
        if batch := rows.cut():
            yield batch

    def _surviving(self) -> Iterator[Row]:
        """The rows, and one for what an unreachable input still owes: where the last row before it began."""
        reached = 0
        with Stored(self._input, self._source) as stored:
            try:
                for row in self._rows(stored):
                    self.tally.bytes_read = stored.bytes_read
                    reached = row.offset
                    yield row
            except UnreachableError as error:
                if self._source.on_unreachable == "fail":
                    raise
                self.tally.records += 1
                yield Row(offset=reached, error=f"unreachable: {error}")
            finally:
                self.tally.bytes_read = stored.bytes_read
                self.tally.retries = stored.retries
                self.tally.sha256 = stored.sha256

    def _rows(self, stored: Stored) -> Iterator[Row]:
        if self._input.size == 0:
            return
        if self._input.format == "parquet":
            for item in parquet.rows(stored, self._source):
                self.tally.records += 1
                if isinstance(item, Unreadable):
                    self.tally.unreadable_rows += item.rows
                    yield _failed(item)
                else:
                    self.tally.bytes_decoded += len(item.raw or b"")
                    yield item
            return
        codec = codec_of(self._input.path.lower(), stored.peek())
        dialect = {"arc": Arc(), "jsonl": None}.get(self._input.format, warc.Warc())
        unpacking = Unpacking(stored, codec, dialect.begins if dialect is not None else None)
        try:
            yield from self._lines(unpacking) if dialect is None else self._records(unpacking, dialect)
        finally:
            self.tally.bytes_decoded = unpacking.bytes_decoded

    def _records(self, unpacking: Unpacking, dialect: warc.Warc | Arc) -> Iterator[Row]:
        for item in Framing(unpacking, dialect, warc.DOCUMENTS, self._source.max_record_bytes):
            if isinstance(item, Unreadable):
                self.tally.records += 1
                yield _failed(item)
            elif item.head.kind in warc.DOCUMENTS:
                self.tally.records += 1
                yield page.to_row(item, self._source.max_record_bytes)
            else:
                self.tally.not_documents[_other(item)] += 1

    def _lines(self, unpacking: Unpacking) -> Iterator[Row]:
        for item in jsonl.lines(unpacking, self._source.max_record_bytes):
            if isinstance(item, Unreadable):
                self.tally.records += 1
                yield _failed(item)
            elif jsonl.is_blank(item):
                self.tally.not_documents["blank_line"] += 1
            else:
                self.tally.records += 1
                yield jsonl.to_row(item, self._source)


def open_input(item: Input, shard: int, source: Source) -> Reading:
    """A reading of one input; nothing is opened before it is iterated.

    Args:
        item: as `survey` found it.
        shard: its position among the inputs.
        source: the options it was surveyed with.
    """
    return Reading(item, shard, source)


def hash_input(item: Input, source: Source) -> str:
    """SHA-256 (hex) of the stored bytes, read once more from front to end.

    Raises:
        SourceError: the input changed, or is unreachable.
    """
    with Stored(item, source) as stored:
        digest = hashlib.sha256()
        for data in iter(lambda: stored.read(1 << 20), b""):
            digest.update(data)
    return digest.hexdigest()


def _failed(place: Unreadable) -> Row:
    return Row(offset=place.offset, error=place.error)


def _other(block: Block) -> str:
    """The type of a record that is no input; one name for all that the standards do not know."""
    return block.head.kind if block.head.kind in {*warc.OTHERS, "filedesc"} else "unknown"
