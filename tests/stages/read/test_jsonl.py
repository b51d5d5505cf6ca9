"""JSON lines: one document a line, and one failed row for a line that is none."""

import gzip
import hashlib
import json
import tracemalloc

import pytest

from tests.warcs import errors, gzipped, read_file, zstandarded


@pytest.fixture
def read(tmp_path):
    """Rows and tally of a file's bytes."""
    return lambda content, name="a.jsonl", **options: read_file(tmp_path / name, content, **options)


def line(**fields):
    return json.dumps(fields).encode() + b"\n"


def test_a_line_is_a_document_and_the_rest_is_metadata(read, tmp_path):
    stored = line(text="Words.", id="x-1", url="http://example.org/", date="2024-05-01", z=1, a={"ü": [None, True]})

    [row], tally = read(stored)

    assert len(row.pop("id")) == 16
    assert str(row.pop("date")) == "2024-05-01 00:00:00+00:00"
    assert row == {
        "shard": 0,
        "row": 0,
        "source_id": "x-1",
        "url": "http://example.org/",
        "source_path": str(tmp_path / "a.jsonl"),
        "source_offset": 0,
        "content_type": "text/plain",
        "charset": None,
        "payload": None,
        "text": "Words.",
        "metadata": '{"a":{"ü":[null,true]},"z":1}',
        "reasons": [],
        "error": None,
        "settled": False,
    }
    assert (tally.records, tally.bytes_decoded) == (1, len(stored))


def test_columns_may_have_other_names(read):
    [row], _ = read(line(content="Words.", key=12, text="kept"), columns={"text": "content", "id": "key"})

    assert (row["text"], row["source_id"], row["metadata"]) == ("Words.", "12", '{"text":"kept"}')


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a.jsonl", bytes),
        ("a.jsonl.gz", gzip.compress),
        ("a.jsonl.gz", lambda data: gzipped(data[:30], data[30:])),
        ("a.ndjson.zst", zstandarded),
        ("a.jsonl", gzip.compress),
    ],
)
def test_every_container_gives_the_same_rows(read, name, stored):
    rows, tally = read(stored(line(text="one") + line(text="two") + line(text="three").strip()), name)

    assert [row["text"] for row in rows] == ["one", "two", "three"]
    assert [row["source_offset"] for row in rows] == [0, 16, 32]
    assert tally.bytes_decoded == 49


@pytest.mark.parametrize(
    ("stored", "error"),
    [
        (b"{", "bad_json: Expecting property name enclosed in double quotes at character 1"),
        (b"secret words", "bad_json: Expecting value at character 0"),
        (b'["text"]', "bad_json: not an object"),
        (b"null", "bad_json: not an object"),
        (b"{}", "no_text: absent or null"),
        (b'{"text": null}', "no_text: absent or null"),
        (b'{"text": 5}', "bad_text: a int, not a string"),
        (b"[" * 100_000, "bad_json: nested too deeply"),
        (b'{"text": "x", "n": ' + b"9" * 5000 + b"}", "bad_json: a number too long"),
        (b'{"text": "' + b"x" * 1000 + b'"}', "record_too_large: 1012 bytes"),
    ],
)
def test_a_line_that_is_no_document_costs_one_failed_row(read, stored, error):
    limit = {"max_record_bytes": 1000} if error.startswith("record") else {}

    rows, tally = read(line(text="one") + stored + b"\n" + line(text="two"), **limit)

    assert [row["error"] for row in rows] == [None, error, None]
    assert [row["text"] for row in rows] == ["one", None, "two"]
    assert rows[1]["source_offset"] == len(line(text="one"))
    assert tally.records == 3


def test_blank_lines_are_counted_and_no_documents(read):
    rows, tally = read(b"\n" + line(text="one") + b" \r\n\n" + line(text="two").replace(b"\n", b"\r\n"))

    assert [row["text"] for row in rows] == ["one", "two"]
    assert tally.not_documents == {"blank_line": 3}


@pytest.mark.parametrize("text", ["", " \t\n"])
def test_text_of_nothing_is_rejected(read, text):
    [row], _ = read(line(text=text))

    assert (row["reasons"], row["settled"], row["text"]) == (["empty_payload"], True, None)


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (b'{"text": "a\\ud800b"}', "a\ufffdb"),
        (b'{"text": "\\ud83d\\ude00"}', "😀"),
        (b'{"text": "a\xffb"}', "a\ufffdb"),
        (b'{"text": "a\\u0000b"}', "a\0b"),
        (b'\xef\xbb\xbf{"text": "bom"}', "bom"),
    ],
)
def test_what_utf8_cannot_hold_is_replaced(read, stored, text):
    [row], _ = read(stored)

    assert row["text"] == text


def test_surrogates_anywhere_do_no_harm(read):
    odd = '"\\ud800x\\u0000"'
    [row], _ = read(f'{{"text": "t", "id": {odd}, "url": {odd}, "date": {odd}, {odd}: {odd}}}'.encode())

    assert (row["source_id"], row["url"], row["date"]) == ("\ufffdx\0", "\ufffdx%00", None)
    assert json.loads(row["metadata"]) == {"date": "\ufffdx\0", "\ufffdx\0": "\ufffdx\0"}


def test_numbers_that_json_does_not_have_become_null(read):
    [row], _ = read(b'{"text": "t", "a": NaN, "b": [1e999, 1], "c": {"d": -Infinity}}')

    assert row["metadata"] == '{"b":[null,1],"c":{"d":null}}'


def test_fields_of_other_types_are_left_out_or_kept(read):
    [row], _ = read(line(text="t", id=[1], url=5, date=20240501))

    assert (row["source_id"], row["url"], row["date"]) == (None, None, None)
    assert json.loads(row["metadata"]) == {"date": 20240501}


@pytest.mark.parametrize("size", [60_000, 70_000, 300_000, 600_000])
def test_short_lines_behind_a_long_one_are_lines(read, size):
    rows, _ = read(line(text="x" * size) + line(text="short") * 100 + line(text="y" * size) + line(text="last"))

    assert [len(row["text"]) for row in rows] == [size, *[5] * 100, size, 4]


def test_no_depth_crashes(read):
    rows, _ = read(b"".join(b'{"text": "t", "n": ' + b"[" * n + b"]" * n + b"}\n" for n in range(300, 1100, 5)))

    assert {row["error"] for row in rows} == {None, "bad_json: nested too deeply"}


def test_lines_of_a_megabyte_are_read_and_larger_than_the_limit_take_no_memory(read):
    big, huge = line(text="x" * (1 << 20)), line(text="x" * (96 << 20))
    content = gzip.compress(big + huge + big, 1)
    del huge
    tracemalloc.start()

    rows, _ = read(content, "a.jsonl.gz", max_record_bytes=2 << 20)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [len(row["text"] or "") for row in rows] == [1 << 20, 0, 1 << 20]
    assert errors(rows) == ["record_too_large"]
    assert peak < 24 << 20


@pytest.mark.parametrize("damage", [b"", bytes(9000)])
def test_after_damage_the_rest_is_one_failed_row(read, damage):
    lines = [line(text=hashlib.sha256(bytes(number)).hexdigest()) for number in range(2000)]
    content = gzip.compress(b"".join(lines), 1)
    content = content[: len(content) // 2] + damage

    rows, tally = read(content, "a.jsonl.gz")

    assert errors(rows) == ["unreadable_tail"]
    sound = 900  # a few lines behind them may be garbled before the codec notices
    assert sound < tally.records < 1200
    assert [row["text"] for row in rows[:sound]] == [json.loads(each)["text"] for each in lines[:sound]]
    assert tally.sha256 is not None


@pytest.mark.parametrize("depth", [400, 600, 900, 990, 1100, 100_000])
@pytest.mark.parametrize("core", [b"1e999", b"1"])
def test_any_depth_ends_in_a_row(tmp_path, depth, core):
    deep = b'{"text":"a","m":' + b"[" * depth + core + b"]" * depth + b"}"

    rows, _ = read_file(tmp_path / "a.jsonl", deep + b'\n{"text":"b"}')

    assert rows[0]["text"] == "a" or rows[0]["error"] == "bad_json: nested too deeply"
    assert rows[1]["text"] == "b"
