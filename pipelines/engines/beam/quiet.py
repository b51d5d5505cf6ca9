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
    logging.getLogger(_OPTIONAL).setLevel(logging.ERROR)
    logging.getLogger().addFilter(_wanted)
    try:
        yield
    finally:
        logging.getLogger().removeFilter(_wanted)
