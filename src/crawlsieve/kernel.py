"""How loops over arrays are compiled: the one place that asks Numba, for `filters/` and `dedup/`."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., object])

_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "_nrt": False}
_MARK = b"crawlsieve.kernel import"


def kernel(function: F) -> F:
    """Compile without the interpreter's lock, once per machine (the result is cached on disk).

    Numba's memory manager is off: a kernel gets its arrays from outside and allocates none. With the manager on, each
    call between kernels counts references to each array atomically, which took half of the time of the line rules.
    """
    return cast(F, _stamped(njit(**_OPTIONS)(function)))


def inlined(function: F) -> F:
    """Like `kernel`, and always compiled into its callers."""
    return cast(F, _stamped(njit(inline="always", **_OPTIONS)(function)))


def generated(code: Callable[..., object]) -> Any:  # noqa: ANN401 (what it takes and gives stands where it is called)
    """A call for kernels that `code` writes in LLVM's instructions, where no loop would be compiled to them.

    `code` is what `numba.extending.intrinsic` takes.
    """
    return intrinsic(code)


def _stamped(compiled: Any) -> Any:  # noqa: ANN401 (Numba's classes have no types)
    """The same, cached for as long as no file of kernels in its folder changes.

    Numba looks only at the file that a kernel stands in. Kernels and constants of other files are compiled into it:
    after an edit, or an upgrade of the package, it would run what they were.
    """
    index = compiled._cache._cache_file  # noqa: SLF001 (there is no public way to the stamp)
    folder = Path(compiled.py_func.__code__.co_filename).parent
    index._source_stamp = (index._source_stamp, _sources(folder))  # noqa: SLF001
    return compiled


@cache
def _sources(folder: Path) -> str:
    """Digest of this file and of the files of the folder that have kernels; no kernel calls another folder's."""
    digest = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=16)
    for path in sorted(folder.glob("*.py")):
        source = path.read_bytes()
        if _MARK in source:
            digest.update(path.name.encode() + b"\0" + source + b"\0")
    return digest.hexdigest()
