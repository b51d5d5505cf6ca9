"""What holds for every archive: sound ones are read whole, damaged ones lose what is damaged and nothing else."""

import gzip
import json

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.warcs import (
    FILEDESC,
    arc_record,
    errors,
    gzipped,
    pages,
    read_file,
    record,
    response,
    zstandarded,
)

CONTAINERS = {
    "plain": (".warc", lambda *records: b"".join(records)),
    "gzip": (".warc.gz", gzipped),
    "one gzip member": (".warc.gz", lambda *records: gzip.compress(b"".join(records), mtime=0)),
    "zstd": (".warc.zst", zstandarded),
}
WRITTEN = st.sampled_from(list(CONTAINERS))
BY_RECORD = st.sampled_from(["plain", "gzip", "zstd"])
BODIES = st.lists(
    st.one_of(
        st.binary(max_size=600),
        st.sampled_from([b"\r\n\r\n", b"\nWARC/1.0\r\n", b"\0" * 300, b"\x1f\x8b\x08", b"HTTP/1.1 200 OK\r\n\r\n"]),
    ),
    min_size=1,
    max_size=8,
)
law = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(tmp_path, container, records):
    ending, join = CONTAINERS[container]
    path = tmp_path / f"a{ending}"
    path.write_bytes(join(*records))
    return path


def even(number, body):
    """A record whose size is 10 more than a multiple of 100.

    Thus no change of one digit of a length makes it end where another record ends: nothing could tell that from truth.
    """
    size = len(record(number, response(body)))
    padded = record(number, response(body), WARC_Pad="x" * ((10 - size - len("WARC-Pad: \r\n")) % 100))
    assert len(padded) % 100 == 10
    return padded


@law
@given(bodies=BODIES, container=WRITTEN)
def test_sound_archives_read_as_fastwarc_reads_them(tmp_path, bodies, container):
    records = [record(100, b"x", "warcinfo"), *(record(number, response(body)) for number, body in enumerate(bodies))]
    path = written(tmp_path, container, records)

    rows, tally = read_file(path)

    with path.open("rb") as file:
        theirs = [
            (each.record_id, each.headers["WARC-Target-URI"], each.reader.read())
            for each in ArchiveIterator(file, WarcRecordType.response)
        ]
    ours = [(f"<urn:uuid:{row['source_id']}>", row["url"], row["payload"] or b"") for row in rows]
    blank = [not body.strip() for body in bodies]
    assert [row["reasons"] for row in rows] == [["empty_payload"] if each else [] for each in blank]
    assert ours == [(*head, b"" if each else body) for (*head, body), each in zip(theirs, blank, strict=True)]
    assert tally.not_documents == {"warcinfo": 1}


@settings(law, max_examples=150)
@given(bodies=BODIES, container=BY_RECORD, data=st.data())
def test_one_damaged_byte_costs_one_record(tmp_path, bodies, container, data):
    path = written(tmp_path, container, [even(number, body) for number, body in enumerate(bodies)])
    sound, _ = read_file(path)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1), "place")
    content[place] ^= data.draw(st.integers(1, 255), "flip")

    rows, tally = read_file(path, bytes(content))

    told = [row | {"row": None} for row in rows]
    assert sum(row | {"row": None} not in told for row in sound) <= 1
    assert tally.records + sum(tally.not_documents.values()) >= len(bodies)


@law
@given(bodies=BODIES, container=BY_RECORD, data=st.data())
def test_a_cut_file_keeps_what_came_before_the_cut(tmp_path, bodies, container, data):
    records = [record(number, response(body)) for number, body in enumerate(bodies)]
    path = written(tmp_path, container, records)
    ends = [len(CONTAINERS[container][1](*records[:count])) for count in range(len(records) + 1)]
    cut = data.draw(st.integers(0, ends[-1]), "cut")

    rows, _ = read_file(path, path.read_bytes()[:cut])

    slack = 4 if container == "plain" else 0  # the blank lines behind a plain record may be missing
    whole = sum(end - slack <= cut for end in ends[1:])
    assert pages(rows) == list(range(whole))
    assert errors(rows) == ([] if any(end - slack <= cut <= end for end in ends) else ["unreadable_tail"])


@law
@given(content=st.binary(max_size=3000), format_=st.sampled_from(["warc", "arc", "jsonl", "parquet"]))
@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_any_bytes_are_rows_and_never_a_crash(tmp_path, content, format_, ending):
    if format_ == "parquet":
        content = b""
    rows, tally = read_file(tmp_path / f"a.x{ending}", content, format=format_)

    assert tally.bytes_read >= len(content)
    assert all(row["error"] is not None or format_ == "jsonl" for row in rows)


@law
@given(bodies=BODIES, data=st.data())
def test_one_damaged_byte_of_an_arc_costs_one_record(tmp_path, bodies, data):
    records = [FILEDESC, *(arc_record(number, response(body)) for number, body in enumerate(bodies))]
    content = bytearray(gzipped(*records))
    sound, _ = read_file(tmp_path / "a.arc.gz", bytes(content))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))

    rows, _ = read_file(tmp_path / "a.arc.gz", bytes(content))

    ids = [row["id"] for row in rows]
    assert sum(row["id"] not in ids for row in sound) <= 1


@law
@given(bodies=BODIES, rows=st.integers(1, 4), size=st.integers(1, 1500))
def test_sizes_of_batches_do_not_matter(tmp_path, bodies, rows, size):
    path = written(tmp_path, "gzip", [record(number, response(body)) for number, body in enumerate(bodies)])

    assert read_file(path, batch_rows=rows, batch_bytes=size) == read_file(path)


@law
@given(
    documents=st.lists(st.dictionaries(st.text(max_size=5), st.text() | st.none() | st.floats() | st.integers())),
    texts=st.lists(st.text(min_size=1)),
)
def test_json_lines_come_back_as_they_were_written(tmp_path, documents, texts):
    documents = [document | {"text": text} for document, text in zip(documents, texts, strict=False)]
    lines = "".join(json.dumps(document) + "\n" for document in documents)

    rows, tally = read_file(tmp_path / "a.jsonl", lines.encode())

    assert errors(rows) == []
    assert [row["text"] for row in rows] == [each["text"] if each["text"].strip() else None for each in documents]
    assert tally.bytes_decoded == len(lines.encode())


@law
@given(content=st.lists(st.binary(max_size=80).map(lambda line: line.replace(b"\n", b"")), max_size=12))
def test_every_line_is_a_row_or_blank(tmp_path, content):
    assume(not content or not content[0].startswith((b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")))

    rows, tally = read_file(tmp_path / "a.jsonl", b"\n".join(content))

    lines = b"\n".join(content).split(b"\n")
    last = 0 if lines[-1] else 1
    assert len(rows) + tally.not_documents["blank_line"] == len(lines) - last
