"""There and back with the real datasketch 2.0.0."""

import numpy as np
import pytest
from datasketch import LeanMinHash
from datasketch import MinHash as Theirs

from crawlsieve.dedup.datasketch_scheme import from_lean_bytes, permutations, to_lean_bytes
from crawlsieve.dedup.minhash import MinHash
from crawlsieve.dedup.shingles import Shingles


def signatures(minhash, seed=0):
    hashes = np.random.default_rng(seed).integers(0, 2**64 - 1, 300, np.uint64)
    return minhash.signatures(Shingles(np.array([0, 100, 100, 300]), hashes))


SKETCHES = [MinHash(), MinHash(7, seed=2**32 - 1), MinHash(33, seed=5, scheme="affine64")]
each_sketch = pytest.mark.parametrize("minhash", SKETCHES)
each_form = pytest.mark.parametrize(("packed", "order"), [(False, "@"), (True, "<")])


@each_sketch
def test_permutations_are_theirs(minhash):
    found = permutations(minhash.permutations, minhash.seed, minhash.scheme)

    expected = Theirs(minhash.permutations, minhash.seed, scheme=minhash.scheme).permutations
    assert [each.tolist() for each in found] == [each.tolist() for each in expected]


@each_sketch
def test_rows_are_hash_values_there_and_back(minhash):
    rows = signatures(minhash)

    sketches = [Theirs(seed=minhash.seed, hashvalues=row, scheme=minhash.scheme) for row in rows]
    back = np.stack([sketch.hashvalues for sketch in sketches])

    assert back.dtype == rows.dtype
    assert back.tolist() == rows.tolist()
    assert [sketch.is_empty() for sketch in sketches] == [False, True, False]


@each_sketch
@each_form
def test_we_write_what_they_read(minhash, packed, order):
    rows = signatures(minhash)

    for row, written in zip(rows, to_lean_bytes(rows, minhash.seed, packed=packed), strict=True):
        sketch = LeanMinHash.deserialize(bytearray(written.tobytes()), order)
        assert (sketch.seed, sketch.scheme) == (minhash.seed, minhash.scheme)
        assert sketch.hashvalues.tolist() == row.tolist()
        assert sketch.bytesize(order) == len(written)


@each_sketch
@each_form
def test_we_read_what_they_write(minhash, packed, order):
    rows = signatures(minhash)
    written = []
    for row in rows:
        sketch = LeanMinHash(seed=minhash.seed, hashvalues=row, scheme=minhash.scheme)
        written.append(bytearray(sketch.bytesize(order)))
        sketch.serialize(written[-1], order)

    found, seed = from_lean_bytes(np.array(written, np.uint8), packed=packed)

    assert seed == minhash.seed
    assert found.dtype == rows.dtype
    assert found.tolist() == rows.tolist()


def test_sketches_of_several_kinds_are_refused():
    left, right = (to_lean_bytes(signatures(MinHash(8)), seed) for seed in (1, 2))

    with pytest.raises(ValueError, match="one seed, scheme and number"):
        from_lean_bytes(np.concatenate([left, right]))
    with pytest.raises(ValueError, match="one at least"):
        from_lean_bytes(left[:0])


def test_sketches_of_the_old_scheme_are_refused():
    old = LeanMinHash(Theirs(8, scheme="legacy"))
    written = bytearray(old.bytesize())
    old.serialize(written)

    with pytest.raises(ValueError, match="legacy"):
        from_lean_bytes(np.array([written], np.uint8))


def test_rows_that_are_cut_off_are_refused():
    with pytest.raises(ValueError, match="8 values of affine32 do not fit into rows of 40 bytes"):
        from_lean_bytes(to_lean_bytes(signatures(MinHash(8)), 1)[:, :40])
