import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.dedup.exact import LAST, hash_pieces, order_of, walk_runs
from crawlsieve.schemas.candidate import candidate


def key(number):
    return None if number is None else number.to_bytes(16, "big")


def candidates(*rows):
    """A batch of (key, gone, id)."""
    schema = candidate(0, ("text_key",))
    columns = {
        "shard": [0] * len(rows),
        "row": list(range(len(rows))),
        "id": [key(row[2]) for row in rows],
        "text_key": [None] * len(rows),
        "gone": [row[1] for row in rows],
        "method": ["url" if row[1] else None for row in rows],
        "twin_id": [key(99) if row[1] else None for row in rows],
        "key": [key(row[0]) for row in rows],
    }
    return pa.RecordBatch.from_pydict(columns, schema=schema)


def walked(*batches):
    """(gone, method, number of the twin) of each row."""
    found = pa.Table.from_batches(walk_runs(iter(batches), "text"), schema=batches[0].schema)
    twins = [twin and int.from_bytes(twin, "big") for twin in found["twin_id"].to_pylist()]
    return list(zip(found["gone"].to_pylist(), found["method"].to_pylist(), twins, strict=True))


KEPT = (0, None, None)


def test_the_first_of_a_run_wins_and_the_others_name_it():
    assert walked(candidates((1, 0, 10), (1, 0, 11), (1, 0, 12), (2, 0, 13))) == [
        KEPT,
        (1, "text", 10),
        (1, "text", 10),
        KEPT,
    ]


def test_a_run_goes_on_over_batches():
    batches = [candidates((1, 0, 10)), candidates((1, 0, 11), (1, 0, 12)), candidates((1, 0, 13), (2, 0, 14))]

    assert walked(*batches) == [KEPT, (1, "text", 10), (1, "text", 10), (1, "text", 10), KEPT]


def test_an_empty_batch_ends_no_run():
    assert walked(candidates((1, 0, 10)), candidates(), candidates((1, 0, 11))) == [KEPT, (1, "text", 10)]


def test_the_winner_of_a_run_is_forgotten_with_its_run():
    assert walked(candidates((1, 0, 10)), candidates((2, 1, 11)), candidates((2, 0, 12))) == [
        KEPT,
        (1, "url", 99),
        KEPT,
    ]


def test_who_is_gone_stays_as_it_was_and_never_wins():
    assert walked(candidates((1, 1, 10), (1, 0, 11), (1, 1, 12), (1, 0, 13))) == [
        (1, "url", 99),
        KEPT,
        (1, "url", 99),
        (1, "text", 11),
    ]


def test_the_zero_key_is_a_key_like_others():
    assert walked(candidates((0, 0, 10)), candidates((0, 0, 11))) == [KEPT, (1, "text", 10)]


def test_keys_that_differ_in_one_bit_are_two():
    assert walked(candidates((1, 0, 10), (1 << 64 | 1, 0, 11), (1 << 127, 0, 12), (1 << 127 | 1, 0, 13))) == [KEPT] * 4


def test_a_null_key_is_shared_with_nobody():
    batch = candidates((7, 0, 10), (7, 0, 11), (7, 0, 12))
    nothing = pa.array([None, None, key(1)], pa.binary(16))
    batch = pa.RecordBatch.from_arrays([*batch.columns, nothing], names=[*batch.schema.names, "band"])

    (walked_batch,) = walk_runs(iter([batch]), "text", "band")

    assert walked_batch["gone"].to_pylist() == [0, 0, 0]


def test_the_walk_changes_no_other_column_and_no_field():
    batch = candidates((1, 0, 10), (1, 0, 11))

    (marked,) = walk_runs(iter([batch]), "text")

    assert marked.schema.equals(batch.schema, check_metadata=True)
    assert marked.select(["shard", "row", "id", "key"]).equals(batch.select(["shard", "row", "id", "key"]))


def test_a_slice_is_walked_as_its_copy():
    batch = candidates((9, 0, 9), (1, 0, 10), (1, 0, 11), (2, 0, 12))

    assert walked(batch.slice(1, 2)) == [KEPT, (1, "text", 10)]


@pytest.mark.parametrize(
    ("values", "highest_first", "order"),
    [
        (pa.array([3, 1, None, 2]), True, [0, 3, 1, 2]),
        (pa.array([3, 1, None, 2]), False, [1, 3, 0, 2]),
        (pa.array([0.5, -0.5, None, 0.25]), True, [0, 3, 1, 2]),
        (pa.array([0.5, float("nan"), -0.5]), True, [0, 2, 1]),
        (pa.array([1, 2**64 - 1, None, 0], pa.uint64()), True, [1, 0, 3, 2]),
        (pa.array([-(2**63), 2**63 - 1, None]), True, [1, 0, 2]),
        (pa.array([-(2**63), 2**63 - 1, None]), False, [0, 1, 2]),
        (pa.array([float("inf"), float("-inf"), None, 0.0]), True, [0, 3, 1, 2]),
        (pa.array([False, True, None]), True, [1, 0, 2]),
        (pa.array([1, 2, None], pa.timestamp("us", tz="UTC")), True, [1, 0, 2]),
        (pa.array([1, 2, None], pa.date32()), False, [0, 1, 2]),
    ],
)
def test_documents_stand_in_order_and_the_unknown_last(values, highest_first, order):
    keys = order_of(values, highest_first=highest_first).to_numpy()

    assert np.argsort(keys, kind="stable").tolist() == order


def test_null_and_nan_are_equally_unknown():
    assert order_of(pa.array([None, float("nan")]), highest_first=True).to_pylist() == [LAST, LAST]


def test_floats_are_compared_in_millionths():
    keys = order_of(pa.array([0.1234561, 0.1234564, 0.123457]), highest_first=True).to_pylist()

    assert keys[0] == keys[1] == ~123456
    assert keys[2] == ~123457


def test_an_unknown_value_is_behind_the_lowest_known_one():
    for highest_first in (True, False):
        keys = order_of(pa.array([-(2**63), 2**63 - 1, None]), highest_first=highest_first).to_pylist()
        assert max(keys[:2]) < keys[2]


def test_text_has_no_order():
    with pytest.raises(TypeError, match="string has no order"):
        order_of(pa.array(["a"]), highest_first=True)


def test_pieces_are_hashed_each_for_itself():
    data = np.frombuffer(b"abcabc", np.uint8)

    first, second, empty, nothing = hash_pieces(
        data, np.array([0, 3, 6, 6, 6]), np.array([True, True, True, False])
    ).to_pylist()

    assert first == second != empty
    assert first.hex() == "06b05ab6733a618578af5f94892f3950"  # XXH3-128 of "abc", as its reference implementation says
    assert nothing is None
