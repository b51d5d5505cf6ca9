"""Reading over HTTP from a server that throttles, cuts, truncates and changes its mind."""

import email.utils
import hashlib
import io
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.stages.errors import SourceError
from crawlsieve.stages.read import Source, hash_input, open_input, survey
from tests.warcs import errors, gzipped, pages, read_inputs, record, response

pytestmark = pytest.mark.usefixtures("pauses")

BODIES = [hashlib.shake_256(bytes([number])).digest(40_000) for number in range(50)]
CRAWL = gzipped(*(record(number, response(body)) for number, body in enumerate(BODIES)))
ALL = list(range(50))


def read(site, **options):
    rows, [tally] = read_inputs(site.put("a.warc.gz", CRAWL), **options)
    return rows, tally


def test_a_web_file_is_read_in_one_streamed_request(site):
    rows, tally = read(site)

    assert pages(rows) == ALL
    assert [row["payload"] for row in rows] == BODIES
    assert (tally.bytes_read, tally.retries) == (len(CRAWL), 0)
    assert [asked[0] for asked in site.asked] == ["HEAD", "GET"]


def test_the_fingerprint_is_size_and_etag(site):
    [item] = survey(Source(paths=(site.put("a.warc.gz", CRAWL),)))

    assert (item.size, item.version, item.format) == (len(CRAWL), str(len(CRAWL)), "warc")


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_connection_goes_on_where_it_broke(site, pauses, ranges):
    site.ranges = ranges
    site.faults["a.warc.gz"] = [("cut", 900_000), ("cut", 700_001), ("cut", 0)]

    rows, tally = read(site)

    assert pages(rows) == ALL
    assert tally.retries == 3
    assert tally.sha256 == hash_input(survey(Source(paths=(f"{site.address}/a.warc.gz",)))[0], Source(paths=("x",)))
    assert len(pauses) == 3
    assert site.asked[2][2] is not None


def test_a_short_body_is_a_retry_and_never_bad_input(site):
    site.tells_size = False  # the server closes early, and the answer looks complete
    url = site.put("a.warc.gz", CRAWL)
    site.tells_size = True
    [item] = survey(Source(paths=(url,)))
    site.tells_size = False
    site.faults["a.warc.gz"] = [("cut", 500_000)]

    reading = open_input(item, 0, Source(paths=(url,)))
    rows = [row for batch in reading for row in batch.to_pylist()]

    assert (errors(rows), len(rows), reading.tally.retries) == ([], 50, 1)


def test_a_file_of_unknown_size_ends_where_the_answer_ends(site):
    site.tells_size = False

    rows, tally = read(site)

    assert pages(rows) == ALL
    assert tally.sha256 is not None


@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_a_throttling_server_is_asked_again(site, pauses, code):
    site.faults["a.warc.gz"] = [("status", code, {}), ("status", code, {}), ("status", code, {})]

    rows, _ = read(site, backoff_seconds=0.5)

    assert pages(rows) == ALL
    assert all(0 <= pause <= 0.5 * 2**number for number, pause in enumerate(pauses))


def test_retry_after_is_heeded(site, pauses):
    soon = email.utils.formatdate(time.time() + 50, usegmt=True)
    site.faults["a.warc.gz"] = [
        *[("status", 503, {"Retry-After": "7"})] * 2,
        *[("status", 429, {"Retry-After": soon})] * 2,
        *[("status", 503, {"Retry-After": "86400"})] * 2,
        *[("status", 503, {"Retry-After": "soon"})] * 2,
    ]

    read(site, backoff_seconds=0.001)

    assert [int(pause) for pause in pauses] in ([7, 49, 120, 0], [7, 48, 120, 0])


def test_after_all_retries_the_error_names_the_file(site, pauses):
    url = site.put("a.warc.gz", CRAWL)
    [item] = survey(Source(paths=(url,)))
    site.faults["a.warc.gz"] = [("status", 503, {})] * 100

    with pytest.raises(SourceError, match=r"a\.warc\.gz: given up after 3 retries, the last one: HTTP 503"):
        list(open_input(item, 0, Source(paths=(url,), retries=3)))
    assert len(pauses) == 3


def test_progress_makes_the_count_of_failures_begin_again(site):
    site.faults["a.warc.gz"] = [("cut", 600_000)] * 3

    rows, tally = read(site, retries=1)

    assert (pages(rows), tally.retries) == (ALL, 3)


def test_a_missing_file_is_not_asked_for_again(site, pauses):
    with pytest.raises(SourceError, match=r"nothing\.warc\.gz: HTTP 404"):
        survey(Source(paths=(f"{site.address}/nothing.warc.gz",)))
    assert pauses == []


def test_no_server_is_an_error_that_names_the_file():
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:9/a\.warc\.gz: given up after 2 retries"):
        survey(Source(paths=("http://127.0.0.1:9/a.warc.gz",), retries=2))


def test_an_unreachable_file_can_be_one_failed_row(site):
    paths = [site.put(f"{name}.warc.gz", CRAWL) for name in "ab"]
    site.faults["b.warc.gz"] = [("cut", 900_000), *[("status", 403, {})] * 9]

    rows, tallies = read_inputs(*paths, "http://127.0.0.1:9/c.warc.gz", on_unreachable="record", retries=2)

    assert errors(rows) == ["unreachable", "unreachable"]
    assert [tally.records for tally in tallies][::2] == [50, 1]
    assert 1 < tallies[1].records < 50
    assert tallies[1].sha256 is None
    assert rows[-2]["source_offset"] == rows[-3]["source_offset"] > 0


@pytest.mark.parametrize("name", ["a.warc.gz", "a.parquet", "a"])
def test_an_input_that_is_back_after_the_survey_is_read(site, name):
    file = io.BytesIO()
    pq.write_table(pa.table({"text": ["x"] * 50}), file)
    url = site.put(name, file.getvalue() if name == "a.parquet" else CRAWL)
    source = Source(paths=(url,), on_unreachable="record", retries=0)
    site.faults[name] = [("status", 503, {})] * 2

    [item] = survey(source)

    assert (item.size, item.version) == (None, "unreachable")
    site.faults.clear()
    rows = [row for batch in open_input(item, 0, source) for row in batch.to_pylist()]
    assert (len(rows), errors(rows)) == (50, [])


def test_an_input_that_cannot_be_looked_into_is_recorded_as_one_that_cannot_be_reached(site):
    url = site.put("a.parquet", b"PAR1" * 100)
    site.faults["a.parquet"] = [("cut", 0)] * 9

    [item] = survey(Source(paths=(url,), on_unreachable="record", retries=2))

    assert (item.format, item.version) == ("parquet", "unreachable")


@pytest.mark.parametrize("code", [404, 410])
def test_a_name_that_leads_nowhere_is_an_error_for_the_most_patient_recipe(site, code):
    site.faults["nothing.warc.gz"] = [("status", code, {})] * 3

    with pytest.raises(SourceError, match=rf"nothing\.warc\.gz: HTTP {code}"):
        survey(Source(paths=(f"{site.address}/nothing.warc.gz",), on_unreachable="record"))


@pytest.mark.parametrize("on_unreachable", ["fail", "record"])
def test_a_file_that_changes_under_the_reader_is_never_recorded_as_unreachable(site, on_unreachable):
    site.faults["a.warc.gz"] = [("cut", 100_000), ("etag", "other")]

    with pytest.raises(SourceError, match=r"a\.warc\.gz changed while the run was reading it"):
        read(site, on_unreachable=on_unreachable)


def test_lines_of_a_list_follow_the_base(site):
    site.put("crawl/a.warc.gz", CRAWL)
    lists = site.put("warc.paths.gz", gzipped(b"crawl/a.warc.gz\n\ncrawl/b.warc.gz\n"))
    site.put("crawl/b.warc.gz", b"")

    inputs = survey(Source(paths=(lists,), base=site.address))

    assert [(item.path, item.size) for item in inputs] == [
        (f"{site.address}/crawl/a.warc.gz", len(CRAWL)),
        (f"{site.address}/crawl/b.warc.gz", 0),
    ]


def test_a_server_without_ranges_that_ends_too_early_again_is_asked_again(site):
    site.ranges = False
    url = site.put("a.warc.gz", CRAWL)
    [item] = survey(Source(paths=(url,)))
    site.tells_size = False
    site.faults["a.warc.gz"] = [("cut", 1_500_000), ("cut", 1000)]

    reading = open_input(item, 0, Source(paths=(url,)))

    assert sum(len(batch) for batch in reading) == 50
    assert reading.tally.retries == 2


@pytest.mark.parametrize("piece", [20_000, None])
def test_parquet_is_whole_however_small_the_pieces_in_which_it_arrives(site, piece):
    texts = [f"{number:06} " + hashlib.shake_256(bytes([number % 256])).hexdigest(900) for number in range(3000)]
    file = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), file, row_group_size=1000, compression="none", use_dictionary=False)
    site.piece = piece

    rows, [tally] = read_inputs(site.put("a.parquet", file.getvalue()))

    assert [row["text"] for row in rows] == texts
    assert tally.retries == 0
