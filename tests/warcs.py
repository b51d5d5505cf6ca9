"""Small archives written by the tests themselves, and one way to read them."""

import gzip

import zstandard

from crawlsieve.stages.read import Source, open_input, survey

HTML = b"<html><body><p>A page.</p></body></html>"


def response(body=HTML, status=200, **headers):
    """An HTTP response; underscores in names of headers stand for hyphens."""
    fields = {"content_type": "text/html; charset=UTF-8"} | headers
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + body


def record(number=0, block=None, kind="response", length=None, end=b"\r\n\r\n", **fields):
    """A WARC record; a field of value None is left out."""
    block = response() if block is None else block
    http = kind in {"response", "request", "revisit"}
    lines = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{number:08}>",
        "WARC-Target-URI": f"http://example.org/{number}",
        "WARC-Date": "2024-05-01T12:30:00Z",
        "Content-Type": f"application/http; msgtype={kind}" if http else "text/plain",
        "Content-Length": len(block) if length is None else length,
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return b"WARC/1.0\r\n" + head.encode() + b"\r\n" + block + end


def arc_record(number=0, block=None, **fields):
    """An ARC record of version 1."""
    block = response() if block is None else block
    said = {
        "url": f"http://example.org/{number}",
        "ip": "192.0.2.1",
        "date": "20240501123000",
        "mime": "text/html",
        "length": len(block),
    } | fields
    return " ".join(str(value) for value in said.values()).encode() + b"\n" + block + b"\n"


FILEDESC = arc_record(
    url="filedesc://x.arc",
    mime="text/plain",
    block=b"1 0 Tests\nURL IP-address Archive-date Content-type Archive-length\n",
)


def gzipped(*records):
    """A gzip member a record, as crawlers write them."""
    return b"".join(gzip.compress(each, mtime=0) for each in records)


def zstandarded(*records):
    """A zstd frame a record, with checksums."""
    return b"".join(zstandard.ZstdCompressor(write_checksum=True).compress(each) for each in records)


def read_inputs(*paths, **options):
    """Rows (dictionaries) and tallies of all inputs of a source."""
    source = Source(paths=tuple(str(path) for path in paths), **options)
    readings = [open_input(item, shard, source) for shard, item in enumerate(survey(source))]
    rows = [row for reading in readings for batch in reading for row in batch.to_pylist()]
    return rows, [reading.tally for reading in readings]


def read_file(path, content=None, **options):
    """Rows and tally of one file, written before if `content` is given."""
    if content is not None:
        path.write_bytes(content)
    rows, [tally] = read_inputs(path, **options)
    assert tally.records == len(rows)
    return rows, tally


def errors(rows):
    """Kinds of the errors in the rows."""
    return [row["error"].split(":")[0] for row in rows if row["error"] is not None]


def pages(rows):
    """Numbers of the records that came through whole."""
    return [int(row["source_id"]) for row in rows if row["error"] is None]
