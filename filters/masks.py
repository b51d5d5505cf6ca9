"""Which of 64 bytes are of a kind, as the bits of one number, the lowest for the first byte. Compiled.

No loop says "compare 64 bytes" in a way that LLVM sees, so these calls hand it the comparison of a vector. It becomes
what the processor has: one instruction with AVX-512, two with AVX2, four with SSE2 or NEON. As all that reads several
bytes at once, they take a processor that puts the lowest byte first.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # has no types
from numba.core import types
from numba.cpython.unsafe.numbers import trailing_zeros

from crawlsieve.kernel import generated

WIDTH = 64
"""Bytes of a window: the bits of a number."""
NONE, ONE, TWO, THREE, ALL = (np.uint64(value) for value in (0, 1, 2, 3, 2**64 - 1))

_BYTE, _INT, _LONG = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_BYTES, _BITS = ir.VectorType(_BYTE, WIDTH), ir.VectorType(ir.IntType(1), WIDTH)
_ZEROS = ir.Constant(_BYTES, [0] * WIDTH)

Untyped = Any
"""Types, values and builders of Numba and LLVM, which mypy knows too little of."""


def _within(_: Untyped, data: Untyped, i: Untyped, low: Untyped, high: Untyped) -> Untyped:
    def write(context: Untyped, builder: Untyped, signature: Untyped, given: Untyped) -> Untyped:
        found = builder.load(_place(context, builder, signature, given, _BYTES), align=1)
        lowest, highest = _everywhere(builder, given[2]), _everywhere(builder, given[3])
        inside = builder.icmp_unsigned("<=", builder.sub(found, lowest), builder.sub(highest, lowest))
        return builder.bitcast(inside, _LONG)

    return types.uint64(data, i, low, high), write


within: Callable[[np.ndarray, int, int, int], np.uint64] = generated(_within)
"""within(data, i, low, high): which of the 64 bytes of uint8[m] from i on are from `low` to `high`; i + 64 <= m."""


def _has(_: Untyped, data: Untyped, i: Untyped, bits: Untyped) -> Untyped:
    def write(context: Untyped, builder: Untyped, signature: Untyped, given: Untyped) -> Untyped:
        found = builder.load(_place(context, builder, signature, given, _BYTES), align=1)
        common = builder.and_(found, _everywhere(builder, given[2]))
        return builder.bitcast(builder.icmp_unsigned("!=", common, _ZEROS), _LONG)

    return types.uint64(data, i, bits), write


has: Callable[[np.ndarray, int, int], np.uint64] = generated(_has)
"""has(data, i, bits): which of the 64 bytes of uint8[m] from i on have one of these bits; i + 64 <= m."""


def _mark(_: Untyped, out: Untyped, i: Untyped, marks: Untyped) -> Untyped:
    def write(context: Untyped, builder: Untyped, signature: Untyped, given: Untyped) -> Untyped:
        marked = _ZEROS
        for pair in (builder.extract_value(given[2], k) for k in range(len(signature.args[2]))):
            mask, value = (builder.extract_value(pair, k) for k in range(2))
            chosen = builder.select(builder.bitcast(mask, _BITS), _everywhere(builder, value), _ZEROS)
            marked = builder.or_(marked, chosen)
        builder.store(marked, _place(context, builder, signature, given, _BYTES), align=1)
        return context.get_dummy_value()

    return types.void(out, i, marks), write


mark: Callable[[np.ndarray, int, tuple[tuple[np.uint64, int], ...]], None] = generated(_mark)
"""mark(out, i, ((mask, value), ...)): set each of the 64 bytes of uint8[m] from i on to the OR of the values whose mask
has its bit; i + 64 <= m."""


def _eight(_: Untyped, data: Untyped, i: Untyped) -> Untyped:
    def write(context: Untyped, builder: Untyped, signature: Untyped, given: Untyped) -> Untyped:
        return builder.load(_place(context, builder, signature, given, _LONG), align=1)

    return types.uint64(data, i), write


eight: Callable[[np.ndarray, int], np.uint64] = generated(_eight)
"""eight(data, i): the eight bytes of uint8[m] from i on, the first one lowest; i + 8 <= m."""


def _either(_: Untyped, condition: Untyped, yes: Untyped, no: Untyped) -> Untyped:
    def write(_: Untyped, builder: Untyped, __: Untyped, given: Untyped) -> Untyped:
        chosen = builder.select(*given)
        chosen.set_metadata("unpredictable", builder.module.add_metadata([]))
        return chosen

    return types.uint64(condition, yes, no), write


either: Callable[[bool | np.bool_, np.uint64, np.uint64], np.uint64] = generated(_either)
"""either(condition, yes, no): both are computed, and LLVM is told not to make it a branch."""


def _ones(_: Untyped, marks: Untyped) -> Untyped:
    def write(_: Untyped, builder: Untyped, __: Untyped, given: Untyped) -> Untyped:
        return builder.ctpop(given[0])

    return types.uint64(marks), write


ones: Callable[[np.uint64], np.uint64] = generated(_ones)
"""How many bits are set."""

zeros_below = cast("Callable[[np.uint64], np.uint64]", trailing_zeros)
"""How many bits are below the lowest one that is set; 64 if none is."""


def _place(context: Untyped, builder: Untyped, signature: Untyped, given: Untyped, kind: Untyped) -> Untyped:
    """Pointer to what stands in the first argument, an array of bytes, from the second on."""
    first = context.make_array(signature.args[0])(context, builder, given[0]).data
    return builder.bitcast(builder.gep(first, [given[1]]), kind.as_pointer())


def _everywhere(builder: Untyped, value: Untyped) -> Untyped:
    """The lowest byte of a number, 64 times."""
    unset = ir.Constant(_BYTES, ir.Undefined)
    one = builder.insert_element(unset, builder.trunc(value, _BYTE), ir.Constant(_INT, 0))
    return builder.shuffle_vector(one, unset, ir.Constant(ir.VectorType(_INT, WIDTH), [0] * WIDTH))
