"""Rows of two tables that are about the same record find each other."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.pipelines.judge.places import Places, binary_ids, identities_of


def rows(*records):
    ids, paths, offsets = zip(*records, strict=True) if records else ((), (), ())
    return pa.table(
        {
            "id": pa.array(ids, pa.string()),
            "source_path": pa.array(paths, pa.string()),
            "source_offset": pa.array(offsets, pa.int64()),
        }
    )


def name(number):
    return f"{number:032x}"


@given(st.lists(st.integers(0, 4), max_size=12), st.lists(st.lists(st.integers(0, 6), max_size=6), max_size=4))
def test_each_row_is_found_once_and_by_its_own_identity(known, asked):
    places, left = Places(np.array(known, np.uint64)), list(known)
    for batch in asked:
        found = places.take(np.array(batch, np.uint64))
        assert len({*found[found >= 0]}) == (found >= 0).sum()
        for wanted, row in zip(batch, found.tolist(), strict=True):
            assert (row >= 0) == (wanted in left)
            if row >= 0:
                assert known[row] == wanted
                left.remove(wanted)


def test_the_first_of_equal_rows_is_found_first():
    assert Places(np.array([7, 3, 7], np.uint64)).take(np.array([7, 7, 7, 3], np.uint64)).tolist() == [0, 2, -1, 1]


def test_a_record_is_its_id_its_path_and_its_offset():
    one = (name(1), "a.warc", 0)
    others = [(name(2), "a.warc", 0), (name(1), "b.warc", 0), (name(1), "a.warc", 1), (name(1 << 100), "a.warc", 0)]

    found = identities_of(rows(one, *others, one))

    assert len({*found.tolist()}) == 5
    assert found[0] == found[5]
    assert identities_of(rows(*others).slice(1)).tolist() == found[2:5].tolist()
    assert len(identities_of(rows())) == 0


def test_ids_are_what_their_hex_digits_say():
    table = rows((name(0xABCDEF), "", 0), (name((1 << 128) - 1), "", 0))

    assert binary_ids(table["id"]).to_pylist() == [(0xABCDEF).to_bytes(16, "big"), b"\xff" * 16]
    assert binary_ids(table["id"].slice(1)).to_pylist() == [b"\xff" * 16]


@pytest.mark.parametrize("id_", ["abc", "g" * 32, "A" * 32])
def test_what_is_no_id_is_refused(id_):
    with pytest.raises(ValueError, match="32 hex digits"):
        binary_ids(pa.array([id_]))
