"""Public archives, sound and hostile: our counts against warcio's, and why they differ where they do."""

import json

import pytest

from crawlsieve.stages.errors import SourceError
from crawlsieve.stages.read import Source, survey
from tests.warcs import errors, read_file

pytestmark = pytest.mark.shared

ONE_MEMBER = "warcio stops at a gzip member of several records"
NO_LENGTH = "a record without Content-Length: the standard demands one"
DIFFERENT = {
    # file: (rows, failed rows among them, why this is not what warcio counts)
    "pywb-example-extra.warc": (4, 1, "an answer without status line"),
    "anserini-commoncrawl-warc-collection1-segment1.warc.gz": (1, 0, ONE_MEMBER),
    "anserini-commoncrawl-wet-collection1-segment1.warc.wet.gz": (1, 0, ONE_MEMBER),
    "anserini-commoncrawlnewsen-collection1-segment1.warc.gz": (1, 0, "warcio stops at a wrong length"),
    "anserini-cw09-collection1-segment1.warc.gz": (1, 0, "warcio stops at a wrong length"),
    "anserini-cw12-collection1-segment1.warc.gz": (1, 0, ONE_MEMBER),
    "cc_net-sample.wet.txt": (3, 3, "lengths count characters, and line ends as two"),
    "warcio-bad.arc": (4, 3, "lengths -1 and abc, also of the filedesc"),
    "warcio-example-bad-non-chunked.warc.gz": (2, 0, ONE_MEMBER),
    "warcio-example-bad.warc.gz.bad": (3, 0, ONE_MEMBER),
    "warcio-example-space-in-url.arc": (1, 1, "the file ends 12 bytes early; warcio takes what is there"),
    "warcio-example-trunc.warc": (1, 1, "a record cut in the middle of the file; warcio takes what is there"),
    "cdxwriter-date_resolution_nanosecond.warc.gz": (1, 1, "a request that ends 3 bytes early"),
    "cdxwriter-negative_content_length.arc.gz": (3, 1, "a length below 0; warcio counts the record"),
    "jwat-invalid-warcfile-fields-empty.warc": (1, 1, NO_LENGTH),
    "jwat-invalid-warcfile-fields-invalidformat.warc": (1, 1, NO_LENGTH),
    "jwat-invalid-warcfile-fields-missing.warc": (1, 1, NO_LENGTH),
    "jwat-invalid-warcfile-lonely-continuation.warc": (1, 1, NO_LENGTH),
    "jwat-invalid-warcfile-lonely-monkeys.warc": (1, 1, NO_LENGTH),
    "jwat-invalid-warcfile-lonely-request-response-resource-conversion.warc": (4, 4, NO_LENGTH),
    "jwat-invalid-warcfile-lonely-revisit.warc": (1, 1, NO_LENGTH),
    "jwat-invalid-warcfile-lonely-warcinfo-metadata.warc": (2, 2, NO_LENGTH),
    "jwat-invalid-warcfile-record-then-garbage.warc": (2, 1, "warcio takes the garbage for a second response"),
    "jwat-valid-warcfile-upper-lower-case.warc": (4, 0, "types in any case are types; warcio counts RESPONSE apart"),
    "gowarc-good.warc.gz.open": (50, 0, ONE_MEMBER),
    "gowarc-corrupted-mid-record.warc.gz.open": (13, 1, ONE_MEMBER + "; 34 bytes behind it are no gzip"),
    "resiliparse-clipped.warc.gz": (1, 1, "the gzip member is cut; warcio takes what is there"),
    "iawc-IAH-20080430204825-00000-blackbook-truncated.arc": (8, 0, "warcio stops behind the filedesc"),
    "iawc-link-extraction-test.warc": (7, 0, "warcio stops where blank lines are missing"),
}
NO_ARCHIVES = {
    "CC-MAIN-2024-22.warc.paths.gz": "a list of paths",
    "cc-main-2020-34-warcfile.warc.lz4": "lz4 is not read: the survey says that it does not know the file",
}


def manifest(shared, folder):
    lines = (shared / "data" / folder / "manifest.jsonl").read_text().splitlines()
    return [said for line in lines if (said := json.loads(line))["file"] not in NO_ARCHIVES]


@pytest.mark.parametrize("folder", ["warc", "warc_hostile"])
def test_every_public_archive_has_the_rows_that_warcio_counts_or_we_know_why(shared, folder):
    for said in manifest(shared, folder):
        rows, tally = read_file(shared / "data" / folder / said["file"])

        counted = said["warcio_records"]
        theirs = sum(counted.get(kind, 0) for kind in ("response", "resource", "conversion", "revisit"))
        expected = DIFFERENT.get(said["file"], (theirs, 0, "the same"))
        assert (said["file"], len(rows), len(errors(rows))) == (said["file"], *expected[:2])
        assert tally.sha256 == said["sha256"]


def test_other_types_are_counted_as_warcio_counts_them(shared):
    for folder in ("warc", "warc_hostile"):
        for said in manifest(shared, folder):
            if said["file"] in DIFFERENT or ".arc" in said["file"] or said["warcio_error"]:
                continue
            _, tally = read_file(shared / "data" / folder / said["file"])

            known = {
                kind.strip(): n for kind, n in said["warcio_records"].items() if kind.strip() in tally.not_documents
            }
            unknown = sum(said["warcio_records"].get(kind, 0) for kind in ("unknown", "monkeys"))
            assert tally.not_documents == known | ({"unknown": unknown} if unknown else {}), said["file"]


def test_an_arc_and_the_warc_of_the_same_crawl_hold_the_same_pages(shared):
    arc, _ = read_file(shared / "data" / "warc" / "ia-blackbook-2008.arc.gz")
    warc, _ = read_file(shared / "data" / "warc" / "ia-blackbook-2008.warc.gz")

    told = [[(row["url"], row["date"], row["payload"], row["reasons"]) for row in rows] for rows in (arc, warc)]
    assert told[0] == told[1]
    assert sum(not row["settled"] for row in warc) == 129


def test_pages_say_the_same_however_they_were_compressed_in_transfer(shared):
    names = [f"transfer_compression_{kind}.warc.gz" for kind in ("none", "gzip", "brotli")]
    pages = [read_file(shared / "data" / "warc" / name)[0][0]["payload"] for name in names]

    assert pages[0] == pages[1]
    assert b"<html" in pages[2].lower()


def test_what_is_no_archive_is_told_before_anything_is_read(shared):
    with pytest.raises(SourceError, match=r"lz4: neither its name nor its first bytes tell what it holds"):
        survey(Source(paths=(str(shared / "data/warc/cc-main-2020-34-warcfile.warc.lz4"),)))
