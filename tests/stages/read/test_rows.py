"""Identity, dates and addresses of records."""

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.stages.read.rows import Row, Rows, clean_url, identity, parse_date, payload_array
from tests.warcs import read_file, record, response

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-02", DAY),
        ("1970-01-01T00:00:01.5Z", 1_500_000),
        ("1970-01-01T00:00:00.123456789Z", 123_456),
        ("1970-01-01T00:00:00,000001Z", 1),
        ("1970-01-01 01:00", 3_600_000_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31t23:30:00-0030", 0),
        ("1970-01-01T24:00:00Z", DAY),
        ("1970-01-01T23:59:60Z", DAY),
        ("19700101000001", 1_000_000),
        ("1970010100", 0),
        ("19700102", DAY),
        ("19700101000000999999", 0),
        ("197001010", None),
        ("1970010100000", None),
        ("197001010000001234567", None),
        ("1970-02-30T00:00:00Z", None),
        ("2009-03-65T08:43:19-0800", None),
        ("0000-01-01", None),
        ("1970-01-01T25:00:00Z", None),
        ("1970-01-01T00:00:00ZZ", None),
        ("blue monday", None),
        ("١٩٧٠-٠١-٠١", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(text, micros):
    assert parse_date(text) == micros


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_every_iso_date_comes_back(moment):
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

    assert parse_date(moment.isoformat()) == (moment - epoch) // dt.timedelta(microseconds=1)


@given(st.text())
def test_no_text_crashes_the_reader_of_dates(text):
    assert parse_date(text) is None or any(character.isdigit() for character in text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (" http://example.org/ ", "http://example.org/"),
        ("<http://example.org/>", "http://example.org/"),
        ("http://example.org/a b", "http://example.org/a b"),
        ("http://example.org/\0\r\n\x7f", "http://example.org/%00%0D%0A%7F"),
        ("dns:example.org", "dns:example.org"),
        ("<>", None),
        ("  ", None),
    ],
)
def test_addresses_lose_what_is_not_theirs(text, url):
    assert clean_url(text) == url


@given(
    st.lists(st.none() | st.binary(max_size=4), min_size=4, max_size=4),
    st.lists(st.none() | st.binary(max_size=4), min_size=4, max_size=4),
)
def test_identities_are_equal_only_for_equal_parts(one, other):
    assert (identity(one) == identity(other)) == (one == other)


def test_an_identity_is_the_one_it_always_was():
    assert identity((b"id", b"http://example.org/", None, b"payload")).hex() == "0bfdf7f79709cff1b44ed1a78dd8524c"


def test_the_identity_is_of_id_url_date_and_payload(tmp_path):
    base = {"block": response(b"a")}
    variants = [
        {},
        {"block": response(b"b")},
        {"WARC_Target_URI": "http://example.org/x"},
        {"WARC_Date": "2024-05-01T12:30:01Z"},
        {"WARC_Record_ID": "<urn:uuid:1>"},
    ]
    content = b"".join(record(0, **(base | variant)) for variant in variants)

    rows, _ = read_file(tmp_path / "a.warc", content)
    same, _ = read_file(tmp_path / "b.warc", record(9, kind="request") + content)

    assert len({row["id"] for row in rows}) == len(variants)
    assert [row["id"] for row in rows] == [row["id"] for row in same]


def test_the_identity_does_not_depend_on_headers_of_the_answer(tmp_path):
    content = record(0, response(b"a", server="x")) + record(0, response(b"a", server="y"))

    rows, _ = read_file(tmp_path / "a.warc", content)

    assert rows[0]["id"] == rows[1]["id"]


def test_a_failed_row_without_record_is_its_place(tmp_path):
    rows, _ = read_file(tmp_path / "a.warc", record(0, length="x") + record(0, length="x"))

    assert rows[0]["id"] != rows[1]["id"]
    assert rows == read_file(tmp_path / "a.warc")[0]


def test_batches_are_cut_at_rows_and_bytes():
    rows = Rows(0, "a", 3, 100)
    sizes = [10, 10, 10, 10, 90, 200, 1, 99, 1]

    batches = [rows.add(Row(offset=0, payload=b"x" * size, raw=b"")) for size in sizes]
    batches.append(rows.cut())

    cut = [[len(payload) for payload in batch.column("payload").to_pylist()] for batch in batches if batch]
    assert cut == [[10, 10, 10], [10, 90], [200], [1, 99], [1]]
    assert rows.cut() is None


@pytest.mark.parametrize("name", ["source_id", "url", "content_type", "charset", "metadata", "error"])
@pytest.mark.parametrize("reasons", [(), ("revisit",)])
def test_whatever_a_source_says_counts_into_the_bytes_of_a_batch(name, reasons):
    rows = Rows(0, "a", 100, 100)
    said = ["x" * 60, "x" * 40, "x", "ß" * 50, "ß"]

    batches = [rows.add(Row(offset=0, raw=b"", reasons=reasons, **{name: value})) for value in said]
    batches.append(rows.cut())

    assert [batch.column(name).to_pylist() for batch in batches if batch] == [said[:2], said[2:3], said[3:4], said[4:]]


@given(st.lists(st.none() | st.binary(max_size=40), max_size=20))
def test_payloads_are_an_array_as_any_other(payloads):
    found = payload_array(payloads)

    found.validate(full=True)
    assert found.equals(pa.array(payloads, pa.large_binary()))
