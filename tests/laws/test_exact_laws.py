"""Laws of exact duplicates: the walk does what a dictionary would, wherever batches end; equal texts, equal keys."""

import unicodedata
from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.dedup.exact import order_of, walk_runs
from crawlsieve.filters.folded import fold_texts
from crawlsieve.schemas.candidate import candidate
from crawlsieve.stages.keys import text_keys

ROWS = st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30)
TEXTS = st.lists(
    st.text(
        st.sampled_from(
            "aAbB \n\t\u00a0\u3000éÉe\u0301\u0308\u0323ǅßẞIİıΣσςᄀ가\u1161\u11a8"
            "\u0e38\u0e48\U00010400\u212a\ufe0f\u200d"
        )
    )
    | st.text(st.characters(exclude_categories=["Cs", "Cn"])),  # Pythons differ in what is assigned
    max_size=5,
)


def table(rows):
    """Rows of (key, gone, id) as candidates."""
    number = len(rows)
    return pa.RecordBatch.from_pydict(
        {
            "shard": [0] * number,
            "row": list(range(number)),
            "id": [name.to_bytes(16, "big") for _, _, name in rows],
            "gone": [int(gone) for _, gone, _ in rows],
            "method": pa.nulls(number, pa.string()),
            "twin_id": pa.nulls(number, pa.binary(16)),
            "key": [key.to_bytes(16, "big") for key, _, _ in rows],
        },
        schema=candidate(0, ()),
    )


@given(ROWS, st.data())
def test_the_walk_is_a_dictionary_of_first_rows_whatever_the_batches(rows, data):
    rows = [(key, gone, number) for number, (key, gone) in enumerate(sorted(rows, key=lambda row: row[0]))]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=5)))
    edges = [0, *cuts, len(rows)]
    batches = [table(rows[start:end]) for start, end in pairwise(edges)]

    found = pa.Table.from_batches(walk_runs(iter(batches), "text"), schema=candidate(0, ()))

    first = {}
    expected = []
    for key, gone, name in rows:
        if gone:
            expected.append((1, None, None))
        elif key in first:
            expected.append((1, "text", first[key].to_bytes(16, "big")))
        else:
            first[key] = name
            expected.append((0, None, None))
    columns = [found[name].to_pylist() for name in ("gone", "method", "twin_id")]
    assert list(zip(*columns, strict=True)) == expected


def reference(text):
    """The normal form but for case, by Python's own tables."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@given(TEXTS)
def test_white_space_and_composition_never_matter(texts):
    decomposed = [unicodedata.normalize("NFD", text) for text in texts]
    spaced = [" " + "\t\n".join(text.split()) + "\u3000" for text in texts]
    keys = text_keys(pa.array(texts, pa.large_string()))

    assert text_keys(pa.array(decomposed, pa.large_string())).equals(keys)
    assert text_keys(pa.array(spaced, pa.large_string())).equals(keys)


@given(TEXTS)
def test_folding_is_white_space_then_case_and_nothing_else(texts):
    data, offsets = fold_texts(pa.array(texts, pa.large_string()))

    for text, start, end in zip(texts, offsets[:-1], offsets[1:], strict=True):
        found = data[start:end].tobytes().decode("utf-8", "surrogatepass")
        assert len(found) == len(reference(text))
        assert found.casefold() == reference(text).casefold()


@given(TEXTS)
def test_a_batch_is_its_texts_one_by_one(texts):
    together = text_keys(pa.array(texts, pa.large_string())).to_pylist()

    assert [text_keys(pa.array([text], pa.large_string()))[0].as_py() for text in texts] == together


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)), st.booleans())
def test_integers_keep_their_order(values, highest_first):
    keys = order_of(pa.array(values, pa.int64()), highest_first=highest_first).to_pylist()
    sign = -1 if highest_first else 1

    known = [(sign * value, key) for value, key in zip(values, keys, strict=True) if value is not None]
    for value, key in known:
        for other_value, other_key in known:
            assert (key < other_key) <= (value < other_value)
            if -(2**63) + 1 < value < 2**63 - 2:  # the ends share a place
                assert (value < other_value) <= (key < other_key)
    unknown = {key for value, key in zip(values, keys, strict=True) if value is None}
    assert unknown <= {2**63 - 1}
    assert all(key < 2**63 - 1 for _, key in known)
