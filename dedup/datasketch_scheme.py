"""The permutations of datasketch 2.0.0 (`datasketch/minhash.py`), and its serialised form, without importing it.

A permutation takes a token t to a * fmix(t) + b modulo 2**w, with a odd, w 32 or 64, and fmix the finaliser of
MurmurHash3. It is a bijection, 2-universal but not provably min-wise independent: that the estimate is unbiased is
measured, by datasketch and by our tests.

A row of our signatures is the `hashvalues` of datasketch's sketch of the same tokens: with m = MinHash(...),

    sketch = datasketch.MinHash(seed=m.seed, hashvalues=row, scheme=m.scheme)      # or LeanMinHash(...)
    rows = numpy.stack([sketch.hashvalues for sketch in sketches])                 # and back

if datasketch was given the tokens themselves: `update_batch(tokens)` with `hashfunc=int`. datasketch's own default
hashes words with SHA-1, so sketches that it made of text are comparable among themselves only.
"""

from functools import cache
from typing import Literal

import numpy as np

Scheme = Literal["affine32", "affine64"]
SCHEMES: dict[str, type[np.uint32 | np.uint64]] = {"affine32": np.uint32, "affine64": np.uint64}
"""Type of tokens and signatures of each scheme."""

_CODES = {"affine32": 1, "affine64": 2}
_ALIGNED, _PACKED = 16, 13
"""Bytes before the values: int64 seed, int32 minus the number of values, uint8 scheme, and padding in native form."""


@cache
def permutations(count: int, seed: int, scheme: str) -> tuple[np.ndarray, np.ndarray]:
    """(a, b), each uint32[count] or uint64[count], read only: as `datasketch.MinHash(count, seed, scheme=scheme)` has.

    The generator is NumPy's legacy one, whose stream NumPy has frozen (NEP 19).
    """
    kind = SCHEMES[scheme]
    width = 8 * np.dtype(kind).itemsize
    generator = np.random.RandomState(seed)
    a = generator.randint(0, 1 << (width - 1), count, dtype=kind) * kind(2) + kind(1)
    b = generator.randint(0, 1 << width, count, dtype=kind)
    for each in (a, b):
        each.setflags(write=False)
    return a, b


def to_lean_bytes(signatures: np.ndarray, seed: int, *, packed: bool = False) -> np.ndarray:
    """Rows for `LeanMinHash.deserialize`.

    Args:
        signatures: uint32[n, K] (affine32) or uint64[n, K] (affine64).
        seed: of the permutations.
        packed: little-endian without padding, for `deserialize(row, byteorder="<")`; otherwise as `deserialize(row)`
            takes it on a little-endian machine.

    Returns:
        uint8[n, 16 + 4 K or 16 + 8 K], 3 bytes less if packed.
    """
    scheme = next(name for name, kind in SCHEMES.items() if signatures.dtype == kind)
    head = np.zeros(_ALIGNED, np.uint8)
    head[:8] = np.array([seed], "<i8").view(np.uint8)
    head[8:12] = np.array([-signatures.shape[1]], "<i4").view(np.uint8)
    head[12] = _CODES[scheme]
    values = signatures.astype(signatures.dtype.newbyteorder("<")).view(np.uint8)
    heads = np.broadcast_to(head[: _PACKED if packed else _ALIGNED], (len(signatures), _PACKED if packed else _ALIGNED))
    return np.hstack([heads, values])


def from_lean_bytes(rows: np.ndarray, *, packed: bool = False) -> tuple[np.ndarray, int]:
    """What `LeanMinHash.serialize` has written, one sketch a row.

    Args:
        rows: uint8[n, size], n >= 1, one seed, scheme and number of values for all.
        packed: as in `to_lean_bytes`.

    Returns:
        (uint32[n, K] or uint64[n, K], seed).

    Raises:
        ValueError: the rows are of different seeds, schemes or numbers, or of datasketch's old scheme "legacy".
    """
    begin = _PACKED if packed else _ALIGNED
    if len(rows) == 0 or (rows[:, :_PACKED] != rows[0, :_PACKED]).any():
        raise ValueError("sketches of one seed, scheme and number of permutations are needed, and one at least")
    seed, count = int(rows[0, :8].copy().view("<i8")[0]), -int(rows[0, 8:12].copy().view("<i4")[0])
    scheme = next((name for name, code in _CODES.items() if code == rows[0, 12]), None)
    if count < 1 or scheme is None:
        raise ValueError("datasketch's scheme 'legacy' is biased on large sets; make the sketches anew")
    kind = np.dtype(SCHEMES[scheme])
    if rows.shape[1] < begin + count * kind.itemsize:
        raise ValueError(f"{count} values of {scheme} do not fit into rows of {rows.shape[1]} bytes")
    values = np.ascontiguousarray(rows[:, begin : begin + count * kind.itemsize])
    return values.view(kind.newbyteorder("<")).astype(kind), seed
