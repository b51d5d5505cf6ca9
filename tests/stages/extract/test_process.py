"""What happens when an engine misbehaves. A module `trafilatura` in front of the real one plays the engine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.extract import Extract, process
from crawlsieve.stages.extract.process import Extractor, Failure, Page, Settings
from tests.pages import outcome, pages

OPTIONS = (("comments", True), ("tables", True), ("favor", "balance"), ("fast", False))
MEMORY = 1 << 30
OUT = "next(f for f in range(3, 99) if os.path.exists(f'/dev/fd/{f}') and stat.S_ISFIFO(os.fstat(f).st_mode))"
"""Where a child writes its answers, looked for by its engine: the only pipe beside standard input."""

pytest.importorskip("lxml")


@pytest.fixture
def play(tmp_path, monkeypatch):
    """Start an extractor whose engine runs `body` on each page, which is `html`."""
    started = []

    def extractor(body, seconds=60.0, memory=MEMORY):
        lines = "\n    ".join(["import os, signal, stat, sys, time", *body.splitlines(), "return html"])
        (tmp_path / "trafilatura.py").write_text(f"def extract(html, **options):\n    {lines}\n")
        monkeypatch.syspath_prepend(tmp_path)
        started.append(Extractor(Settings("trafilatura", OPTIONS, seconds, memory)))
        return started[-1]

    yield extractor
    for each in started:
        each.close()


def ask(extractor, *payloads):
    return extractor.extract([Page(memoryview(payload), None, is_html=True) for payload in payloads])


def test_answers_come_in_the_order_of_the_pages(play):
    assert ask(play("pass"), b"a", b"", b"c" * 100_000) == [b"a", b"", b"c" * 100_000]


def test_an_engine_that_raises_costs_the_page_and_says_nothing_of_it(play):
    extractor = play("if 'bad' in html: raise ValueError(html)")

    assert ask(extractor, b"a", b"bad secret", b"c") == [b"a", Failure("extract_error: ValueError"), b"c"]


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_crash_costs_the_page(play, name):
    extractor = play(f"if html == 'bad': os.kill(os.getpid(), signal.{name})")

    assert ask(extractor, b"a", b"bad", b"c", b"bad") == [
        b"a",
        Failure(f"extract_crashed: {name}"),
        b"c",
        Failure(f"extract_crashed: {name}"),
    ]


def test_a_page_that_crashes_only_once_gets_its_text(play, tmp_path):
    extractor = play(
        f"if html == 'bad' and not os.path.exists({str(tmp_path / 'seen')!r}):\n"
        f"    open({str(tmp_path / 'seen')!r}, 'w').close()\n"
        "    os._exit(9)"
    )

    assert ask(extractor, b"a", b"bad", b"c") == [b"a", b"bad", b"c"]


def test_every_page_has_a_second_try(play, tmp_path):
    extractor = play(
        "if html == 'bad': os._exit(9)\n"
        f"if not os.path.exists({str(tmp_path / 'seen')!r}):\n"
        f"    open({str(tmp_path / 'seen')!r}, 'w').close()\n"
        "    os._exit(9)"
    )

    assert ask(extractor, b"bad", b"next") == [Failure("extract_crashed: exit status 9"), b"next"]


def test_a_page_that_uses_up_its_cpu_time_is_ended(play):
    extractor = play("while html == 'bad': pass", seconds=0.2)

    assert ask(extractor, b"a", b"bad", b"c") == [
        b"a",
        Failure("extract_watchdog: 0.2 s of CPU time were not enough"),
        b"c",
    ]


def test_a_page_that_waits_for_ever_is_ended(play):
    extractor = play("if html == 'bad': time.sleep(1000)", seconds=0.1)

    assert ask(extractor, b"bad", b"c") == [Failure("extract_watchdog: no answer after 1 s"), b"c"]


def test_a_page_that_waits_once_gets_its_text(play, tmp_path):
    extractor = play(
        f"if html == 'bad' and not os.path.exists({str(tmp_path / 'seen')!r}):\n"
        f"    open({str(tmp_path / 'seen')!r}, 'w').close()\n"
        "    time.sleep(1000)",
        seconds=0.1,
    )

    assert ask(extractor, b"bad", b"c") == [b"bad", b"c"]


def test_cpu_time_is_counted_from_page_to_page(play):
    extractor = play("end = time.process_time() + 0.15\nwhile time.process_time() < end: pass", seconds=0.4)

    assert ask(extractor, *[b"a"] * 5) == [b"a"] * 5


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is kept on Linux only")
def test_a_page_that_takes_too_much_memory_is_ended(play):
    extractor = play("if html == 'bad': x = bytearray(1 << 30)")

    assert ask(extractor, b"bad", b"c") == [Failure("extract_crashed: out of memory"), b"c"]


def test_a_child_that_is_killed_between_two_batches_is_started_again(play):
    extractor = play("pass")
    ask(extractor, b"a")
    extractor._child.kill()
    extractor._child.wait()

    assert ask(extractor, b"b") == [b"b"]


def test_an_interrupted_exchange_leaves_no_child(play, monkeypatch):
    extractor = play("pass")
    ask(extractor, b"a")
    child = extractor._child

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(process, "_read_answer", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ask(extractor, b"a")

    assert child.returncode == -signal.SIGKILL
    assert ask(extractor, b"b") == [b"b"]


def test_more_than_fits_at_once_is_handed_over_in_turns(play, monkeypatch):
    monkeypatch.setattr(process, "_CHUNK", 10)
    payloads = [b"x" * size for size in (3, 8, 2, 40, 0, 0, 10, 1)]

    assert ask(play("pass"), *payloads) == payloads


def test_a_missing_engine_stops_the_run(play, tmp_path):
    extractor = play("pass")
    (tmp_path / "trafilatura.py").write_text("raise ImportError('no such thing')")

    with pytest.raises(CrawlsieveError, match="no such thing"):
        ask(extractor, b"a")


def test_a_child_that_does_not_start_stops_the_run(play, monkeypatch):
    extractor = play("pass")
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(CrawlsieveError, match=r"does not start \(extract_crashed: exit status 1\)"):
        ask(extractor, b"a")


def test_the_watchdog_ends_what_the_limits_let_through():
    hang = b"<div>" * 50_000
    step = Extract(max_depth=100_000, watchdog_seconds=0.3)

    first, second = outcome(step(pages([hang, b"<p>next"])))

    assert first[2].startswith("extract_watchdog: ")
    assert second == ("next", [], None)


def test_an_answer_that_breaks_off_is_a_crash(play):
    extractor = play(f"if html == 'bad': os.write({OUT}, b't\\x09\\0\\0\\0xx'); os._exit(3)")

    assert ask(extractor, b"a", b"bad", b"c") == [b"a", Failure("extract_crashed: exit status 3"), b"c"]


@pytest.mark.parametrize("said", ["b'Warning: deprecated'", "b'+\\0\\0\\0\\0'", "b'\\0\\xff\\xff\\xff\\xff'"])
def test_an_answer_of_no_known_kind_is_a_crash(play, said):
    extractor = play(f"if html == 'bad': os.write({OUT}, {said})")

    assert ask(extractor, b"a", b"bad", b"c") == [b"a", Failure("extract_crashed: nonsense in its answers"), b"c"]


def test_what_a_library_prints_is_no_answer(play):
    extractor = play(
        "print('Warning: ' + html, flush=True)\nos.write(1, b't\\1\\0\\0\\0x')\nos.system('echo from a child of it')"
    )

    assert ask(extractor, b"a", b"b") == [b"a", b"b"]


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("import time; time.sleep(1000)", r"does not start \(no answer after 0\.5 s\)"),
        ("import os; os.write(1, b'Hello, I am a library')", r"does not start \(b'H' in place of an answer\)"),
    ],
)
def test_a_child_that_is_not_ready_in_time_or_says_nonsense_stops_the_run(tmp_path, monkeypatch, first, told):
    (tmp_path / "sitecustomize.py").write_text(first)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(process, "STARTS_WITHIN", 0.5 if "sleep" in first else 60)
    extractor = Extractor(Settings("resiliparse", (), 60.0, MEMORY))

    with pytest.raises(CrawlsieveError, match=told):
        ask(extractor, b"a")
    assert extractor._child is None
    extractor.close()


def test_children_end_with_the_process():
    settings = Settings("resiliparse", (), 60.0, MEMORY)
    extractor = process.extractor(settings)
    ask(extractor, b"<p>a")
    child = extractor._child

    process.close_extractors()

    assert child.returncode is not None
    assert process._EXTRACTORS == {}


def test_without_files_in_memory_pages_go_through_one_on_disk(play, monkeypatch):
    monkeypatch.setattr(process.sys, "platform", "darwin")

    assert ask(play("pass"), b"a", b"b") == [b"a", b"b"]


def test_steps_with_the_same_options_share_a_child():
    Extract()(pages([b"<p>a"]))
    count = len(process._EXTRACTORS)
    Extract(max_bytes=1_000)(pages([b"<p>a"]))

    assert len(process._EXTRACTORS) == count


PARENT = """
import os, time
from tests.pages import pages
from crawlsieve.stages.extract import Extract
from crawlsieve.stages.extract.process import _EXTRACTORS

Extract()(pages([b"<p>a"]))
(extractor,) = _EXTRACTORS.values()
print(extractor._child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at /proc")
def test_a_child_ends_when_its_parent_is_killed():
    root = str(Path(__file__).parents[3])
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=root) as parent:
        child = int(parent.stdout.readline())
        assert is_running(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    end = time.monotonic() + 10
    while is_running(child) and time.monotonic() < end:
        time.sleep(0.02)

    assert not is_running(child)


def is_running(pid):
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
