"""A small crawl made on the spot, real enough to show every outcome of the job.

Some 500 web pages: the standard library's documentation as pydoc renders it, prose written for the purpose in seventeen
languages, spam of every kind that a rule knows, exact and near copies, odd encodings, and records that are broken.
All host names are reserved ones (RFC 2606), all server addresses are from the block for documentation (RFC 5737).
"""

from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.pipelines.sample import crawl
from crawlsieve.pipelines.sample.warc import member, shard
from crawlsieve.stages.errors import CrawlsieveError

_ROW = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("url", pa.string()),
        ("date", pa.timestamp("us", tz="UTC")),
        ("stars", pa.int64()),
    ]
)


def write_sample(folder: Path) -> None:
    """Write the sample crawl: five WARC, one WET, one JSONL and one Parquet file, about 3 MB.

    The same Python with the same zlib and pyarrow writes the same bytes; another release of Python has other pages in
    its documentation. Files of the same name are replaced, others are left alone.

    Args:
        folder: where to; made if it is not there.

    Raises:
        CrawlsieveError: there is a file of that name.
    """
    if folder.exists() and not folder.is_dir():
        raise CrawlsieveError(f"'{folder}' is a file, and the sample is several. Name a folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, pieces in crawl.warcs().items():
        _put(folder / name, shard(pieces))
    _put(folder / "sample-00005.warc.wet.gz", shard([*crawl.wet()]))
    lines = "".join(f"{crawl.as_jsonl(row)}\n" for row in crawl.lines())
    _put(folder / "sample-00006.jsonl.gz", member(lines.encode()))
    table = pa.Table.from_pylist([row.fields for row in crawl.rows()], schema=_ROW)
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    _put(folder / "sample-00007.parquet", buffer.getvalue())


def _put(path: Path, data: bytes) -> None:
    """Replace the file only where its bytes differ: a run that has read it goes on from where it was."""
    if path.exists() and path.read_bytes() == data:
        return
    path.write_bytes(data)
