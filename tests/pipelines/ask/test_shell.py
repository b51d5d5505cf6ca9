"""The shell through pipes, and results in files."""

import csv
import io
import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines.ask.lines import commands, empty, ended
from crawlsieve.pipelines.ask.shell import shell
from crawlsieve.pipelines.ask.sql import sql_command
from crawlsieve.stages.errors import CrawlsieveError

PATIENCE = 30


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


@pytest.mark.parametrize("way", ["run", "relative", "link"])
def test_no_result_goes_into_the_run(small_run, told, tmp_path, monkeypatch, way):
    monkeypatch.chdir(small_run / "documents")
    (tmp_path / "link").symlink_to(small_run)
    folder = {"run": small_run / "documents", "relative": ".", "link": tmp_path / "link"}[way]
    before = sorted(small_run.rglob("*"))

    for command in (f".once {folder}/x.csv", f".output {folder}/x.parquet"):
        with pytest.raises(CrawlsieveError, match="is in the run"):
            told(small_run, f"{command}\nFROM documents;\n")
    with pytest.raises(CrawlsieveError, match="is in the run"):
        sql_command(str(small_run), "FROM documents", output=f"{folder}/x.json")

    assert sorted(small_run.rglob("*")) == before


@pytest.mark.parametrize("ending", ["parquet", "csv", "json"])
def test_a_file_is_whole_or_as_it_was(small_run, tmp_path, ending):
    file = tmp_path / f"x.{ending}"
    file.write_text("before")
    late = "SELECT CASE WHEN range = 900000 THEN error('late') ELSE range END AS n FROM range(1000000)"

    with pytest.raises(CrawlsieveError, match="late"):
        sql_command(str(small_run), late, output=str(file))

    assert file.read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {file.name, small_run.name}


@pytest.mark.parametrize(
    ("sql", "said"), [("SELECT INTERVAL 1 DAY AS i", "Cast it"), ("SET VARIABLE x = 1", "selects")]
)
def test_what_a_file_cannot_hold_is_a_message(small_run, tmp_path, sql, said):
    with pytest.raises(CrawlsieveError, match=said):
        sql_command(str(small_run), sql, output=str(tmp_path / "x.parquet"))

    assert not (tmp_path / "x.parquet").exists()


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
