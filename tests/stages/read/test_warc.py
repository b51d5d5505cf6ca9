"""What becomes of each kind of WARC record."""

import gzip

import pytest

from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.read import Source, open_input, survey
from crawlsieve.stages.read.rows import clean_url
from tests.warcs import HTML, errors, gzipped, pages, read_file, record, response, zstandarded


@pytest.fixture
def read(tmp_path):
    """Rows and tally of an archive's bytes."""
    return lambda content, name="a.warc", **options: read_file(tmp_path / name, content, **options)


def test_a_page_is_an_open_row_with_all_that_was_said_of_it(read, tmp_path):
    [row], tally = read(gzipped(record(7, response(HTML, content_type='Text/HTML; charset="Latin-1"'))), "a.warc.gz")

    assert len(row.pop("id")) == 16
    assert str(row.pop("date")) == "2024-05-01 12:30:00+00:00"
    assert row == {
        "shard": 0,
        "row": 0,
        "source_id": "00000007",
        "url": "http://example.org/7",
        "source_path": str(tmp_path / "a.warc.gz"),
        "source_offset": 0,
        "content_type": "text/html",
        "charset": "latin-1",
        "payload": HTML,
        "text": None,
        "metadata": None,
        "reasons": [],
        "error": None,
        "settled": False,
    }
    assert (tally.records, tally.bytes_read) == (1, (tmp_path / "a.warc.gz").stat().st_size)


def test_batches_have_the_schema_of_the_contract(tmp_path):
    path = tmp_path / "a.warc"
    path.write_bytes(record() * 5)
    source = Source(paths=(str(path),), batch_rows=2)

    batches = list(open_input(survey(source)[0], 3, source))

    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert all(batch.schema.equals(RECORD, check_metadata=True) for batch in batches)
    assert [row for batch in batches for row in batch.column("row").to_pylist()] == [0, 1, 2, 3, 4]
    assert {shard for batch in batches for shard in batch.column("shard").to_pylist()} == {3}


@pytest.mark.parametrize(
    ("block", "reasons"),
    [
        (response(HTML, 200), []),
        (response(HTML, 404), ["http_status"]),
        (response(b"", 301), ["http_status", "empty_payload"]),
        (response(b"%PDF-1.4", content_type="application/pdf"), ["content_type"]),
        (response(b"GIF89a", 404, content_type="image/gif"), ["http_status", "content_type"]),
        (response(b"text", content_type="text/plain"), []),
        (response(HTML, content_type="application/xhtml+xml"), []),
        (response(HTML, content_type=None), []),
        (response(b"\x89PNG", content_type=None), ["content_type"]),
        (response(b""), ["empty_payload"]),
        (response(b" \r\n"), ["empty_payload"]),
        (response(b"", content_type=None), ["empty_payload"]),
    ],
)
def test_what_is_decided_already_is_rejected_with_its_reasons(read, block, reasons):
    [row], tally = read(record(0, block))

    assert (row["reasons"], row["settled"], row["error"]) == (reasons, bool(reasons), None)
    assert (row["payload"] is None) == bool(reasons)
    assert tally.records == 1


def test_four_types_are_records_and_the_others_are_counted(read):
    kinds = ["warcinfo", "request", "metadata", "continuation", "monkeys", "response", "RESOURCE", "conversion"]

    rows, tally = read(b"".join(record(n, kind=kind, block=b"x") for n, kind in enumerate([*kinds, "revisit"])))

    assert [row["source_id"] for row in rows] == ["00000005", "00000006", "00000007", "00000008"]
    assert [row["reasons"] for row in rows[1:]] == [[], [], ["revisit"]]
    assert errors(rows) == ["bad_http"]
    assert tally.not_documents == {"warcinfo": 1, "request": 1, "metadata": 1, "continuation": 1, "unknown": 1}


def test_the_text_of_a_conversion_is_its_block(read):
    [row, odd, image], _ = read(
        record(0, "Größe\0\n".encode(), "conversion", WARC_Identified_Content_Language="deu,eng")
        + record(1, b"\xff caf\xe9", "conversion")
        + record(2, b"\x89PNG", "conversion", Content_Type="image/png"),
        "a.warc.wet",
    )

    assert (row["text"], row["payload"], row["content_type"]) == ("Größe\0\n", None, "text/plain")
    assert row["metadata"] == '{"languages":"deu,eng","warc_type":"conversion"}'
    assert odd["text"] == "\ufffd caf\ufffd"
    assert image["reasons"] == ["content_type"]


def test_a_resource_of_html_is_a_page(read):
    [row], _ = read(record(0, HTML, "resource", Content_Type="text/html; charset=utf-8", WARC_Truncated="length"))

    assert (row["payload"], row["charset"], row["reasons"]) == (HTML, "utf-8", [])
    assert row["metadata"] == '{"truncated":"length","warc_type":"resource"}'


def test_a_dns_answer_is_no_page(read):
    [row], _ = read(record(0, b"20240501\nexample.org. 5 IN A 192.0.2.1", Content_Type="text/dns"))

    assert row["reasons"] == ["content_type"]


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a.warc", b"".join),
        ("a.warc.gz", lambda records: gzipped(*records)),
        ("a.warc.gz", lambda records: gzip.compress(b"".join(records))),
        ("a.warc.zst", lambda records: zstandarded(*records)),
        ("a.warc.zst", lambda records: b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstandarded(*records)),
        ("a.warc.gz", b"".join),  # the name lies
        ("a.warc", lambda records: gzipped(*records)),
        ("a.warc.gz", lambda records: gzipped(*records) + b"\0" * 1000),
    ],
)
def test_every_container_gives_the_same_rows(read, name, stored):
    records = [record(number, response(b"x" * 300_000 * number)) for number in range(5)]

    rows, _ = read(stored(records), name)

    assert [len(row["payload"] or b"") for row in rows] == [300_000 * number for number in range(5)]
    assert errors(rows) == []


def test_offsets_are_those_of_the_stored_file(read):
    records = [gzipped(record(number)) for number in range(3)]
    starts = [0, len(records[0]), len(records[0] + records[1])]

    assert [row["source_offset"] for row in read(b"".join(records), "a.warc.gz")[0]] == starts
    assert [row["source_offset"] for row in read(record(0) + record(1))[0]] == [0, len(record(0))]


@pytest.mark.parametrize(
    "content",
    [
        record(0).replace(b"\r\n", b"\n", 7) + record(1),
        b"\r\n\r\n\r\n" + record(0) + b"\n\n\n" + record(1, end=b""),
        b"\r\n" * 300_000 + record(0) + record(1),
        record(0).replace(b"WARC-Date:", b"no colon here\r\nWARC-Date:") + record(1),
        record(0).replace(b"WARC-Date:", b"WARC-Type: request\r\nWARC-Date:") + record(1),
        record(0, end=b"\r\n") + record(1, end=b"\n\n"),
        record(0).replace(b"WARC/1.0", b"WARC/0.18") + record(1).replace(b"WARC/1.0", b"warc/1.1"),
        record(0).replace(b"WARC-Type: response", b"WARC-Type:\r\n\t response") + record(1),
        record(0).replace(b"WARC-Type", b"warc-type").replace(b"Content-Length", b"CONTENT-LENGTH") + record(1),
    ],
)
def test_careless_writers_are_understood(read, content):
    rows, tally = read(content)

    assert pages(rows) == [0, 1]
    assert tally.records == 2


def test_a_record_may_go_on_in_the_next_gzip_member(read):
    one = record(1)

    rows, _ = read(gzipped(record(0), one[:300], one[300:], record(2)), "a.warc.gz")

    assert pages(rows) == [0, 1, 2]


def test_an_empty_file_has_no_records(read):
    for name in ("a.warc", "a.warc.gz", "a.arc", "a.wet.zst", "a.jsonl", "a.parquet", "a.unknown"):
        rows, tally = read(b"", name)

        assert (rows, tally.records, tally.bytes_read) == ([], 0, 0)


def test_the_same_file_twice_gives_the_same_records_twice(tmp_path):
    path = tmp_path / "a.warc"
    path.write_bytes(record(0) + record(1))

    inputs = survey(Source(paths=(str(path), str(path))))

    assert inputs[0] == inputs[1]
    assert len(inputs) == 2


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_a_line_of_a_head_ends_only_at_a_line_feed(tmp_path, end):
    url = f"http://example.org/a{end}Content-Length: 3"
    served = response(b"<p>x", content_type=f"text/html; a={end}; charset=koi8-r")

    rows, _ = read_file(tmp_path / "a.warc", record(0, served, WARC_Target_URI=url) + record(1))

    assert pages(rows) == [0, 1]
    assert rows[0]["url"] == clean_url(url)
    assert rows[0]["charset"] == "koi8-r"
