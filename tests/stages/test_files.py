"""A file under its final name is whole, or is not there."""

import pytest

from crawlsieve.stages.files import join, read_json, remove, sizes, write_json, writing


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


def test_json_that_is_not_there_is_none(tmp_path):
    place = join(str(tmp_path), "a", "b.json")
    assert read_json(place) is None

    write_json(place, {"ü": 1})
    assert read_json(place) == {"ü": 1}


def test_removing_what_is_not_there_is_no_error(tmp_path):
    remove(str(tmp_path / "nothing"))
