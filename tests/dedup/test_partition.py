"""Which partition a row belongs to, and how ids are written."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.dedup.decisions import Decisions, hexadecimal
from crawlsieve.dedup.partition import partition_of
from crawlsieve.schemas.keys import DECISION

IDS = st.lists(st.binary(min_size=16, max_size=16), min_size=1)


@given(IDS, st.integers(1, 6))
def test_a_partition_of_ids_is_a_range_and_doubling_the_partitions_halves_it(ids, bits):
    column = pa.array(sorted(ids), pa.binary(16))
    coarse, fine = partition_of([column], 1 << bits), partition_of([column], 2 << bits)

    assert list(coarse) == sorted(coarse)
    assert list(coarse) == [place // 2 for place in fine]


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.binary(min_size=16, max_size=16)), min_size=1))
def test_equal_keys_meet_and_all_partitions_are_in_bounds(rows):
    numbers, names = [row[0] for row in rows], [row[1] for row in rows]
    columns = [pa.array(numbers + numbers, pa.int64()), pa.array(names + names, pa.binary(16))]
    found = partition_of(columns, 7)

    assert list(found[: len(rows)]) == list(found[len(rows) :])
    assert all(0 <= place < 7 for place in found)


def test_a_null_key_is_an_error():
    with pytest.raises(ValueError, match="must not be null"):
        partition_of([pa.array([None], pa.binary(16))], 2)


@given(st.lists(st.none() | st.binary(min_size=16, max_size=16)), st.integers(0, 3))
def test_an_id_is_written_as_32_hex_digits_also_from_a_slice(ids, cut):
    column = pa.array(ids, pa.binary(16)).slice(cut)

    assert hexadecimal(column).to_pylist() == [None if one is None else one.hex() for one in ids[cut:]]


def test_more_ids_than_the_offsets_of_a_string_can_number_are_an_error():
    untouched = pa.py_buffer(np.zeros(2**30, np.uint8))  # pages of zeros that nobody reads take no memory
    ids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), 2**26, [None, untouched])

    with pytest.raises(ValueError, match="67108863 ids"):
        hexadecimal(ids)


def decisions(*rows):
    return Decisions(pa.Table.from_pylist([{"duplicates": 0, **row} for row in rows], schema=DECISION))


def test_a_decision_is_found_by_shard_and_row_alone():
    one = b"1" * 16
    found = decisions({"shard": 2, "row": 5, "id": one, "method": "url", "twin_id": one, "kept_id": one})

    assert (found.removed(2, pa.array([4, 5, 6]).to_numpy()) >= 0).tolist() == [False, True, False]
    assert (found.removed(1, pa.array([5]).to_numpy()) >= 0).tolist() == [False]


def test_a_kept_document_stands_for_as_many_as_its_decision_says():
    one, two = b"1" * 16, b"2" * 16
    found = decisions({"shard": -1, "row": -1, "id": one, "duplicates": 3})

    assert found.duplicates(pa.array([two, one], pa.binary(16))).to_pylist() == [0, 3]
    assert decisions().duplicates(pa.array([two], pa.binary(16))).to_pylist() == [0]


def test_columns_of_decisions_stand_at_the_places_of_their_rows():
    first, second = b"1" * 16, b"2" * 16
    found = decisions(
        {"shard": 1, "row": 8, "id": first, "method": "text", "twin_id": first, "kept_id": second},
        {"shard": 1, "row": 3, "id": second, "method": "url", "twin_id": second, "kept_id": second},
    )
    columns = found.columns(found.removed(1, np.array([8, 3])), ("method", "kept_id"))

    assert {name: column.to_pylist() for name, column in columns.items()} == {
        "method": ["text", "url"],
        "kept_id": [second, second],
    }
