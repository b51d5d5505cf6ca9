"""Beam is imported here first, without its warnings about parts that nobody asked for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_OPTIONAL = "apache_beam.io.filesystems"
"""Warns of Google's file system where packages of Google are installed, but not those of Cloud Storage."""


def _wanted(record: logging.LogRecord) -> bool:
    return "apitools not found" not in record.getMessage()


@contextmanager
def quiet() -> Iterator[None]:
    """For the length of an import of Beam."""
    root, none = logging.getLogger(), logging.NullHandler()
    logging.getLogger(_OPTIONAL).setLevel(logging.ERROR)
    root.addFilter(_wanted)
    root.addHandler(none)  # else the first warning, though filtered, sets up the root logger for the whole process
    try:
        yield
    finally:
        root.removeHandler(none)
        root.removeFilter(_wanted)
