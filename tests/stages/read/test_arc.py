"""ARC records as crawlers wrote them from 1996 on."""

import pytest

from tests.warcs import FILEDESC, HTML, arc_record, errors, gzipped, read_file, response


@pytest.fixture
def read(tmp_path):
    """Rows and tally of an archive's bytes."""
    return lambda content, name="a.arc", **options: read_file(tmp_path / name, content, **options)


def urls(rows):
    return [row["url"] for row in rows]


@pytest.mark.parametrize(("name", "stored"), [("a.arc", b"".join), ("a.arc.gz", lambda records: gzipped(*records))])
def test_all_records_but_the_description_of_the_file_are_rows(read, name, stored):
    rows, tally = read(stored([FILEDESC, arc_record(1), arc_record(2)]), name)

    assert urls(rows) == ["http://example.org/1", "http://example.org/2"]
    assert [row["payload"] for row in rows] == [HTML, HTML]
    assert str(rows[0]["date"]) == "2024-05-01 12:30:00+00:00"
    assert {row["source_id"] for row in rows} == {None}
    assert tally.not_documents == {"filedesc": 1}


@pytest.mark.parametrize(
    ("fields", "url", "date"),
    [
        ({"date": "20240501"}, "http://example.org/0", "2024-05-01 00:00:00+00:00"),
        ({"date": "2024050112"}, "http://example.org/0", "2024-05-01 12:00:00+00:00"),
        ({"date": "202405011230001234"}, "http://example.org/0", "2024-05-01 12:30:00+00:00"),
        ({"date": "20241350123000"}, "http://example.org/0", "None"),
        ({"ip": "None"}, "http://example.org/0", "2024-05-01 12:30:00+00:00"),
        ({"ip": "2001:db8::1"}, "http://example.org/0", "2024-05-01 12:30:00+00:00"),
        ({"mime": ""}, "http://example.org/0", "2024-05-01 12:30:00+00:00"),
        ({"url": "http://example.org/a b 1.txt"}, "http://example.org/a b 1.txt", "2024-05-01 12:30:00+00:00"),
        ({"url": "http://example.org/a\x0c\x00b"}, "http://example.org/a%0C%00b", "2024-05-01 12:30:00+00:00"),
        ({"ip": "20240501123000", "date": "192.0.2.1"}, "http://example.org/0", "2024-05-01 12:30:00+00:00"),
        ({"mime": "text/html 200 - - 12345678 x.arc"}, "http://example.org/0", "2024-05-01 12:30:00+00:00"),
    ],
)
def test_odd_heads_are_understood(read, fields, url, date):
    [row], _ = read(FILEDESC + arc_record(0, **fields))

    assert (row["url"], str(row["date"]), row["reasons"], row["error"]) == (url, date, [], None)


def test_a_block_without_http_head_has_the_type_of_its_record(read):
    [page, other], _ = read(arc_record(0, HTML) + arc_record(1, b"SSH-2.0", mime="application/x-ssh"))

    assert (page["payload"], page["content_type"]) == (HTML, "text/html")
    assert other["reasons"] == ["content_type"]


@pytest.mark.parametrize("length", [-1, 5, 500_000])
@pytest.mark.parametrize(("name", "stored"), [("a.arc", b"".join), ("a.arc.gz", lambda records: gzipped(*records))])
def test_a_wrong_length_costs_no_neighbour(read, length, name, stored):
    rows, _ = read(stored([FILEDESC, arc_record(0), arc_record(1, length=length), arc_record(2)]), name)

    assert urls(rows) == ["http://example.org/0", None, "http://example.org/2"]
    assert errors(rows) == ["unreadable"]


def test_a_head_without_block_costs_one_record(read):
    lonely = arc_record(1, b"", length=50).removesuffix(b"\n")

    rows, _ = read(FILEDESC + lonely + arc_record(2))

    assert urls(rows) == [None, "http://example.org/2"]


def test_a_broken_head_costs_one_record(read):
    rows, _ = read(FILEDESC + arc_record(0) + arc_record(1, date="soon") + arc_record(2))

    assert urls(rows) == ["http://example.org/0", None, "http://example.org/2"]


def test_a_line_that_never_ends_is_one_failed_row(read):
    rows, _ = read(FILEDESC + b"http://" + b"x" * 100_000)

    assert errors(rows) == ["unreadable_tail"]


def test_a_record_that_is_too_large_is_one_failed_row(read):
    rows, _ = read(FILEDESC + arc_record(0, response(b"x" * 9000)) + arc_record(1), max_record_bytes=5000)

    assert errors(rows) == ["record_too_large"]
    assert urls(rows) == ["http://example.org/0", "http://example.org/1"]
