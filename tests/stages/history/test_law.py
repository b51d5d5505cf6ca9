"""A history against a dictionary of band keys, without the job around it."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlsieve.dedup.history import HistorySize
from crawlsieve.pipelines.index.write import _next
from crawlsieve.schemas.history import ASKED, HIT, keyed
from crawlsieve.stages.decide import HISTORY
from crawlsieve.stages.history import ids as history_ids
from crawlsieve.stages.history.filters import AddKeys
from crawlsieve.stages.history.head import HistoryError
from crawlsieve.stages.history.ids import binary_ids
from crawlsieve.stages.history.index import Generation, Made
from crawlsieve.stages.history.query import Look
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.near.rounds import FirstTwin

BANDS = 3
PLACES = itertools.count()
KEYS = st.lists(
    st.integers(0, 8).map(lambda number: (number * 0x9E3779B97F4A7C15) % 2**64 - 2**63), min_size=3, max_size=3
)
PUBLISHED = st.lists(st.tuples(st.integers(0, 2**20), KEYS), max_size=12)


def empty(slices, *, ids, when_full="refuse", documents=1000):
    size = HistorySize(documents, 1e-6, BANDS, slices)
    made = Made(NearDuplicates(bands=BANDS, rows=2), size, when_full, ids=ids)
    return Generation(f"memory://history-{next(PLACES)}", 0, made)


def cut(batch, rows):
    return [batch.slice(start, rows) for start in range(0, len(batch), rows)]


def added(before, documents, rows=5):
    """The next generation: (id, band keys) of documents."""
    matrix = np.array([row for _, row in documents], np.int64).reshape(-1, BANDS)
    columns = [before.asked(matrix).ravel(), matrix.ravel()]
    named = pa.array([number.to_bytes(16, "big") for number, _ in documents for _ in range(BANDS)], pa.binary(16))
    given_columns = [*map(pa.array, columns), *([named] if before.made.ids else [])]
    table = pa.Table.from_arrays(given_columns, schema=keyed(ids=before.made.ids))
    order = [(name, "ascending") for name in table.schema.names]
    files = []
    for batch in table.sort_by(order).combine_chunks().to_batches():
        files += [
            row
            for out in AddKeys(before, f"gen-{before.number + 1}")(iter(cut(batch, rows)))
            for row in out.to_pylist()
        ]
    return _next(before, files, before.runs, f"gen-{before.number + 1}")


def asked(generation, documents, rows=5):
    """Row -> (band, id of the twin)."""
    matrix = np.array(documents, np.int64).reshape(-1, BANDS)
    places = np.repeat(np.arange(len(matrix)), BANDS)
    table = pa.Table.from_arrays(
        [
            pa.array(np.zeros(len(places), np.int32)),
            pa.array(places),
            pa.array([b"\0" * 16] * len(places), pa.binary(16)),
            pa.array(generation.asked(matrix).ravel()),
            pa.array(matrix.ravel()),
        ],
        schema=ASKED,
    ).sort_by([("filter", "ascending"), ("band_key", "ascending"), ("row", "ascending")])
    batches = [part for batch in table.combine_chunks().to_batches() for part in cut(batch, rows)]
    hits = pa.Table.from_batches(Look(generation)(iter(batches)), HIT).sort_by(
        [("row", "ascending"), ("band", "ascending")]
    )
    found = FirstTwin(HISTORY)(part for batch in hits.combine_chunks().to_batches() for part in cut(batch, 2))
    gone = [row for batch in found for row in batch.to_pylist()]
    assert all(row["method"] == "history" and row["similarity"] is None for row in gone)
    assert len({row["row"] for row in gone}) == len(gone)
    return {row["row"]: (row["band"], row["twin_id"] and int.from_bytes(row["twin_id"], "big")) for row in gone}


def by_dictionary(publications, documents):
    known = {}
    for published in publications:
        for number, row in sorted(published):
            for place in enumerate(row):
                known.setdefault(place, number)
    found = {}
    for row, keys in enumerate(documents):
        hit = next((place for place in enumerate(keys) if place in known), None)
        if hit:
            found[row] = (hit[0], known[hit])
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(PUBLISHED, max_size=3), st.lists(KEYS, max_size=8), st.sampled_from([1, 2, 7]), st.booleans())
def test_a_history_is_a_dictionary_of_band_keys(publications, documents, slices, ids):
    generation = empty(slices, ids=ids)
    for published in publications:
        generation = added(generation, published)

    expected = by_dictionary(publications, documents)
    if not ids:
        expected = {row: (band, None) for row, (band, _) in expected.items()}
    assert asked(generation, documents) == expected


def test_the_first_publication_names_the_twin_and_in_it_the_smallest_id():
    key = [7, 8, 9]
    generation = added(added(empty(1, ids=True), [(5, key), (4, key)]), [(1, key)])

    assert asked(generation, [key]) == {0: (0, 4)}


def random_keys(number, seed):
    return np.random.default_rng(seed).integers(-(2**63), 2**63, (number, BANDS)).tolist()


@pytest.mark.parametrize("when_full", ["warn", "grow"])
def test_a_history_that_is_overfull_still_finds_all_that_was_published(when_full):
    documents = random_keys(500, 1)
    generation = added(empty(4, ids=False, when_full=when_full, documents=100), list(enumerate(documents)), rows=64)

    assert len(asked(generation, documents, rows=64)) == 500
    assert (generation.rate > 1e-6) == (when_full == "warn")


def test_a_history_that_refuses_names_what_it_was_made_for():
    with pytest.raises(HistoryError, match="made for 100 documents at a rate of 1e-06"):
        added(empty(4, ids=False, documents=100), list(enumerate(random_keys(500, 1))), rows=64)


def test_with_ids_a_filter_that_errs_removes_nothing():
    generation = added(empty(1, ids=True, when_full="warn", documents=1), list(enumerate(random_keys(500, 1))), rows=64)

    assert generation.rate > 0.9
    assert asked(generation, random_keys(500, 2), rows=64) == {}


def test_only_row_groups_that_may_hold_a_key_are_read(monkeypatch):
    documents = random_keys(1_000, 1)
    generation = added(empty(1, ids=True), list(enumerate(documents)), rows=10)
    read = []
    original = history_ids.pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        history_ids.pq.ParquetFile,
        "read_row_group",
        lambda file, number: read.append(number) or original(file, number),
    )

    assert asked(generation, documents[:1]) == {0: (0, 0)}
    assert len(read) == BANDS


@pytest.mark.parametrize("wrong", ["0" * 31, "0" * 33, "0" * 31 + "g", "F" * 32, None])
def test_an_id_has_32_hexadecimal_digits(wrong):
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        binary_ids(pa.array(["0" * 32, wrong]))


@given(st.lists(st.binary(min_size=16, max_size=16)), st.integers(0, 3))
def test_ids_are_read_as_python_reads_them(values, start):
    found = binary_ids(pa.array([value.hex() for value in values], pa.string()).slice(start))

    assert found.to_pylist() == values[start:]
