"""`extract`: pages of HTML and plain text to their main text.

`Extract` comes on demand: the child process imports this package too, and needs neither pyarrow nor numba.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawlsieve.stages.extract.step import Extract

__all__ = ["Extract"]


def __getattr__(name: str) -> object:
    if name == "Extract":
        return import_module("crawlsieve.stages.extract.step").Extract
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
