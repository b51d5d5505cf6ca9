"""One stream over connections that break: which faults pass, which do not, and what is counted."""

import errno
import hashlib
import io
import sys
import threading
import types
from typing import ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from crawlsieve.stages.errors import SourceError, UnreachableError
from crawlsieve.stages.read import Input, Source, open_input, stored, survey
from crawlsieve.stages.read.places import failures, pause_asked
from crawlsieve.stages.read.stored import Stored, plainly
from tests.warcs import gzipped, record

CONTENT = bytes(range(256)) * 4000


class HttpError(Exception):
    """As gcsfs has it: the status is called code."""

    def __init__(self, code):
        super().__init__(f"{code}")
        self.code = code


FileExpired = type("FileExpired", (OSError,), {})  # as s3fs has it


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (ConnectionResetError(), 0.0),
        (TimeoutError(), 0.0),
        (OSError(errno.EBUSY, "SlowDown"), 0.0),
        (OSError(errno.EIO, "x"), 0.0),
        (HttpError(503), 0.0),
        (HttpError(429), 0.0),
        (HttpError(404), None),
        (FileNotFoundError(), None),
        (PermissionError(), None),
        (IsADirectoryError(), None),
        (OSError(errno.EINVAL, "InvalidRequest"), None),
        (FileExpired(), None),
    ],
)
def test_passing_faults_are_told_from_lasting_ones(error, pause):
    assert pause_asked(error) == pause


def test_googles_errors_are_expected_from_google(monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", types.ModuleType("gcsfs"))
    monkeypatch.setitem(sys.modules, "gcsfs.retry", types.SimpleNamespace(HttpError=HttpError))

    assert HttpError in failures.__wrapped__("gs")


def test_a_fault_is_told_in_one_line():
    assert plainly(ConnectionError("a\nb")) == "ConnectionError a b"
    assert plainly(HttpError(403)) == "HTTP 403"
    assert plainly(FileNotFoundError("x")) == "not found"
    assert plainly(FileExpired()).startswith("changed while the run was reading it")


class Flaky(MemoryFileSystem):
    """A store whose reads fail, or end early, as `faults` says."""

    protocol = "flaky"
    cachable = False
    faults: ClassVar[list] = []

    def open(self, *_, **__):
        faults = self.faults

        class File(io.BytesIO):
            size = len(CONTENT)
            details: ClassVar[dict] = {"ETag": "1"}

            def read(self, size=-1):
                fault = faults.pop(0) if faults else None
                if isinstance(fault, Exception):
                    raise fault
                return super().read(size if fault is None else fault)

        return File(CONTENT)


@pytest.fixture
def flaky(monkeypatch):
    fsspec.register_implementation("flaky", Flaky, clobber=True)
    faults = []
    monkeypatch.setattr(Flaky, "faults", faults)
    return faults


SIZE = len(CONTENT)


def item(size=SIZE, version="1"):
    return Input(path="flaky://a", format="warc", size=size, version=version)


def everything(file):
    return b"".join(iter(lambda: file.read(100_000), b""))


@pytest.mark.usefixtures("pauses")
def test_reads_that_fail_or_end_early_are_repeated_where_they_stood(flaky):
    flaky += [1000, ConnectionResetError(), 0, 5000, OSError(errno.EBUSY, "SlowDown"), TimeoutError()]

    with Stored(item(), Source(paths=("x",))) as file:
        assert everything(file) == CONTENT
        assert (file.retries, file.bytes_read) == (4, len(CONTENT))
        assert file.sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_what_is_read_twice_is_hashed_once(flaky):
    with Stored(item(), Source(paths=("x",))) as file:
        assert file.peek() == CONTENT[: len(file.peek())]
        assert file.read(10) == CONTENT[:10]
        file.seek(5)
        assert file.read(10) == CONTENT[5:15]
        assert file.sha256 is None
        file.seek(0)
        assert everything(file) == CONTENT
        assert file.sha256 == hashlib.sha256(CONTENT).hexdigest()
        assert file.bytes_read > len(CONTENT)
    assert flaky == []


def test_a_jump_leaves_the_hash_open(flaky):
    with Stored(item(), Source(paths=("x",))) as file:
        assert file.seek(-10, io.SEEK_END) == len(CONTENT) - 10
        assert file.seek(1, io.SEEK_CUR) == file.tell()
        assert everything(file) == CONTENT[-9:]
        assert file.sha256 is None
    assert flaky == []


def test_without_a_size_the_end_is_not_known_before(site):
    site.tells_size = False
    unsized = Input(path=site.put("a", b"x" * 200_000), format="warc", size=None, version="")

    with (
        Stored(unsized, Source(paths=("x",))) as file,
        pytest.raises(SourceError, match="does not say how long the file is"),
    ):
        file.seek(0, io.SEEK_END)


@pytest.mark.usefixtures("flaky")
def test_the_first_answer_may_tell_the_size():
    with Stored(item(size=None), Source(paths=("x",))) as file:
        assert file.seek(-1, io.SEEK_END) == len(CONTENT) - 1
        assert file.read(9) == CONTENT[-1:]


@pytest.mark.parametrize(("fault", "kind"), [(FileExpired(), SourceError), (PermissionError(), UnreachableError)])
def test_a_file_that_was_replaced_is_not_unreachable(flaky, fault, kind):
    flaky.append(fault)

    with Stored(item(), Source(paths=("x",))) as file, pytest.raises(SourceError) as caught:
        file.read(1)
    assert type(caught.value) is kind


@pytest.mark.usefixtures("flaky")
def test_another_version_is_another_file():
    with (
        Stored(item(version="2"), Source(paths=("x",))) as file,
        pytest.raises(SourceError, match="changed while the run was reading it"),
    ):
        file.read(1)


def test_lasting_faults_are_not_repeated(flaky, pauses):
    flaky += [PermissionError("no")]

    with (
        Stored(item(), Source(paths=("x",))) as file,
        pytest.raises(SourceError, match="flaky://a: PermissionError no"),
    ):
        file.read(1)
    assert pauses == []


def test_a_local_file_is_never_asked_twice(tmp_path, monkeypatch, pauses):
    path = tmp_path / "a.warc"
    path.write_bytes(record(0))
    [local] = survey(Source(paths=(str(path),)))

    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(stored, "open_at", broken)
    with pytest.raises(SourceError, match=r"a\.warc: OSError \[Errno 5\] Input/output error"):
        list(open_input(local, 0, Source(paths=("x",))))
    assert pauses == []


def test_a_host_has_only_so_many_connections(site):
    paths = tuple(site.put(f"{number}.warc.gz", gzipped(record(number))) for number in range(2))
    source = Source(paths=paths, connections_per_host=1)
    first, second = survey(source)
    said = []

    def read_the_second():
        with Stored(second, source) as two:
            said.append(two.read(1))

    waiting = threading.Thread(target=read_the_second, daemon=True)
    with Stored(first, source) as one:
        one.read(1)
        waiting.start()
        waiting.join(0.2)
        assert said == []
    waiting.join(20)
    assert said == [b"\x1f"]


def test_waiting_for_another_reader_has_no_limit(site, monkeypatch):
    class Busy:
        """Given back in a year."""

        def acquire(self, *, timeout=None):
            return timeout is None

        def release(self):
            pass

    monkeypatch.setattr(stored, "slot", lambda *_: Busy())
    source = Source(paths=(site.put("a.warc.gz", gzipped(record(1))),))

    with Stored(survey(source)[0], source) as file:
        assert file.read(1)


def test_readers_in_threads_share_the_connections(site):
    paths = tuple(site.put(f"{number}.warc.gz", gzipped(record(number)) * 3000) for number in range(6))
    source = Source(paths=paths, connections_per_host=2)
    inputs = survey(source)
    counted = []

    def read(each):
        counted.append(sum(len(batch) for batch in open_input(each, 0, source)))

    threads = [threading.Thread(target=read, args=(each,)) for each in inputs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counted == [3000] * 6
    assert site.open_most <= 2
