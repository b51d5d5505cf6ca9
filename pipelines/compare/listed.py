"""`--output`: every document that one run alone keeps, as Parquet or CSV."""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from crawlsieve.pipelines.ask.session import Answer
from crawlsieve.pipelines.ask.written import write_answer
from crawlsieve.pipelines.compare.pair import Pair

_BATCH_ROWS = 8_192
_LISTED = """
    SELECT hexed(why.id) AS id, url, '{letter}' AS side, kind, reasons, kept_id
    FROM why_{own} AS why LEFT JOIN (
        SELECT id::UUID AS id, any_value(url) AS url FROM {files} GROUP BY 1) AS kept ON kept.id = why.id
"""


def write_list(pair: Pair, path: str) -> int:
    """Write `id, url, side, kind, reasons, kept_id` of each, A's first, by id; how many there are.

    Needs the tables of `find_reasons`. The file appears when it is whole.

    Raises:
        CrawlsieveError: it lies in a run, or its ending is no form.
        OSError: it cannot be written.
    """
    parts = (
        _LISTED.format(letter=own.letter.upper(), own=own.letter, files=own.files("documents"))
        for own in (pair.a, pair.b)
    )
    relation = pair.connection.sql(f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY side, id")  # noqa: S608
    reader = relation.to_arrow_reader(_BATCH_ROWS)
    return write_answer(Answer(reader.schema, _batches(reader)), path, pair.b.tables.output)


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The batches; what stops DuckDB is an error of DuckDB's, as everywhere."""
    try:
        yield from reader
    except pa.ArrowException as error:
        raise duckdb.Error(str(error)) from None
