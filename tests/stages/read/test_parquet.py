"""Parquet files: streamed, projected, and every row accounted for."""

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.stages.errors import SourceError
from crawlsieve.stages.read import Input, Source, open_input, parquet, survey
from tests.warcs import errors, read_file


@pytest.fixture
def written(tmp_path):
    """Path of a Parquet file of columns."""

    def write(columns, name="a.parquet", **options):
        pq.write_table(pa.table(columns), tmp_path / name, **options)
        return tmp_path / name

    return write


def test_a_row_is_a_document_and_the_rest_is_metadata(written):
    moment = dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)
    path = written(
        {
            "text": ["Größe", "two"],
            "id": ["x", None],
            "url": ["http://example.org/", None],
            "date": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "score": [0.5, float("nan")],
            "when": [dt.date(2024, 1, 2), None],
            "raw": [b"\xff", b"x"],
        }
    )

    rows, tally = read_file(path)

    assert [row["text"] for row in rows] == ["Größe", "two"]
    assert (rows[0]["source_id"], rows[0]["url"]) == ("x", "http://example.org/")
    assert (rows[0]["date"], rows[1]["date"]) == (moment, None)
    assert [row["metadata"] for row in rows] == ['{"score":0.5,"when":"2024-01-02"}', '{"score":null}']
    assert [row["source_offset"] for row in rows] == [0, 1]
    assert (tally.records, tally.bytes_decoded) == (2, len("Größetwo".encode()))


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_every_kind_of_string_is_text(written, kind):
    rows, _ = read_file(written({"text": pa.array(["one", "two", "one", None], pa.string()).cast(kind)}))

    assert [row["text"] for row in rows] == ["one", "two", "one", None]
    assert errors(rows) == ["no_text"]


def test_a_file_without_text_is_an_error_that_names_its_columns(written):
    path = written({"content": ["x"], "url": ["y"]})

    with pytest.raises(SourceError, match=r"a\.parquet has no column 'text'\. It has: content, url\."):
        survey(Source(paths=(str(path),)))
    assert read_file(path, columns={"text": "content"})[0][0]["text"] == "x"


def test_text_that_is_no_text_is_an_error(written):
    with pytest.raises(SourceError, match="column 'text' is int64, not text"):
        survey(Source(paths=(str(written({"text": [1]})),)))


def test_a_file_that_is_no_parquet_is_an_error(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nothing of the kind PAR1")

    with pytest.raises(SourceError, match=r"a\.parquet is not a Parquet file that can be read"):
        survey(Source(paths=(str(tmp_path / "a.parquet"),)))


def test_text_that_is_no_utf8_is_replaced(written):
    broken = pa.array([b"ab", b"\xffb", None]).cast(pa.binary()).view(pa.string())

    rows, _ = read_file(written({"text": broken}))

    assert [row["text"] for row in rows] == ["ab", "\ufffdb", None]


def test_a_text_that_is_too_large_or_empty_costs_one_row(written):
    rows, _ = read_file(written({"text": ["one", "x" * 1001, "", "two"]}), max_record_bytes=1000)

    assert [row["text"] for row in rows] == ["one", None, None, "two"]
    assert rows[1]["error"] == "record_too_large: 1001 bytes"
    assert rows[2]["reasons"] == ["empty_payload"]


def test_a_broken_row_group_costs_its_rows_and_no_others(written):
    texts = [f"{number:05} some words" for number in range(3000)]
    path = written({"text": texts}, row_group_size=1000, compression="zstd", use_dictionary=False)
    place = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[place + 40 : place + 400] = bytes(360)

    rows, tally = read_file(path, bytes(content))

    assert [row["text"] for row in rows if row["text"]] == texts[:1000] + texts[2000:]
    assert errors(rows) == ["unreadable"]
    assert [rows[place]["source_offset"] for place in (1000, 1001, -1)] == [1000, 2000, 2999]
    assert rows[1000]["error"].endswith("at row 1000, 1000 rows skipped")
    assert (tally.records, tally.unreadable_rows) == (2001, 1000)


def test_a_file_of_which_no_row_group_can_be_read_is_a_failed_row_for_each(written):
    path = written({"text": [f"{n:05} some words" for n in range(20)]}, row_group_size=10, use_dictionary=False)
    content = path.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little") + 8

    rows, tally = read_file(path, b"PAR1" + b"\xff" * (len(content) - footer - 4) + content[-footer:])

    assert errors(rows) == ["unreadable"] * 2
    assert tally.unreadable_rows == 20


def test_bytes_are_not_read(written):
    plain = {"text": ["one", "two"] * 500}
    photo = pa.array([bytes([n % 256]) * 2000 for n in range(1000)], pa.binary())
    kinds = [pa.binary(), pa.large_binary(), pa.binary(2000), pa.binary_view(), pa.dictionary(pa.int32(), pa.binary())]
    photos = {f"photo{place}": photo.cast(kind) for place, kind in enumerate(kinds)}

    _, tally = read_file(written(plain, use_dictionary=False))
    rows, with_photos = read_file(written(plain | photos, "b.parquet", use_dictionary=False, compression="none"))

    assert {row["metadata"] for row in rows} == {None}
    assert with_photos.bytes_read < tally.bytes_read + 100_000


def test_long_texts_are_decoded_a_few_at_a_time(written, monkeypatch):
    asked = []
    decode = parquet.pq.ParquetFile.iter_batches

    def watched(file, size, **options):
        asked.append(size)
        return decode(file, size, **options)

    monkeypatch.setattr(parquet.pq.ParquetFile, "iter_batches", watched)
    texts = [f"{n:03}" + "x" * 100_000 for n in range(100)] + ["short"] * 100
    rows, _ = read_file(written({"text": texts}, row_group_size=100, use_dictionary=False), batch_bytes=1_000_000)

    assert [row["text"] for row in rows] == texts
    assert asked == [9, 256]


def test_a_file_whose_footer_breaks_after_the_survey_is_one_failed_row(written):
    path = written({"text": ["one"]})
    content = path.read_bytes()
    path.write_bytes(content[:-8] + b"\xff" * 8)
    item = Input(path=str(path), format="parquet", size=len(content), version="")

    rows = [row for batch in open_input(item, 0, Source(paths=("x",))) for row in batch.to_pylist()]

    assert errors(rows) == ["unreadable_tail"]


def test_identity_is_that_of_the_same_document_in_json_lines(written, tmp_path):
    rows, _ = read_file(written({"text": ["one"], "id": ["x"], "date": ["2024-05-01"]}))
    same, _ = read_file(tmp_path / "a.jsonl", b'{"date": "2024-05-01", "text": "one", "id": "x"}')

    assert rows[0]["id"] == same[0]["id"]


@pytest.mark.parametrize(
    ("values", "metadata"),
    [
        (pa.array([1, 2**62, None], pa.timestamp("us")), ['{"m":"1970-01-01T00:00:00.000001"}', '{"m":null}', None]),
        (
            pa.array([[b"a"], [b"a", b"\xff"], None], pa.list_(pa.binary())).view(pa.list_(pa.string())),
            ['{"m":["a"]}', '{"m":null}', None],
        ),
        (pa.array([1, 2, 3], pa.timestamp("us", "Mars/Base")), ['{"m":null}'] * 3),
        (
            pa.array([1001, 2, None], pa.timestamp("ns")),
            [*(f'{{"m":"1970-01-01T00:00:00{us}"}}' for us in (".000001", "")), None],
        ),
        (
            pa.array([[("a", 1.0)], [("b", float("nan"))], None], pa.map_(pa.string(), pa.float64())),
            ['{"m":[["a",1.0]]}', '{"m":[["b",null]]}', None],
        ),
    ],
)
def test_a_value_that_python_cannot_hold_is_null_in_metadata_and_costs_nothing_else(written, values, metadata):
    rows, _ = read_file(written({"text": ["a", "b", "c"], "m": values}))

    assert [row["text"] for row in rows] == ["a", "b", "c"]
    assert [row["metadata"] for row in rows] == metadata
