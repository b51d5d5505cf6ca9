"""The shell through a real terminal."""

import fcntl
import os
import pty
import select
import signal
import stat
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager

import pyte

PATIENCE = 30
TAB, ENTER, UP, CONTROL_C, CONTROL_D = "\t", "\r", "\x1b[A", "\x03", "\x04"


def called(run, *options):
    """The command line of a shell over a run."""
    program = "from crawlsieve.pipelines.cli import main; main()"
    return [sys.executable, "-c", program, "sql", str(run), *options]


class Terminal:
    """A shell on a terminal of 100 columns."""

    def __init__(self, master, process):
        self._master = master
        self._screen = pyte.HistoryScreen(100, 40, history=2_000)
        self._stream = pyte.ByteStream(self._screen)
        self.process = process

    def send(self, keys):
        """Press keys."""
        os.write(self._master, keys.encode())

    def enter(self, line):
        """Type a line and press Enter."""
        self.send(line + ENTER)

    def wait(self, *texts, times=1):
        """The screen, once each of the texts is on it so many times."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if all(self.screen().count(text) >= times for text in texts):
                return self.screen()
            self._read()
        raise AssertionError(f"{texts} not in\n{self.screen()}")

    def screen(self):
        """All lines that were shown."""
        above = ["".join(row[column].data for column in range(100)) for row in self._screen.history.top]
        return "\n".join(line.rstrip() for line in [*above, *self._screen.display])

    def started(self):
        """Wait until the line that was entered runs: the terminal shows keys itself again."""
        end = time.monotonic() + PATIENCE
        while not termios.tcgetattr(self._master)[3] & termios.ECHO:
            assert time.monotonic() < end, self.screen()
            self._read()

    def ended(self):
        """The exit status, once there is one."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self._read()
        return self.process.poll()

    def _read(self):
        if select.select([self._master], [], [], 0.05)[0]:
            try:
                self._stream.feed(os.read(self._master, 65_536))
            except OSError:  # the other end is closed
                time.sleep(0.05)


@contextmanager
def typing(run, home, *options):
    """A shell over a run, waiting for a statement."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environment = os.environ | {"XDG_STATE_HOME": str(home), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    process = subprocess.Popen(
        called(run, *options),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - Ctrl-C must come from the terminal
    )
    os.close(slave)
    try:
        terminal = Terminal(master, process)
        terminal.wait("sql>")
        yield terminal
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(master)


def test_a_statement_of_several_lines_is_answered_at_its_semicolon(small_run, tmp_path):
    with typing(small_run, tmp_path) as terminal:
        terminal.enter("SELECT 'a;b' AS said,")
        terminal.wait("...>")
        terminal.enter("count(*) + 40 AS n FROM documents;")
        terminal.wait("a;b  │ 42")
        terminal.enter(".quit")

        assert terminal.ended() == 0


def test_tab_completes_tables_columns_macros_keywords_and_commands(small_run, tmp_path):
    with typing(small_run, tmp_path) as terminal:
        for begun, whole in [
            ("SELECT source_o", "SELECT source_offset"),
            ("FROM dupl", "FROM duplicates"),
            ("FROM jud", "FROM judged"),
            ("SELECT gopher_sh", "SELECT gopher_short_doc"),
            ("INTERS", "INTERSECT"),
            (".sch", ".schema"),
            (".schema rej", ".schema rejected"),
            (".queries long", ".queries longest_documents"),
            (".mode c", ".mode csv"),
        ]:
            terminal.send(begun + TAB)
            terminal.wait(whole)
            terminal.send(CONTROL_C)


def test_an_error_leaves_the_shell_open(small_run, tmp_path):
    with typing(small_run, tmp_path) as terminal:
        terminal.enter("SELECT * FROM documens;")
        screen = terminal.wait('Did you mean "documents"')
        terminal.enter(".schem")
        terminal.wait("Did you mean '.schema'")
        terminal.enter("SELECT 40 + 2 AS n;")
        terminal.wait("42")

        assert "Traceback" not in screen


def test_an_error_with_a_value_of_a_page_does_not_steer_the_terminal(small_run, tmp_path):
    with typing(small_run, tmp_path) as terminal:
        terminal.enter("SELECT (chr(27) || '[41;31m' || text)::INT FROM documents;")
        screen = terminal.wait("Could not convert string")

        assert " [41;31mlong" in screen or " [41;31mtext" in screen


def test_control_c_stops_the_query_and_not_the_shell(small_run, tmp_path):
    with typing(small_run, tmp_path) as terminal:
        terminal.enter("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7;")
        terminal.started()
        time.sleep(0.5)
        terminal.send(CONTROL_C)
        terminal.wait("Stopped.")
        terminal.enter("SELECT 40 + 2 AS n;")
        terminal.wait("sql>", times=3)
        terminal.send(CONTROL_D)

        assert terminal.ended() == 0


def test_control_c_drops_what_was_begun(small_run, tmp_path):
    with typing(small_run, tmp_path) as terminal:
        terminal.send("SELECT nonsense")
        terminal.wait("SELECT nonsense")
        terminal.send(CONTROL_C)
        terminal.wait("sql>", times=2)
        terminal.enter("SELECT 40 + 2 AS n;")
        terminal.wait("42")


def test_the_history_is_a_private_file_and_comes_back(small_run, tmp_path):
    home = tmp_path / "state"
    with typing(small_run, home) as terminal:
        terminal.enter("SELECT 41 + 1 AS n;")
        terminal.wait("42")
        terminal.enter(".quit")
        terminal.ended()
    file = home / "crawlsieve" / "sql_history"
    with typing(small_run, home) as terminal:
        terminal.send(UP + UP)
        terminal.wait("SELECT 41 + 1 AS n;")
        terminal.send(ENTER)
        terminal.wait("42")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_long_results_leave_the_connection_free(small_run, tmp_path):
    with typing(small_run, tmp_path) as terminal:
        terminal.enter("SELECT range AS n FROM range(1000000);")
        terminal.wait("100 of many rows")
        terminal.enter("SELECT 40 + 2 AS n;")
        terminal.wait(" 42\n")
