"""How the kernels of this folder are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])

_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "_nrt": False}


def kernel(function: F) -> F:
    """Compile without the interpreter's lock, once per machine (the result is cached on disk).

    Numba's memory manager is off: a kernel gets its arrays from outside and allocates none. With the manager on, each
    call between kernels counts references to each array atomically, which took half of the time of the line rules.
    """
    return cast(F, njit(**_OPTIONS)(function))


def inlined(function: F) -> F:
    """Like `kernel`, and always compiled into its callers."""
    return cast(F, njit(inline="always", **_OPTIONS)(function))
