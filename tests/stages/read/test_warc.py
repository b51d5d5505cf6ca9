"""What becomes of each kind of WARC record, and of each kind of damage."""

import gzip
import tracemalloc
import zlib

import pytest
import zstandard

from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.read import Source, open_input, survey
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


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
@pytest.mark.parametrize("length", [10, 200, 330, 5000, "", "many", -3, 10**30])
def test_a_wrong_length_costs_no_neighbour(read, name, length):
    records = [record(0), record(1, length=length), record(2), record(3)]

    rows, tally = read(gzipped(*records) if name.endswith("gz") else b"".join(records), name)

    assert pages(rows) == [0, 2, 3]
    assert (tally.records, len(errors(rows))) == (4, 1)
    assert [row["row"] for row in rows] == [0, 1, 2, 3]


def test_a_wrong_length_of_a_request_costs_nothing(read):
    rows, tally = read(record(0) + record(1, kind="request", length=3) + record(2))

    assert pages(rows) == [0, 2]
    assert (tally.records, tally.not_documents) == (2, {"request": 1})


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (record(1).replace(b"WARC/1.0", b"WXRC/1.0"), "no_record"),
        (record(1).replace(b"WARC-Type", b"WARC-Tipe"), "bad_header"),
        (b"monkeys\r\n\r\nmonkeys", "no_record"),
        (record(1)[:-60], "bad_length"),
        (record(1)[:100], "no_record"),
        (record(1, X_Long="x" * 300_000), "no_record"),
    ],
)
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_place_without_record_is_one_failed_row(read, name, broken, kind):
    records = [record(0), broken, record(2)]

    rows, _ = read(gzipped(*records) if name.endswith("gz") else b"".join(records), name)

    assert pages(rows) == [0, 2]
    assert [row["error"].split(": ")[:1] for row in rows if row["error"]] == [["unreadable"]]
    assert (kind in rows[1]["error"]) or name.endswith("gz")
    assert (rows[1]["settled"], rows[1]["reasons"], rows[1]["source_id"]) == (True, [], None)


def test_a_failed_row_says_where_and_how_many_bytes(read):
    first, broken = gzipped(record(0)), bytearray(gzipped(record(1)))
    broken[60] ^= 255

    rows, _ = read(first + bytes(broken) + gzipped(record(2)), "a.warc.gz")

    assert pages(rows) == [0, 2]
    assert rows[1]["source_offset"] == len(first)
    assert rows[1]["error"].startswith("unreadable: gzip ")
    assert rows[1]["error"].endswith(f", {len(broken)} bytes skipped")


def test_an_unreadable_tail_is_one_failed_row_with_the_bytes_skipped(read):
    whole, cut = gzipped(record(0)), gzipped(record(1))[:-20]

    rows, tally = read(whole + cut, "a.warc.gz")

    end = len(whole + cut)
    assert rows[1]["error"] == f"unreadable_tail: gzip data ends early, at byte {end}, {len(cut)} bytes skipped"
    assert tally.records == 2


def test_damage_late_in_one_big_member_costs_the_rest_of_it(read):
    content = bytearray(gzip.compress(b"".join(record(n, response(bytes([65 + n % 26]) * 20_000)) for n in range(200))))
    content[len(content) // 2] ^= 255

    rows, tally = read(bytes(content), "a.warc.gz")

    assert errors(rows) == ["unreadable_tail"]
    assert pages(rows) == list(range(tally.records - 1))
    assert tally.records > 20
    assert tally.sha256 is not None


def test_every_thousandth_byte_may_be_the_last(read):
    content = gzipped(*(record(number, response(gzip.compress(bytes([number] * 50)) * 40)) for number in range(40)))
    ends = [0]
    for number in range(40):
        ends.append(ends[-1] + len(gzipped(record(number, response(gzip.compress(bytes([number] * 50)) * 40)))))

    for cut in range(0, len(content), 1000):
        rows, _ = read(content[:cut], "a.warc.gz")

        whole = sum(end <= cut for end in ends[1:])
        assert pages(rows) == list(range(whole))
        assert errors(rows) == ([] if cut in ends else ["unreadable_tail"])


def test_an_empty_file_has_no_records(read):
    for name in ("a.warc", "a.warc.gz", "a.arc", "a.wet.zst", "a.jsonl", "a.parquet", "a.unknown"):
        rows, tally = read(b"", name)

        assert (rows, tally.records, tally.bytes_read) == ([], 0, 0)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_record_that_is_too_large_is_one_failed_row(read, name):
    records = [record(0), record(1, response(b"x" * 2_000_000)), record(2)]

    rows, tally = read(
        gzipped(*records) if name.endswith("gz") else b"".join(records), name, max_record_bytes=1_000_000
    )

    assert pages(rows) == [0, 2]
    assert rows[1]["error"] == f"record_too_large: {len(response(b'x' * 2_000_000))} bytes"
    assert (rows[1]["source_id"], rows[1]["url"], tally.records) == ("00000001", "http://example.org/1", 3)


def test_a_page_that_decodes_to_too_much_is_one_failed_row(read):
    bomb = response(gzip.compress(b"<p>" * 1_000_000), content_encoding="gzip")

    rows, _ = read(record(0) + record(1, bomb) + record(2), max_record_bytes=1_000_000)

    assert pages(rows) == [0, 2]
    assert rows[1]["error"].startswith("record_too_large: more than 1000000 bytes decoded")


def test_a_page_that_cannot_be_decoded_is_one_failed_row(read):
    [row], _ = read(record(1, response(b"\x1f\x8b\x08\xff" + bytes(range(256)), content_encoding="gzip")))

    assert row["error"] == "content_encoding: the body is said to be gzip and cannot be decoded"


@pytest.mark.parametrize("kind", ["response", "request"])
def test_damage_to_a_record_that_is_too_large_is_one_failed_row(read, kind):
    broken = bytearray(gzipped(record(1, b"x" * 2_000_000, kind)))
    broken[-20] ^= 255

    rows, _ = read(gzipped(record(0)) + broken + gzipped(record(2)), "a.warc.gz", max_record_bytes=1_000_000)

    assert pages(rows) == [0, 2]
    assert errors(rows) == ["record_too_large" if kind == "response" else "unreadable"]


def test_a_large_request_is_no_failure(read):
    rows, tally = read(record(0, b"x" * 2_000_000, "request") + record(1), max_record_bytes=1_000_000)

    assert (pages(rows), tally.not_documents) == ([1], {"request": 1})


def test_rejected_pages_take_no_memory(tmp_path):
    (tmp_path / "a.warc").write_bytes(record(0, response(bytes(4 << 20), 404)) * 32)

    tracemalloc.start()
    rows, _ = read_file(tmp_path / "a.warc")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(rows) == 32
    assert peak < 40 << 20


@pytest.mark.parametrize("place", range(-8, 0))
def test_a_record_whose_checksum_fails_is_no_page(read, place):
    broken = bytearray(gzipped(record(1)))
    broken[place] ^= 1

    rows, _ = read(gzipped(record(0)) + broken + gzipped(record(2)), "a.warc.gz")

    assert [row["error"] is None for row in rows] == [True, False, True]


@pytest.mark.parametrize("edge", [64 << 10, 256 << 10, 320 << 10])
@pytest.mark.parametrize("before", range(1, 20, 3))
def test_a_record_that_begins_at_the_edge_of_a_piece_is_found(read, edge, before):
    rows, _ = read(b"j" * (edge - before) + record(0))

    assert pages(rows) == [0]

    rows, _ = read(b"\x1f\x8b\x08".ljust(edge + 1 - before, b"j") + gzipped(record(0)), "a.warc.gz")

    assert pages(rows) == [0]


def test_every_damaged_neighbour_is_a_row(read):
    broken = gzipped(record(1, response(bytes(range(256)) * 20)))[:-9]

    rows, _ = read(gzipped(record(0)) + broken * 50 + gzipped(record(2)), "a.warc.gz")

    assert pages(rows) == [0, 2]
    assert errors(rows) == ["unreadable"] * 50


@pytest.mark.parametrize(
    "content",
    [
        record(1, length=60 << 20) * 2000,
        record(1, length=10**15) * 2000,
        b"WARC/1.0\r\nA: b\r\n" * 20_000,
        b"WARC/1.0\r\n" * 20_000,
        gzipped(b"x") * 2000,
        b"\x1f\x8b\x08" * 100_000,
        record(1, response(gzip.compress(b"") * 50_000, content_encoding="gzip")),
        record(1, response(bytes(1000), content_encoding=",".join(["gzip"] * 100_000))),
    ],
)
def test_what_is_made_to_keep_us_busy_is_read_in_one_pass(read, content):
    rows, tally = read(content, "a.warc.gz" if content[:1] == b"\x1f" else "a.warc")

    assert pages(rows) in ([], [1])
    assert tally.bytes_read <= 2 * len(content)


def test_damage_inside_damage_is_not_read_again_and_again(read):
    def broken(content):
        packer = zlib.compressobj(0, zlib.DEFLATED, 31)
        return packer.compress(content) + packer.flush()[:-5] + b"12345"

    content = record(1)
    while len(content) < 400_000:
        content = broken(record(1, response(b"x" * 2000)) + content)

    rows, tally = read(content, "a.warc.gz")

    assert set(errors(rows)) <= {"unreadable", "unreadable_tail"}
    assert tally.bytes_read < 80 << 20


def test_what_looks_like_a_gzip_member_and_is_none_is_passed_over(read):
    junk = (b"\x1f\x8b\x08\xff" + bytes(200)) * 2000 + gzipped(b"no record")

    rows, _ = read(gzipped(record(0)) + b"junk" + junk + gzipped(record(2)), "a.warc.gz")

    assert pages(rows) == [0, 2]
    assert rows[1]["error"].endswith(f", {4 + len(junk)} bytes skipped")


def test_a_frame_to_skip_may_begin_where_a_piece_ends(read):
    skippable = b"\x50\x2a\x4d\x18" + (300_000).to_bytes(4, "little") + bytes(300_000)
    stored = bytes(zstandarded(record(0)))
    filler = b"\x50\x2a\x4d\x18" + (65_536 - len(stored) - 11).to_bytes(4, "little")

    rows, _ = read(stored + filler + bytes(65_536 - len(stored) - 11) + skippable + stored, "a.warc.zst")

    assert pages(rows) == [0, 0]


def test_a_huge_record_in_a_small_gzip_member_takes_no_memory(tmp_path):
    packer = zstandard.ZstdCompressor()
    huge = 400 << 20
    head, _, _ = record(1, b"", length=huge).partition(b"\r\n\r\n")
    gzip_path, zstd_path = tmp_path / "a.warc.gz", tmp_path / "a.warc.zst"
    with gzip_path.open("wb") as file:
        file.write(gzipped(record(0)))
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as member:
            member.write(head + b"\r\n\r\n")
            for _ in range(400):
                member.write(b" " * (1 << 20))
        file.write(gzipped(record(2)))
    with zstd_path.open("wb") as file:
        file.write(packer.compress(record(0)))
        with packer.stream_writer(file, closefd=False) as frame:
            frame.write(head + b"\r\n\r\n")
            for _ in range(400):
                frame.write(b" " * (1 << 20))
        file.write(packer.compress(record(2)))

    tracemalloc.start()
    for path in (gzip_path, zstd_path):
        rows, _ = read_file(path, max_record_bytes=8 << 20)

        assert pages(rows) == [0, 2]
        assert rows[1]["error"] == f"record_too_large: {huge} bytes"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 << 20


def test_white_space_without_end_takes_no_memory(read):
    content = gzipped(record(0)[:-4] + b" " * (64 << 20), record(1))
    tracemalloc.start()
    rows, _ = read(content, "a.warc.gz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert pages(rows) == [1]
    assert peak < 16 << 20


def test_the_same_file_twice_gives_the_same_records_twice(tmp_path):
    path = tmp_path / "a.warc"
    path.write_bytes(record(0) + record(1))

    inputs = survey(Source(paths=(str(path), str(path))))

    assert inputs[0] == inputs[1]
    assert len(inputs) == 2
