"""Engines that find the main text of a page: characters of HTML in, text out. They run in the child process."""

import inspect
import logging
import unicodedata
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

Engine = Callable[[str], str]


def load_engine(name: str, options: dict[str, Any]) -> tuple[Engine, tuple[type[Exception], ...]]:
    """(the engine, what it raises on a page that it cannot do).

    Args:
        name: resiliparse or trafilatura.
        options: fields of `Extract` that are this engine's.

    Raises:
        ImportError: its package is not installed.
    """
    return (_resiliparse if name == "resiliparse" else _trafilatura)(options)


def finish(text: str) -> str:
    """Composed (NFC), without white space around it, and such that it fits into UTF-8."""
    text = unicodedata.normalize("NFC", text).strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def plain(text: str) -> str:
    """A text/plain page: as browsers show it, line ends are LF and NUL is U+FFFD."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _resiliparse(options: dict[str, Any]) -> tuple[Engine, tuple[type[Exception], ...]]:
    extract = import_module("resiliparse.extract.html2text").extract_plain_text
    raises = import_module("resiliparse.parse.html").HTMLParserException
    return partial(extract, preserve_formatting=True, **options), (raises, ValueError)


def _trafilatura(options: dict[str, Any]) -> tuple[Engine, tuple[type[Exception], ...]]:
    """Trafilatura 1 or 2. `deduplicate` stays off: its cache outlives a page, so the order of pages would show."""
    trafilatura, etree = import_module("trafilatura"), import_module("lxml.etree")
    logging.disable(logging.CRITICAL)  # its messages quote pages
    known = inspect.signature(trafilatura.extract).parameters
    fast = "fast" if "fast" in known else "no_fallback"
    extract = partial(
        trafilatura.extract,
        deduplicate=False,
        include_comments=options["comments"],
        include_tables=options["tables"],
        favor_precision=options["favor"] == "precision",
        favor_recall=options["favor"] == "recall",
        **{fast: options["fast"]},
    )
    raises = (
        etree.LxmlError,
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    )
    return lambda html: extract(html) or "", raises
