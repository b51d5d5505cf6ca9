"""The child's loop, run in this process: what it reads and answers."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile

import pytest

from crawlsieve.stages import extract
from crawlsieve.stages.extract import child, step
from crawlsieve.stages.extract.child import ANSWER, JOB, main

OUT = 1_000_000


class Pipes:
    """Standard input and output of a process that is not there; a write takes 7 bytes at most."""

    def __init__(self, told):
        self.told, self.said = io.BytesIO(told), b""
        self._read, self._write = os.read, os.write

    def read(self, file, size):
        return self.told.read(min(size, 5)) if file == 0 else self._read(file, size)

    def write(self, file, data):
        if file != OUT:
            return self._write(file, data)
        self.said += bytes(data[:7])
        return min(len(data), 7)


@pytest.fixture
def run(monkeypatch):
    """Run the child on pages; returns its answers, (kind, text) each."""

    def run(*pages, engine="resiliparse", engine_options=None, cut=0):
        job = json.dumps([(len(data), charset, is_html) for data, charset, is_html in pages]).encode()
        told = JOB.pack(len(job)) + job
        pipes = Pipes(told[: len(told) - cut])
        with tempfile.TemporaryFile() as inbox, monkeypatch.context() as patch:
            inbox.write(b"".join(data for data, _, _ in pages))
            inbox.flush()
            options = {
                "engine": engine,
                "engine_options": engine_options or {},
                "seconds": 60.0,
                "inbox": inbox.fileno(),
            }
            patch.setattr(sys, "argv", ["child", json.dumps(options)])
            patch.setattr(child, "_limit", lambda _: None)
            patch.setattr(child, "_own_output", lambda: OUT)
            patch.setattr(os, "read", pipes.read)
            patch.setattr(os, "write", pipes.write)
            main()
        return list(answers(pipes.said))

    return run


def answers(said):
    while said:
        kind, size = ANSWER.unpack_from(said)
        yield kind, said[ANSWER.size : ANSWER.size + size].decode()
        said = said[ANSWER.size + size :]


@pytest.mark.parametrize(("platform", "limited"), [("linux", True), ("darwin", False)])
def test_the_child_is_bounded_and_ends_with_its_input_only(monkeypatch, platform, limited):
    limits, handlers = {}, {}
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    monkeypatch.setattr(sys, "platform", platform)

    child._limit({"memory": 1_000})

    assert limits == {resource.RLIMIT_CORE: (0, 0)} | ({resource.RLIMIT_AS: (1_000, 1_000)} if limited else {})
    assert handlers == {
        signal.SIGINT: signal.SIG_IGN,
        signal.SIGPROF: signal.SIG_DFL,
        signal.SIGALRM: signal.SIG_DFL,
    }


def test_every_page_is_answered_in_order(run):
    pages = (b"<p>one", None, True), ("<p>zwölf".encode("latin-1"), "latin1", True), (b"<p>&amp;", None, False)

    assert run(*pages) == [(b"+", ""), (b"t", "one"), (b"t", "zwölf"), (b"t", "<p>&amp;")]


def test_a_child_without_jobs_is_ready_and_ends(run):
    assert run(cut=10_000) == [(b"+", "")]


def test_a_page_that_the_engine_refuses_is_named_by_its_error(run, monkeypatch):
    def refuse(html):
        raise ValueError(html)

    monkeypatch.setattr(child, "load_engine", lambda *_: (refuse, (ValueError,)))

    assert run((b"secret", None, True)) == [(b"+", ""), (b"e", "ValueError")]


def test_an_engine_that_is_not_there_is_said(run, monkeypatch):
    def load(*_):
        raise ImportError("no engine")

    monkeypatch.setattr(child, "load_engine", load)

    assert run((b"x", None, True)) == [(b"-", "no engine")]


def test_without_memory_the_process_ends(run, monkeypatch):
    def exhaust(_):
        raise MemoryError

    def leave(status):
        raise SystemExit(status)

    monkeypatch.setattr(child, "load_engine", lambda *_: (exhaust, (ValueError,)))
    monkeypatch.setattr(os, "_exit", leave)

    with pytest.raises(SystemExit, match=str(child.OUT_OF_MEMORY)):
        run((b"x", None, True))
    child._watch(0)


def test_the_child_imports_neither_arrow_nor_numba():
    look = "import sys, crawlsieve.stages.extract.child; print({'pyarrow', 'numba', 'numpy'} & set(sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", look], text=True) == "set()\n"


def test_the_package_has_one_name():
    assert extract.Extract is step.Extract
    with pytest.raises(AttributeError, match=r"'crawlsieve\.stages\.extract' has no attribute 'Extrakt'"):
        _ = extract.Extrakt
