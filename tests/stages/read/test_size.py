"""What is too large: one failed row each, and never the memory."""

import gzip
import tracemalloc

import pytest
import zstandard

from tests.warcs import errors, gzipped, pages, read_file, record, response


@pytest.fixture
def read(tmp_path):
    """Rows and tally of an archive's bytes."""
    return lambda content, name="a.warc", **options: read_file(tmp_path / name, content, **options)


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


def test_records_too_large_in_one_frame_are_two_records(tmp_path):
    block = response(b"x" * 2000)
    frame = gzipped(record(0, block) + record(1, block) + record(1, block))

    rows, _ = read_file(tmp_path / "a.warc.gz", frame, max_record_bytes=1000)

    assert errors(rows) == ["record_too_large"] * 3
    assert len({row["source_offset"] for row in rows}) == 1
    assert len({row["id"] for row in rows}) == 3
