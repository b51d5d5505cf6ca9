"""What is there to read: paths resolved, and a clear word where there is nothing."""

import gzip
import io
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import TypeAdapter, ValidationError

from crawlsieve.stages.errors import SourceError
from crawlsieve.stages.read import Source, hash_input, open_input, survey
from tests.warcs import arc_record, gzipped, read_inputs, record

_FILE = io.BytesIO()
pq.write_table(pa.table({"text": ["x"]}), _FILE)
PARQUET = _FILE.getvalue()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a small crawl in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("b.warc.gz", "a.warc.gz", "c.warc.gz"):
        (tmp_path / "data" / name).write_bytes(gzipped(record(1)))
    (tmp_path / "data" / "notes.txt").write_text("none")
    return tmp_path


def names(*paths, **options):
    return [item.path for item in survey(Source(paths=paths, **options))]


def test_globs_are_resolved_and_sorted(folder):
    assert names("data/*.warc.gz") == ["data/a.warc.gz", "data/b.warc.gz", "data/c.warc.gz"]
    assert names("data/c*", f"{folder}/data/[ab].warc.gz") == [
        *(f"{folder}/data/{name}.warc.gz" for name in "ab"),
        "data/c.warc.gz",
    ]
    assert names("**/a.warc.gz") == ["data/a.warc.gz"]
    assert names(f"file://{folder}/data/a.warc.gz") == [f"file://{folder}/data/a.warc.gz"]


def test_a_name_with_brackets_that_exists_is_a_name(folder):
    (folder / "a[1].warc").write_bytes(record(1))

    assert names("a[1].warc") == ["a[1].warc"]


@pytest.mark.usefixtures("folder")
def test_the_fingerprint_changes_with_the_file():
    [before] = survey(Source(paths=("data/a.warc.gz",)))
    os.utime("data/a.warc.gz", ns=(1, 1))
    [after] = survey(Source(paths=("data/a.warc.gz",)))

    assert before.size == after.size == len(gzipped(record(1)))
    assert before.version != after.version == "1"


@pytest.mark.usefixtures("folder")
def test_a_file_that_changed_since_the_survey_is_an_error():
    source = Source(paths=("data/a.warc.gz",))
    [item] = survey(source)
    os.utime("data/a.warc.gz", ns=(1, 1))

    with pytest.raises(SourceError, match="changed while the run was reading it"):
        list(open_input(item, 0, source))


def test_a_file_that_is_gone_since_the_survey_is_an_error(folder):
    source = Source(paths=("data/a.warc.gz",))
    [item] = survey(source)
    (folder / "data/a.warc.gz").unlink()

    with pytest.raises(SourceError, match=r"data/a\.warc\.gz: not found"):
        list(open_input(item, 0, source))


@pytest.mark.usefixtures("folder")
def test_the_hash_is_the_one_that_reading_computes():
    source = Source(paths=("data/a.warc.gz",))
    _, [tally] = read_inputs("data/a.warc.gz")

    assert hash_input(survey(source)[0], source) == tally.sha256


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("data", r"^data is a directory; did you mean data/\*\.warc\.gz\?$"),
        ("data/", r"^data/ is a directory; did you mean data/\*\.warc\.gz\?$"),
        ("data/d.warc.gz", r"^data/d\.warc\.gz does not exist; did you mean data/[abc]\.warc\.gz\?$"),
        ("daat/a.warc.gz", r"^daat/a\.warc\.gz does not exist; did you mean data/a\.warc\.gz\?$"),
        ("/nowhere/at/all.warc", r"^/nowhere/at/all\.warc does not exist; / holds \d+ entries"),
        ("data/*.wet.gz", r"^data/\*\.wet\.gz matches no file; did you mean"),
        ("empty/x", r"^empty/x does not exist; empty holds nothing$"),
        ("empty", r"^empty is a directory and holds no file of a known format; name files or a glob"),
        ("data/notes.txt", r"^data/notes\.txt: neither its name nor its first bytes tell what it holds"),
        ("none.paths", r"^none\.paths: the list is empty"),
        ("big.paths", r"^big\.paths is not a list of paths, or is damaged"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_nearest_right_answer(folder, path, message):
    (folder / "empty").mkdir()
    (folder / "none.paths").write_bytes(b"\n\n")
    (folder / "big.paths").write_bytes(b"x" * 100_000)

    with pytest.raises(SourceError, match=message):
        survey(Source(paths=(path,)))


def test_lists_of_paths_are_joined_with_the_base(folder):
    (folder / "warc.paths.gz").write_bytes(gzip.compress(b"data/a.warc.gz\r\n\ndata/b.warc.gz"))
    (folder / "wet.paths").write_text(f"{folder}/data/c.warc.gz\n")

    assert names("warc.paths.gz", "wet.paths", base=str(folder)) == [f"{folder}/data/{name}.warc.gz" for name in "abc"]


def test_without_a_base_a_list_is_common_crawls(folder):
    (folder / "warc.paths").write_text("crawl-data/x.warc.gz\n")

    with pytest.raises(SourceError, match=r"^s4://mirror/crawl-data/x\.warc\.gz: no protocol"):
        survey(Source(paths=("warc.paths",), base="s4://mirror/"))
    assert Source(paths=("warc.paths",)).base is None


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.WARC.GZ", b"", "warc"),
        ("a.warc.wet.zst", b"", "wet"),
        ("a.wat", b"", "warc"),
        ("a.arc.gz", b"", "arc"),
        ("a.ndjson", b"", "jsonl"),
        ("a.dat", record(1), "warc"),
        ("a.open", gzipped(record(1)), "warc"),
        ("a.gz", gzipped(arc_record(1)), "arc"),
        ("a.json", b'\xef\xbb\xbf {"text": "x"}', "jsonl"),
        ("a", b"", "warc"),
        ("a.dat", PARQUET, "parquet"),
    ],
)
def test_formats_are_told_by_name_and_then_by_content(folder, name, content, kind):
    (folder / name).write_bytes(content)

    assert [item.format for item in survey(Source(paths=(name,)))] == [kind]


def test_the_recipe_has_the_last_word_on_the_format(folder):
    (folder / "a.jsonl").write_bytes(record(1))

    rows, _ = read_inputs("a.jsonl", format="warc")

    assert [row["source_id"] for row in rows] == ["00000001"]


def test_the_options_are_those_of_the_recipe():
    adapter = TypeAdapter(Source)

    assert adapter.validate_json('{"paths": ["a"], "columns": {"text": "t"}}', strict=True).column("text") == "t"
    for wrong in (
        '{"paths": []}',
        '{"paths": ["a"], "columns": {"body": "t"}}',
        '{"paths": ["a"], "format": "zip"}',
        '{"paths": ["a"], "retries": "3"}',
        '{"paths": ["a"], "connections_per_host": 0}',
        '{"paths": ["a"], "storage": {"secret": "x"}}',
    ):
        with pytest.raises(ValidationError):
            adapter.validate_json(wrong, strict=True)
