"""The shell through a real terminal, and through pipes."""

import csv
import fcntl
import io
import json
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

import pyarrow.parquet as pq
import pyte
import pytest

from crawlsieve.pipelines.ask.lines import commands, empty, ended
from crawlsieve.pipelines.ask.shell import shell
from crawlsieve.stages.errors import CrawlsieveError

PATIENCE = 30
TAB, ENTER, UP, CONTROL_C, CONTROL_D = "\t", "\r", "\x1b[A", "\x03", "\x04"


def called(run, *options):
    """The command line of a shell over a run."""
    program = "from crawlsieve.pipelines.cli import main; main()"
    return [sys.executable, "-c", program, "sql", str(run), *options]


def piped(run, given, *options):
    """What a shell answers to what comes through a pipe."""
    return subprocess.run(
        called(run, *options), input=given, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


@pytest.fixture
def told(monkeypatch, capsys):
    """A function: what a shell answers to a pipe, in this process."""

    def answer(run, given, form="table"):
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        shell(str(run), form)
        return capsys.readouterr().out

    return answer


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


def test_control_c_stops_the_query_and_not_the_shell(small_run, tmp_path):
    with typing(small_run, tmp_path) as terminal:
        terminal.enter("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7;")
        terminal.wait("= 7;")
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


def test_a_pipe_is_answered_until_its_end(small_run):
    done = piped(small_run, "SELECT 1 AS a;\nSELECT\n2 AS b; SELECT 3 AS c\n;\nSELECT 4 AS d", "--format", "csv")

    assert (done.returncode, done.stdout, done.stderr) == (0, "a\n1\nb\n2\nc\n3\nd\n4\n", "")


def test_a_pipe_stops_at_its_first_error(small_run):
    done = piped(small_run, "SELECT 1 AS a;\nSELECT * FROM documens;\nSELECT 2 AS b;\n", "--format", "csv")

    assert (done.returncode, done.stdout) == (1, "a\n1\n")
    assert done.stderr.startswith("CrawlsieveError: sql: ")
    assert 'Did you mean "documents"' in done.stderr


@pytest.mark.parametrize(
    "bad",
    [
        ".tabls",
        ".schema",
        ".schema nothing",
        ".mode html",
        ".once",
        ".once x.txt",
        ".timer 1",
        ".queries nothing",
        ".output x",
    ],
)
def test_a_wrong_command_is_an_error(small_run, told, capsys, bad):
    with pytest.raises(CrawlsieveError):
        told(small_run, f"{bad}\n.tables\n")

    assert capsys.readouterr().out == ""


def test_commands_show_tables_columns_rules_and_queries(small_run, told):
    shown = told(small_run, ".tables\n.schema rejected\n.rules\n.queries\n.help\n")

    for said in (
        "duplicates",
        "reasons",
        "VARCHAR[]",
        "order of judging",
        "gopher_short_doc(word_count)",
        "near_misses",
        ".timer",
    ):
        assert said in shown


def test_a_documented_query_runs_by_its_name(small_run, told):
    shown = told(small_run, ".mode csv\n.queries removed_by_rule_alone\n")

    assert "rule,rejected,alone\nurl_domain,2,2\n" in shown


def test_modes_are_for_people_and_programs(small_run, told):
    shown = told(
        small_run, "SELECT 1 AS a;\n.mode json\nSELECT 1 AS a;\n.mode csv\nSELECT 1 AS a;\n.timer on\nSELECT 2;\n"
    )

    assert "━" in shown
    assert '[\n{"a": 1}\n]\na\n1\n' in shown
    assert shown.rstrip().endswith(" s")


def test_results_go_to_files_once_or_until_further_notice(small_run, told, tmp_path):
    given = (
        f".once {tmp_path}/a.parquet\nSELECT * FROM documents;\nSELECT 1 AS shown;\n"
        f".output {tmp_path}/b.csv\nSELECT 2 AS n;\nCREATE TABLE t AS SELECT 1 AS n;\nSELECT 3 AS n;\n"
        f".output\n.once {tmp_path}/c.json\nSELECT 4 AS n;\nSELECT 5 AS shown;\n"
    )

    shown = told(small_run, given, "csv")

    assert pq.read_table(tmp_path / "a.parquet").num_rows == 2
    assert [(tmp_path / name).read_text() for name in ("b.csv", "b-2.csv", "c.json")] == [
        "n\n2\n",
        "n\n3\n",
        '[\n{"n": 4}\n]\n',
    ]
    assert list(csv.reader(io.StringIO(shown)))[1:3] == [["shown"], ["1"]]


def test_a_query_may_be_written_to_a_file(small_run, tmp_path):
    for ending in ("parquet", "csv", "json"):
        command = called(
            small_run, "SELECT id, reasons FROM rejected ORDER BY id", "--output", f"{tmp_path}/r.{ending}"
        )
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr

    table = pq.read_table(tmp_path / "r.parquet")
    assert table["reasons"].to_pylist() == [["gopher_short_doc", "gopher_word_length"], ["url_domain"], ["url_domain"]]
    assert json.loads((tmp_path / "r.json").read_text()) == table.to_pylist()
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("SELECT 1;", True),
        ("SELECT 1; -- done", True),
        ("SELECT 1; /* done */\n", True),
        ("SELECT 1", False),
        ("SELECT 'a;", False),
        ("SELECT 'it''s;", False),
        ("SELECT 'it''s';", True),
        ('SELECT "a;', False),
        ('SELECT "a"";";', True),
        ("SELECT 1 -- ;", False),
        ("SELECT 1 /* ;", False),
        ("SELECT $$ it's; $$", False),
        ("SELECT $$ it's; $$;", True),
        ("SELECT $a$ $$; $a$;", True),
        ("SELECT $a$ ;", False),
        (r"SELECT E'it\'s;';", True),
        (r"SELECT E'it\'s;", False),
        ("SELECT '--';", True),
        ("SELECT '/*';", True),
    ],
)
def test_a_statement_ends_with_a_semicolon_outside_of_all_else(text, complete):
    assert ended(text) == complete


@pytest.mark.parametrize(
    ("text", "nothing"), [("", True), (" ;\n;", True), ("-- x;\n", True), ("/* x */;", True), ("''", False)]
)
def test_comments_and_semicolons_are_nothing(text, nothing):
    assert empty(text) == nothing


def test_lines_become_commands_and_statements():
    lines = ["-- first\n", " .tables \n", "SELECT\n", "  .5;\n", "SELECT 1; SELECT 2\n", ";\n", "SELECT 3"]

    assert list(commands(lines)) == [".tables", "SELECT\n  .5;\n", "SELECT 1; SELECT 2\n;\n", "SELECT 3\n"]
