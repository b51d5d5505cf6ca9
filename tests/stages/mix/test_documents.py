import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from crawlsieve.schemas.tables import DOCUMENTS
from crawlsieve.stages.errors import SourceError
from crawlsieve.stages.mix.documents import ROW, keys_of, read_documents, schema_of, whole_rows

HEX = ["00112233445566778899aabbccddeeff", "ffffffffffffffffffffffffffffffff"]


def keys(*names):
    return [key.hex() for key in keys_of(pa.chunked_array([list(names)], pa.string())).to_pylist()]


def test_ids_of_crawlsieve_are_their_own_keys():
    assert keys(*HEX) == HEX
    assert keys() == []


def test_other_ids_are_hashed_one_by_one():
    odd = ["a", "", HEX[0].upper(), HEX[0][:-1] + "g", "é" * 16]

    assert keys(HEX[0], *odd) == [HEX[0], *(xxhash.xxh3_128_hexdigest(name.encode()) for name in odd)]


def test_a_slice_of_ids_has_the_keys_of_its_rows():
    whole = pa.array([*HEX, "x" * 32, *HEX])

    assert keys_of(pa.chunked_array([whole.slice(3)])).to_pylist() == [bytes.fromhex(name) for name in HEX]


def wrote(place, **columns):
    pq.write_table(pa.table(columns), place, row_group_size=2)
    return str(place)


def test_rows_come_in_order_with_their_places(tmp_path):
    path = wrote(tmp_path / "a.parquet", id=["1", "2", "3"], text=["a", "b", "c"], more=[1, 2, 3])

    parts = list(read_documents(path, ["id", "text", "absent"]))

    assert pa.concat_tables(parts).to_pydict() == {ROW: [0, 1, 2], "id": ["1", "2", "3"], "text": ["a", "b", "c"]}


def test_what_a_plain_file_lacks_is_filled_in(tmp_path):
    path = wrote(tmp_path / "a.parquet", id=[7, 8], text=pa.array(["a", "b"]).dictionary_encode(), duplicates=[None, 3])
    (rows,) = read_documents(path, DOCUMENTS.names)

    found = whole_rows(path, rows)

    assert found.schema.equals(DOCUMENTS)
    known = found.select(["id", "text", "source_path", "source_offset", "duplicates", "url"]).to_pylist()
    assert [tuple(row.values()) for row in known] == [("7", "a", path, 0, 0, None), ("8", "b", path, 1, 3, None)]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"text": ["a"]}, "has no column 'id'. It has: text"),
        ({"id": ["1"], "body": ["a"]}, "has no column 'text'. It has: id, body"),
    ],
)
def test_a_file_without_id_or_text_is_no_input(tmp_path, columns, said):
    path = wrote(tmp_path / "a.parquet", **columns)

    with pytest.raises(SourceError) as told:
        schema_of(path)

    assert str(told.value) == f"{path} {said}"


def test_two_columns_of_one_name_are_refused(tmp_path):
    table = pa.Table.from_arrays([["1"], ["2"], ["a"]], names=["id", "id", "text"])
    pq.write_table(table, tmp_path / "a.parquet")

    with pytest.raises(SourceError, match="has two columns 'id'"):
        schema_of(str(tmp_path / "a.parquet"))


def test_a_row_without_text_is_named(tmp_path):
    path = wrote(tmp_path / "a.parquet", id=["1", "2", "3", "4"], text=["a", "b", "c", None])

    with pytest.raises(SourceError, match=r"a\.parquet: row 3 has no text"):
        list(read_documents(path, ["id", "text"]))


def test_a_column_of_a_wrong_type_is_named(tmp_path):
    path = wrote(tmp_path / "a.parquet", id=["1"], text=["a"], metadata=[{"k": 1}])
    (rows,) = read_documents(path, DOCUMENTS.names)

    with pytest.raises(SourceError, match="column 'metadata' is struct<k: int64>, and should be string"):
        whole_rows(path, rows)


@pytest.mark.parametrize("damage", [lambda data: data[:200], lambda _: b"not Parquet at all"])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = wrote(tmp_path / "a.parquet", id=["1"] * 100, text=["a"] * 100)
    (tmp_path / "a.parquet").write_bytes(damage((tmp_path / "a.parquet").read_bytes()))

    with pytest.raises(SourceError, match=r"a\.parquet is not a Parquet file that can be read: ArrowInvalid"):
        list(read_documents(path, ["id", "text"]))


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_texts_may_be_of_any_type_for_texts(tmp_path, kind):
    path = wrote(tmp_path / "a.parquet", id=pa.array(["1", "2"]).cast(kind), text=pa.array(["a", "b"]).cast(kind))
    assert schema_of(path).field("text").type == kind

    (rows,) = read_documents(path, ["id", "text"])

    assert whole_rows(path, rows.take([1]))["text"].to_pylist() == ["b"]
    assert keys_of(rows["id"]).to_pylist() == keys_of(pa.chunked_array([["1", "2"]])).to_pylist()


def test_a_column_called_row_is_a_column_like_others(tmp_path):
    path = wrote(tmp_path / "a.parquet", id=["1"], text=["a"], row=["x"])

    (rows,) = read_documents(path, ["id", "text", "row"])

    assert rows["row"].to_pylist() == ["x"]
    assert whole_rows(path, rows)["source_offset"].to_pylist() == [0]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((("id", ["1"]), ("text", [1])), "column 'text' is int64, and should be string"),
        ((("id", [["1"]]), ("text", ["a"])), "column 'id' is list"),
        ((("id", ["1"]), ("text", ["a"]), ("b", [1]), ("b", [2])), "has two columns 'b'"),
    ],
)
def test_columns_that_cannot_be_read_as_documents_are_named(tmp_path, columns, said):
    names, values = zip(*columns, strict=True)
    pq.write_table(pa.Table.from_arrays([pa.array(value) for value in values], names=names), tmp_path / "a.parquet")

    with pytest.raises(SourceError, match=said):
        schema_of(str(tmp_path / "a.parquet"))
