"""Damage to a WARC: it costs what is damaged, the rest is read, and every place has a row."""

import gzip
import zlib

import pytest

from tests.warcs import errors, gzipped, pages, read_file, record, response, zstandarded


@pytest.fixture
def read(tmp_path):
    """Rows and tally of an archive's bytes."""
    return lambda content, name="a.warc", **options: read_file(tmp_path / name, content, **options)


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
