"""A file under its final name is whole, or is not there."""

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from crawlsieve.stages.files import join, read_json, remove, sizes, write_json, writing

COMPLETED = {}
"""Objects of the store below: name -> bytes."""


class Upload(AbstractBufferedFile):
    """An object that appears when its last part is sent, as those of s3fs and gcsfs do."""

    def _initiate_upload(self):
        self.parts = []

    def _upload_chunk(self, final=False):
        self.parts.append(self.buffer.getvalue())
        if final:
            COMPLETED[self.path] = b"".join(self.parts)
        return True

    def discard(self):
        self.buffer = None


class Store(AbstractFileSystem):
    """A store of such objects."""

    protocol = "uploads"

    def _open(self, path, mode="rb", **_):
        return Upload(self, path, mode, block_size=8)


@pytest.fixture
def store():
    """The objects of a store that completes an object when it is closed."""
    fsspec.register_implementation("uploads", Store, clobber=True)
    COMPLETED.clear()
    return COMPLETED


def test_a_file_appears_only_when_it_is_complete(tmp_path):
    place = tmp_path / "deep" / "file"
    with writing(str(place)) as file:
        file.write(b"half")
        assert not place.exists()

    assert place.read_bytes() == b"half"
    assert [entry.name for entry in place.parent.iterdir()] == ["file"]


def test_an_error_leaves_the_old_file_as_it_was(tmp_path):
    place = tmp_path / "file"
    place.write_bytes(b"old")
    with pytest.raises(RuntimeError), writing(str(place)) as file:
        file.write(b"new")
        raise RuntimeError

    assert place.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_an_object_store_is_written_through_fsspec():
    with writing("memory://store/a/file") as file:
        file.write(b"there")

    assert sizes("memory://store") == {"a/file": 5}
    remove("memory://store/a")
    assert sizes("memory://store") == {}


def test_an_object_is_completed_when_the_block_ends(store):
    with writing("uploads://file") as file:
        file.write(b"more than a part")
        assert store == {}

    assert store == {"file": b"more than a part"}


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_an_object_whose_block_fails_never_appears(store, fault):
    with pytest.raises(fault), writing("uploads://file") as file:
        file.write(b"more than a part")
        raise fault
    file.close()

    assert store == {}


def test_a_parquet_file_whose_task_fails_is_no_object(store):
    rows = pa.table({"n": [1, 2]})
    with (
        pytest.raises(ZeroDivisionError),
        writing("uploads://table.parquet") as file,
        pq.ParquetWriter(file, rows.schema) as writer,
    ):
        writer.write_table(rows)
        1 / 0  # noqa: B018 - the failure

    assert store == {}


@pytest.mark.parametrize("name", ["out[1]", "out*", "out?"])
@pytest.mark.parametrize("scheme", ["memory://names", ""])
def test_a_folder_may_have_a_name_that_looks_like_a_pattern(tmp_path, scheme, name):
    folder = join(scheme or str(tmp_path), name)
    write_json(join(folder, "a.json"), {})
    write_json(join(scheme or str(tmp_path), "out1", "b.json"), {})

    assert [*sizes(folder)] == ["a.json"]
    remove(folder)
    assert sizes(folder) == {}
    assert [*sizes(join(scheme or str(tmp_path), "out1"))] == ["b.json"]


def test_json_that_is_not_there_is_none(tmp_path):
    place = join(str(tmp_path), "a", "b.json")
    assert read_json(place) is None

    write_json(place, {"ü": 1})
    assert read_json(place) == {"ü": 1}


def test_removing_what_is_not_there_is_no_error(tmp_path):
    remove(str(tmp_path / "nothing"))
