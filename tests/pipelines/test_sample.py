"""The sample crawl: reproducible, readable by others, and with one of everything."""

import gzip
import hashlib
import json
import subprocess
import sys
import zlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as OtherIterator

from crawlsieve.pipelines.sample import crawl, web, write_sample
from crawlsieve.pipelines.sample.texts import articles
from crawlsieve.pipelines.sample.warc import Damaged, Record, encode, member

LANGUAGES = ["ar", "de", "el", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "uk", "zh"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("sample") / "crawl"
    write_sample(target)
    return target


def kinds() -> set[str]:
    pieces = [piece for shard in crawl.warcs().values() for piece in shard]
    return {piece.kind for piece in [*pieces, *crawl.wet(), *crawl.lines(), *crawl.rows()]}


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def fields(path: Path) -> list[dict[str, str]]:
    return [dict(record.headers) for record in ArchiveIterator(str(path))]


def test_another_process_writes_the_same_bytes(folder, tmp_path):
    script = (
        "import sys, pathlib; from crawlsieve.pipelines.sample import write_sample as w; w(pathlib.Path(sys.argv[1]))"
    )

    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=True)

    assert digests(tmp_path) == digests(folder)
    assert done.stdout + done.stderr == b""


def test_a_second_call_leaves_the_files_untouched(folder):
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}

    write_sample(folder)

    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before


def test_every_format_is_there(folder):
    names = [file.name for file in sorted(folder.iterdir())]

    assert sum(name.endswith(".warc.gz") for name in names) >= 4
    assert {"".join(Path(name).suffixes) for name in names} == {".warc.gz", ".warc.wet.gz", ".jsonl.gz", ".parquet"}


@pytest.mark.parametrize("number", range(crawl.WARCS))
def test_a_whole_shard_reads_as_it_was_written(folder, number):
    name = f"sample-{number:05d}.warc.gz"

    assert [one["WARC-Record-ID"] for one in fields(folder / name)] == [one.id for one in crawl.warcs()[name]]


def test_another_reader_finds_the_same_records(folder):
    with (folder / "sample-00000.warc.gz").open("rb") as stream:
        found = [record.rec_headers.get_header("WARC-Record-ID") for record in OtherIterator(stream)]

    assert found == [one.id for one in crawl.warcs()["sample-00000.warc.gz"]]


def test_each_record_is_a_gzip_member_of_its_own(folder):
    data = (folder / "sample-00001.warc.gz").read_bytes()
    members = 0
    while data:
        stream = zlib.decompressobj(31)
        assert stream.decompress(data).startswith(b"WARC/1.0\r\n")
        data = stream.unused_data
        members += 1

    assert members == len(crawl.warcs()["sample-00001.warc.gz"])


def test_the_wet_file_holds_each_article(folder):
    types = [one["WARC-Type"] for one in fields(folder / "sample-00005.warc.wet.gz")]

    assert types == ["warcinfo", *["conversion"] * len(articles())]


def test_the_jsonl_file_has_good_lines_and_bad_ones(folder):
    good, bad = 0, 0
    for line in gzip.decompress((folder / "sample-00006.jsonl.gz").read_bytes()).splitlines():
        try:
            good += isinstance(json.loads(line)["text"], str)
        except (json.JSONDecodeError, KeyError, TypeError):
            bad += 1

    assert good > 20
    assert bad == 3


def test_the_parquet_file_has_a_row_without_text(folder):
    table = pq.read_table(folder / "sample-00007.parquet")

    assert table.num_rows > 20
    assert table["text"].null_count == 1


def test_there_are_several_hundred_pages_of_html():
    pieces = [piece for shard in crawl.warcs().values() for piece in shard if isinstance(piece, Record)]

    assert sum(b"text/html" in piece.block[:200] for piece in pieces) > 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_prose_in_each_language(language):
    texts = [one.text for one in articles().values() if one.language == language]

    assert texts
    assert all(len(text.splitlines()) >= 4 and len(text.encode()) > 1000 for text in texts)


@pytest.mark.parametrize("kind", [
    "documentation: module", "documentation: topic", "copy: other address", "copy: same address",
    "near copy: one sentence", "near copy: template", "private: e-mail and IP", "blocked", "thin",
    "spam: keywords", "spam: repeated lines", "spam: repeated paragraphs", "spam: bullets", "spam: short lines",
    "spam: hashes", "spam: ellipses", "spam: dots", "spam: signs", "spam: long words", "spam: short words",
    "spam: no stop words", "spam: lorem ipsum", "spam: curly bracket", "spam: javascript", "spam: policy lines",
    "spam: few sentences", "spam: nothing", "spam: too long",
    "encoding: windows-1251", "encoding: shift_jis", "encoding: utf-16 called utf-8",
    "encoding: windows-1252 called utf-8", "transport: gzip and chunks", "transport: deflate",
    "status: 404", "status: 301", "type: image", "type: pdf", "revisit", "resource", "request", "metadata", "warcinfo",
    "payload: nested", "payload: invalid UTF-8", "payload: NUL bytes", "payload: wrong chunks", "payload: cut gzip",
    "broken: corrupted member", "broken: length too long", "broken: length too short", "broken: huge page",
    "broken: zeros between members", "broken: truncated at the end", "neighbour",
    "wet: en", "jsonl", "broken: no JSON", "broken: no text", "parquet", "parquet: no text",
])  # fmt: skip
def test_every_planned_kind_is_there(kind):
    assert kind in kinds()


def test_three_records_stand_in_two_shards():
    ids = [one.id for shard in crawl.warcs().values() for one in shard if isinstance(one, Record)]

    assert len(ids) - len(set(ids)) == 3


def test_the_huge_page_is_small_in_the_file_and_large_outside():
    pieces = crawl.warcs()["sample-00004.warc.gz"]
    huge = next(piece for piece in pieces if isinstance(piece, Damaged) and piece.kind == "broken: huge page")

    assert len(huge.data) < 100_000
    assert len(gzip.decompress(huge.data)) > 64 * 2**20


def test_the_last_record_is_cut():
    last = crawl.warcs()["sample-00004.warc.gz"][-1]

    with pytest.raises(EOFError):
        gzip.decompress(last.data)


def test_no_page_knows_the_machine_it_was_made_on():
    pieces = [piece for shard in crawl.warcs().values() for piece in shard if isinstance(piece, Record)]
    text = b"".join(piece.block for piece in pieces)

    assert sys.prefix.encode() not in text
    assert sys.base_prefix.encode() not in text
    assert b" at 0x7f" not in text


def test_a_record_that_says_the_same_is_the_same():
    one, same, other = (web.answer("k", "https://a.example.org/", body) for body in (b"x", b"x", b"y"))

    assert (one.id, one.date) == (same.id, same.date)
    assert one.id != other.id


def test_a_false_length_is_written_as_claimed():
    record = web.answer("k", "https://a.example.org/", b"x")

    assert b"\r\nContent-Length: 7\r\n" in encode(record, claim=7)
    assert member(b"x" * 1000) == member(b"x" * 1000)


def test_chunks_end_with_the_empty_one():
    assert web.chunked(b"abcdef", 4) == b"4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"
