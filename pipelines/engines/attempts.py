"""One attempt at a task, and what it came to: rows, a verdict about the input, or a failure that may pass."""

import errno
import traceback
from dataclasses import dataclass
from typing import Protocol

from crawlsieve.pipelines.engines.engine import Watch
from crawlsieve.stages.errors import CrawlsieveError

ATTEMPTS = 3
"""How often a task is begun before the run gives up."""

_STANDING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT})
"""What a machine refuses, and will refuse again until somebody does something about it."""


class Task(Protocol):
    """What a worker can run: it gives the rows of the plan's last table to `yields`."""

    @property
    def number(self) -> int:
        """Its place among the tasks."""

    @property
    def name(self) -> str:
        """What a message calls it."""

    def __call__(self, yields: Watch) -> None:
        """Run it."""


@dataclass(frozen=True)
class Failure:
    """Why an attempt at a task came to nothing, which says nothing about the input."""

    why: str
    lost: bool = False
    """Whether the process is gone."""
    reported: bool = False
    """Whether a stack trace was printed: it looks like a mistake in the code."""

    def last(self, task: str) -> CrawlsieveError:
        """What the run ends with."""
        advice = ". Finished shards are kept: run again, with fewer --workers" if self.lost else ""
        report = "; its report is above" if self.reported else ""
        return CrawlsieveError(f"{task}: {self.why}, {ATTEMPTS} times{report}{advice}")


def attempt(task: Task, yields: Watch) -> Failure | None:
    """Run a task once.

    Raises:
        CrawlsieveError: a verdict, which another attempt would not change.
    """
    try:
        task(yields)
    except Exception as error:  # noqa: BLE001 - whatever a task may raise
        return failed(error, task.name)
    return None


def failed(error: Exception, task: str) -> Failure:
    """What an exception that a task raised comes to.

    Raises:
        CrawlsieveError: a verdict, which another attempt would not change.
    """
    if isinstance(error, CrawlsieveError):
        raise error
    if isinstance(error, OSError):
        why = f"{error.strerror or error} {error.filename or ''}".strip()
        if error.errno in _STANDING:
            raise CrawlsieveError(f"{task}: {why}") from error
        return Failure(why)
    traceback.print_exception(error)
    return Failure(f"{type(error).__name__}: {error}", reported=True)
