"""Malformed archives through the whole job: the balance holds, and what is readable is read."""

import gzip
import shutil

import pytest

from crawlsieve.pipelines.ask.views import connect
from tests.pipelines.runs import ran, recipe

STEPS = [
    {"extract": {}},
    {"language": {}},
    {"clean_lines": {"rules": ["c4@tfds"]}},
    {"measure": {"signals": ["gopher", "c4", "fineweb"]}},
    {"judge": {"rules": ["gopher_quality", "gopher_repetition", "c4", "fineweb"]}},
    {"redact": {"emails": True, "ip_addresses": True}},
    {"exact_duplicates": {"by": ["url", "text"], "priority": ["word_count"]}},
]


def run_over(folder, pattern):
    place = recipe(folder, source={"paths": [str(folder / pattern)]}, steps=STEPS, keep_rejected="text")
    return ran(place)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["warc_hostile", "warc"])
def test_every_record_of_real_odd_archives_is_accounted_for(shared, tmp_path, name):
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    for file in (shared / "data" / name).iterdir():
        if {".warc", ".arc"} & set(file.suffixes) and not {".wat", ".paths", ".lz4"} & set(file.suffixes):
            shutil.copy(file, crawl / file.name.removesuffix(".open").removesuffix(".bad"))
    manifest = run_over(tmp_path, "crawl/*")
    balance = manifest["balance"]

    assert balance["records"] == sum(balance[table] for table in ("documents", "rejected", "duplicates", "failed"))
    assert balance["records"] >= 60
    with connect(str(tmp_path / "run")) as run:
        assert run.sql("SELECT count(*) FROM rejected WHERE len(reasons) = 0").fetchall() == [(0,)]
        assert run.sql("SELECT count(*) FROM failed WHERE error = ''").fetchall() == [(0,)]


def record(number, body):
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\nWARC-Target-URI: http://{number}.example/\r\n"
        f"WARC-Date: 2025-01-01T00:00:00Z\r\nContent-Type: application/http\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n")


def test_a_page_of_400_mb_in_one_small_record_costs_that_record(tmp_path):
    pages = [record(n, b"<p>A page that is as good as its neighbours.</p>") for n in range(3)]
    huge = record(9, b"<p>" + b"x " * (200 << 20) + b"</p>")
    assert len(huge) < 1 << 20
    (tmp_path / "pages.warc.gz").write_bytes(pages[0] + pages[1] + huge + pages[2])
    manifest = run_over(tmp_path, "*.warc.gz")

    assert manifest["balance"]["records"] == 4
    assert manifest["balance"]["failed"] == 1
    with connect(str(tmp_path / "run")) as run:
        ((url, error),) = run.sql("SELECT url, error FROM failed").fetchall()
    assert url == "http://9.example/"
    assert error.startswith("record_too_large")
