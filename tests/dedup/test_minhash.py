"""Signatures against datasketch 2.0.0, against theory, and their laws."""

import numpy as np
import pytest
from datasketch import MinHash as Theirs
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.dedup.minhash import MinHash, NotComparableError, check_comparable, is_empty, similarity
from crawlsieve.dedup.shingles import Shingles, word_shingles

SMALL = MinHash(permutations=16)
SCHEMES = [("affine32", np.uint32), ("affine64", np.uint64)]

sets = st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=8), min_size=1, max_size=6)
unhurried = settings(deadline=None)


def packed(lists, kind=np.uint64):
    first = np.cumsum([0, *map(len, lists)])
    return Shingles(first, np.array([member for each in lists for member in each], kind))


def signed(lists, minhash=SMALL):
    return minhash.signatures(packed(lists))


def theirs(tokens, permutations, seed, scheme):
    sketch = Theirs(permutations, seed=seed, scheme=scheme, hashfunc=int)
    if tokens:
        sketch.update_batch(tokens)
    return sketch


@pytest.mark.parametrize(("scheme", "kind"), SCHEMES)
@pytest.mark.parametrize(("permutations", "seed"), [(1, 0), (128, 1), (200, 2**32 - 1)])
def test_signatures_are_those_of_datasketch(scheme, kind, permutations, seed):
    rng = np.random.default_rng(seed)
    most = np.iinfo(kind).max
    lists = [[], [0], [most], [int(most), 0, 1, 2], *(rng.integers(0, most, n, kind).tolist() for n in (7, 100, 1001))]
    minhash = MinHash(permutations, seed, scheme)

    found = minhash.of_tokens(*packed(lists, kind))

    assert found.dtype == kind
    for row, tokens in zip(found, lists, strict=True):
        assert row.tolist() == theirs(tokens, permutations, seed, scheme).hashvalues.tolist()


@pytest.mark.parametrize(("scheme", "shift"), [("affine32", 32), ("affine64", 0)])
def test_tokens_are_the_upper_bits_of_shingles(scheme, shift):
    hashes = np.random.default_rng(3).integers(0, 2**64 - 1, 50, np.uint64)

    found = MinHash(scheme=scheme).signatures(Shingles(np.array([0, 50]), hashes))

    assert found.tolist() == [theirs((hashes >> np.uint64(shift)).tolist(), 128, 1, scheme).hashvalues.tolist()]


def test_similarity_is_datasketch_s_jaccard():
    left, right = list(range(100)), list(range(30, 130))

    ours = similarity(*(MinHash().of_tokens(*packed([each], np.uint32)) for each in (left, right)))

    assert ours.tolist() == [theirs(left, 128, 1, "affine32").jaccard(theirs(right, 128, 1, "affine32"))]


def pairs(count, size, shared, seed):
    """Two lists of sets of `size` random shingles, `shared` of them in both."""
    members = np.random.default_rng(seed).integers(0, 2**64 - 1, (count, 2 * size - shared), np.uint64)
    first = np.arange(count + 1) * size
    left, right = members[:, :size], members[:, size - shared :]
    return Shingles(first, left.ravel()), Shingles(first, right.ravel())


@pytest.mark.parametrize("scheme", ["affine32", "affine64"])
@pytest.mark.parametrize(
    ("size", "shared"),
    [(1, 0), (1, 1), (2, 1), (5, 1), (5, 4), (20, 10), (100, 89), (500, 100), (500, 444), (3000, 2400)],
)
def test_the_estimate_is_unbiased_and_varies_as_theory_says(scheme, size, shared):
    count = 3000 if size < 1000 else 600
    exact = shared / (2 * size - shared)
    minhash = MinHash(permutations=128, scheme=scheme)

    left, right = (minhash.signatures(each) for each in pairs(count, size, shared, seed=size + shared))
    found = similarity(left, right)

    variance = exact * (1 - exact) / 128
    assert abs(found.mean() - exact) <= 4 * (variance / count) ** 0.5
    assert abs(found.var() - variance) <= 6 * variance * (2 / count) ** 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_seed_is_biased_on_numbers_in_a_row(seed):
    """What is no hash at all, as datasketch's users may have it."""
    minhash = MinHash(128, seed)
    left = [list(range(start, start + 60)) for start in range(0, 200_000, 100)]
    right = [list(range(start, start + 60)) for start in range(20, 200_020, 100)]

    found = similarity(*(minhash.of_tokens(*packed(each, np.uint32)) for each in (left, right)))

    assert abs(found.mean() - 0.5) < 4 * (0.25 / 128 / len(left)) ** 0.5


@unhurried
@given(sets, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_shingles_matters(lists, chance):
    shuffled = [chance.sample(each * 2, 2 * len(each)) for each in lists]

    assert signed(shuffled).tolist() == signed(lists).tolist()


@unhurried
@given(sets, st.randoms(use_true_random=False))
def test_documents_in_another_order_are_rows_in_another_order(lists, chance):
    order = chance.sample(range(len(lists)), len(lists))

    assert signed([lists[i] for i in order]).tolist() == signed(lists)[order].tolist()


@unhurried
@given(sets, st.data())
def test_batch_boundaries_do_not_matter(lists, data):
    at = data.draw(st.integers(0, len(lists)))

    assert signed(lists[:at]).tolist() + signed(lists[at:]).tolist() == signed(lists).tolist()


@unhurried
@given(sets)
def test_a_union_has_the_smaller_of_each_two_values(lists):
    union = [[member for each in lists for member in each]]

    assert signed(union).tolist() == [signed(lists).min(axis=0).tolist()]


@unhurried
@given(st.lists(st.integers(0, 9), min_size=6, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_words_matters_through_shingles_only(words, chance):
    shuffled = chance.sample(words, len(words))
    both = [np.array(each, np.uint64) for each in (words, shuffled)]

    def grams(each, size):
        return {tuple(each[i : i + size]) for i in range(len(each) - size + 1)}

    for size in (1, 3):
        left, right = (
            MinHash().signatures(word_shingles(np.array([0, len(each)]), each, size)).tolist() for each in both
        )
        assert (left == right) == (grams(words, size) == grams(shuffled, size))


def test_a_shorter_signature_is_no_prefix_of_a_longer_one():
    assert signed([[1, 2, 3]], MinHash(8)).tolist() != signed([[1, 2, 3]], MinHash(16))[:, :8].tolist()


@pytest.mark.parametrize("scheme", ["affine32", "affine64"])
def test_an_empty_document_is_like_no_other(scheme):
    minhash = MinHash(16, scheme=scheme)
    empty, other = minhash.signatures(packed([[], []])), minhash.signatures(packed([[], [5]]))

    assert empty.tolist() == [[np.iinfo(empty.dtype).max] * 16] * 2
    assert is_empty(other).tolist() == [True, False]
    assert similarity(empty, other).tolist() == [0, 0]
    assert similarity(other, other).tolist() == [0, 1]


def test_no_documents_have_no_signatures():
    assert signed([]).shape == (0, 16)
    assert similarity(signed([]), signed([])).tolist() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"permutations": 0}, "permutations = 0"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 2**32}, "seed = 4294967296"),
        ({"scheme": "legacy"}, "scheme = 'legacy': one of affine32, affine64"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        MinHash(**options)


def test_tokens_of_another_width_are_refused():
    with pytest.raises(TypeError, match="tokens of affine32 are uint32, not uint64"):
        MinHash().of_tokens(*packed([[1]]))


def test_signatures_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"uint32\[1, 16\] and uint32\[1, 8\]"):
        similarity(signed([[1]]), signed([[1]], MinHash(8)))


def test_what_differs_is_named():
    ours, stored = MinHash().describe() | {"ngram": 5}, MinHash(256, seed=7).describe() | {"case": True}

    with pytest.raises(NotComparableError) as caught:
        check_comparable(ours, stored)

    assert str(caught.value) == (
        "signatures cannot be compared: permutations is 128 here and 256 there; seed is 1 here and 7 there; "
        "ngram is 5 here and absent there; case is absent here and True there"
    )
    check_comparable(ours, dict(reversed(ours.items())))
