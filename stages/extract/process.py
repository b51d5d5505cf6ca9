"""The parent's side of `child`: one child per process and options, started when needed, again when it died."""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from selectors import EVENT_READ, DefaultSelector
from typing import IO, cast

from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.extract.child import ANSWER, ERROR, JOB, NOT_READY, OUT_OF_MEMORY, READY, TEXT, WAIT_FACTOR

WATCHDOG = "extract_watchdog"
CRASHED = "extract_crashed"
"""Kinds of failure that another machine, or another day, need not show."""

STARTS_WITHIN = 300.0
"""Seconds in which a child has to be ready: imports from a slow disk that many processes share may take one."""

_CHUNK = 16 << 20  # bytes of pages that are handed over at once


class _NonsenseError(Exception):
    """The child says what is no answer."""


@dataclass(frozen=True)
class Page:
    """A page to extract."""

    data: memoryview
    charset: str | None
    is_html: bool


@dataclass(frozen=True)
class Failure:
    """Why a page has no text.

    Attributes:
        error: kind, a colon, and what is known.
        again: whether the page may not be to blame, and deserves a second try in a fresh process.
    """

    error: str
    again: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Settings:
    """What a child is started with.

    Attributes:
        engine: its name.
        engine_options: (name, value) pairs.
        seconds: CPU time that a page may take.
        memory: bytes of address space of the child.
    """

    engine: str
    engine_options: tuple[tuple[str, bool | str], ...]
    seconds: float
    memory: int


class Extractor:
    """Hands pages to a child process and survives it. Threads take turns."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None
        self._inbox = _anonymous_file()
        self._lock = threading.Lock()

    def extract(self, pages: Sequence[Page]) -> list[bytes | Failure]:
        """The text of each page in UTF-8, empty where it has none, or why it could not be had.

        A page on which the child crashes, or does not answer, is tried once more in a fresh one: pages before it may be
        to blame, or somebody who stopped all processes for a while.

        Raises:
            CrawlsieveError: no child can be started.
        """
        done: list[bytes | Failure] = []
        tried = -1
        with self._lock:
            while len(done) < len(pages):
                answers, end = self._ask(_chunk(pages, len(done)))
                done += answers
                if end is None:
                    continue
                if tried == len(done) or not end.again:
                    done.append(end)
                else:
                    tried = len(done)
        return done

    def close(self) -> None:
        """End the child, if there is one, and the file."""
        if self._child is not None:
            self._child.kill()
            self._bury(self._child)
            self._child = None
        os.close(self._inbox)

    def _ask(self, pages: Sequence[Page]) -> tuple[list[bytes | Failure], Failure | None]:
        """The answers about the first pages, and how the child ended, if it did before the last."""
        child = self._child or self._start()
        self._child = None
        answers: list[bytes | Failure] = []
        try:
            self._hand_over(child, pages)
            while len(answers) < len(pages):
                kind, answer = _read_answer(child, (TEXT, ERROR))
                answers.append(answer if kind == TEXT else Failure(f"extract_error: {answer.decode()}"))
            self._child = child
        except (BrokenPipeError, EOFError):
            return answers, self._bury(child)
        except _NonsenseError:
            return answers, Failure(f"{CRASHED}: nonsense in its answers", again=True)
        finally:
            if self._child is None and child.returncode is None:  # interrupted: nobody knows what it will say next
                child.kill()
                self._bury(child)
        return answers, None

    def _hand_over(self, child: subprocess.Popen[bytes], pages: Sequence[Page]) -> None:
        place = 0
        for page in pages:
            left = page.data
            while left:
                written = os.pwrite(self._inbox, left, place)
                left, place = left[written:], place + written
        job = json.dumps([(len(page.data), page.charset, page.is_html) for page in pages]).encode()
        told, _ = _pipes(child)
        told.write(JOB.pack(len(job)) + job)
        told.flush()

    def _start(self) -> subprocess.Popen[bytes]:
        settings = self._settings
        options = {
            "engine": settings.engine,
            "engine_options": dict(settings.engine_options),
            "seconds": settings.seconds,
            "memory": settings.memory,
            "inbox": self._inbox,
        }
        child = subprocess.Popen(  # noqa: S603 - this program itself
            # -P: no module is taken from the current directory
            [sys.executable, "-P", "-m", "crawlsieve.stages.extract.child", json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libraries quote pages in their messages
            pass_fds=(self._inbox,),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        problem = self._why_not_ready(child)
        if problem:
            raise CrawlsieveError(f"extract: {problem}")
        return child

    def _why_not_ready(self, child: subprocess.Popen[bytes]) -> str:
        """Wait for the child; why it cannot be used, in which case it is gone, and empty if it can."""
        try:
            kind, answer = _read_first_answer(child)
        except EOFError:
            how = self._bury(child).error
        except (TimeoutError, _NonsenseError) as error:
            how = str(error)
            child.kill()
            self._bury(child)
        else:
            if kind == READY:
                return ""
            self._bury(child)
            return answer.decode()
        see = f"{sys.executable} -m crawlsieve.stages.extract.child"
        return f"the process that extracts does not start ({how}); see `{see}`"

    def _bury(self, child: subprocess.Popen[bytes]) -> Failure:
        """Wait for the end of a child that has ended its output, and say how it came."""
        with suppress(BrokenPipeError):  # of what it did not read
            _pipes(child)[0].close()
        _pipes(child)[1].close()
        status = child.wait()
        seconds = self._settings.seconds
        if status == -signal.SIGPROF:
            return Failure(f"{WATCHDOG}: {seconds:g} s of CPU time were not enough")
        if status == -signal.SIGALRM:
            return Failure(f"{WATCHDOG}: no answer after {seconds * WAIT_FACTOR:g} s", again=True)
        if status == OUT_OF_MEMORY:
            return Failure(f"{CRASHED}: out of memory", again=True)
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return Failure(f"{CRASHED}: {how}", again=True)


def extractor(settings: Settings) -> Extractor:
    """The extractor of this process: one for all steps with these settings."""
    key = os.getpid(), settings
    with _STARTING:
        if key not in _EXTRACTORS:
            _EXTRACTORS[key] = Extractor(settings)
        return _EXTRACTORS[key]


def close_extractors() -> None:
    """End the children of this process."""
    with _STARTING:
        for key in [key for key in _EXTRACTORS if key[0] == os.getpid()]:
            _EXTRACTORS.pop(key).close()


_EXTRACTORS: dict[tuple[int, Settings], Extractor] = {}
_STARTING = threading.Lock()
atexit.register(close_extractors)


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """Its standard input and output."""
    return cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)


def _read_first_answer(child: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Like `_read_answer`, for whether it is ready. TimeoutError: it does not say so in time."""
    with DefaultSelector() as selector:
        selector.register(_pipes(child)[1], EVENT_READ)
        if not selector.select(STARTS_WITHIN):
            raise TimeoutError(f"no answer after {STARTS_WITHIN:g} s")
    return _read_answer(child, (READY, NOT_READY))


def _read_answer(child: subprocess.Popen[bytes], kinds: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    """(kind, text). EOFError: the child ended before it had said all."""
    _, said = _pipes(child)
    header = said.read(ANSWER.size)
    if len(header) < ANSWER.size:
        raise EOFError
    kind, size = ANSWER.unpack(header)
    if kind not in kinds:  # the size means nothing either: who waits for so many bytes may wait for ever
        raise _NonsenseError(f"{kind!r} in place of an answer")
    answer = said.read(size)
    if len(answer) < size:
        raise EOFError
    return kind, answer


def _chunk(pages: Sequence[Page], first: int) -> Sequence[Page]:
    """The next pages to hand over at once: at least one."""
    size, last = len(pages[first].data), first + 1
    while last < len(pages) and size + len(pages[last].data) <= _CHUNK:
        size += len(pages[last].data)
        last += 1
    return pages[first:last]


def _anonymous_file() -> int:
    """Descriptor of a file in memory, which goes away with its last process; on disk where the system has no such."""
    if sys.platform == "linux":
        return os.memfd_create("crawlsieve-pages")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
