"""The process that extracts, so that a page can hang or crash without taking anything else with it.

`python -m crawlsieve.stages.extract.child OPTIONS` reads jobs from standard input and ends with it, also when its
parent is killed. It imports neither pyarrow nor numba.

A job is a header `<I` (bytes that follow) and a JSON list with (bytes, charset or null, whether it is HTML) of each
page; the pages themselves lie one behind the other in the file whose descriptor OPTIONS names. Every page is answered
at once, so that the parent knows where the child was when it ends: `<cI`, the kind and the length, and so many bytes of
UTF-8. Kinds: `t` text, `e` error; once, at the start, `+` ready or `-` why not. Nothing else reaches standard output.
"""

import json
import os
import resource
import signal
import struct
import sys
from typing import Any

from crawlsieve.stages.extract.decode import decode_page
from crawlsieve.stages.extract.engines import finish, load_engine, plain

JOB = struct.Struct("<I")
ANSWER = struct.Struct("<cI")
READY, NOT_READY, TEXT, ERROR = b"+", b"-", b"t", b"e"

WAIT_FACTOR = 10
"""A page may take so many times its CPU seconds by the clock: a child can also wait for what never comes."""
OUT_OF_MEMORY = 75
"""Exit status when Python itself found no memory; an engine in Rust or C aborts."""


def main() -> None:
    """Answer jobs until standard input ends."""
    options = json.loads(sys.argv[1])
    _limit(options)
    out = _own_output()
    try:
        engine, raises = load_engine(options["engine"], options["engine_options"])
    except ImportError as error:
        _answer(out, NOT_READY, str(error))
        return
    _answer(out, READY, "")
    while len(header := _read(0, JOB.size)) == JOB.size:
        place = 0
        for size, charset, is_html in json.loads(_read(0, JOB.unpack(header)[0])):
            data = os.pread(options["inbox"], size, place)
            place += size
            _watch(options["seconds"])
            try:
                text = decode_page(data, charset, is_html=is_html)
                kind, answer = TEXT, finish(engine(text) if is_html else plain(text))
            except MemoryError:
                os._exit(OUT_OF_MEMORY)
            except raises as error:
                kind, answer = ERROR, type(error).__name__
            _answer(out, kind, answer)
        _watch(0)


def _limit(options: dict[str, Any]) -> None:
    """Bound this process; what happens to its parent reaches it through standard input only."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere the limit is not kept, or cannot be set
        resource.setrlimit(resource.RLIMIT_AS, (options["memory"], options["memory"]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _watch(seconds: float) -> None:
    """Let the kernel end this process after so many seconds of CPU from now on; 0: no more."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * WAIT_FACTOR)


def _own_output() -> int:
    """A descriptor for answers only; what a library prints to standard output goes where its errors go."""
    out = os.dup(1)
    os.dup2(2, 1)
    return out


def _answer(out: int, kind: bytes, text: str) -> None:
    data = text.encode()
    left = memoryview(ANSWER.pack(kind, len(data)) + data)
    while left:
        left = left[os.write(out, left) :]


def _read(file: int, size: int) -> bytes:
    """`size` bytes, fewer only at the end."""
    parts = []
    while size and (part := os.read(file, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


if __name__ == "__main__":
    main()
