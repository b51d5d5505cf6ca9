import csv
import io
import json
import shutil
import sys

import fsspec
import pyarrow as pa
import pytest
from rich.console import Console

from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.explain import explain
from crawlsieve.pipelines.ask.forms import as_csv, as_json
from crawlsieve.pipelines.ask.printed import cell, print_table
from crawlsieve.pipelines.ask.sql import query, sql_command
from crawlsieve.pipelines.ask.views import VIEWS, connect
from crawlsieve.stages.errors import CrawlsieveError


def printed(found, width=80):
    """What a terminal of `width` columns shows."""
    console = Console(file=io.StringIO(), width=width)
    print_table(found, console)
    return console.file.getvalue()


def test_every_table_is_a_view(small_run):
    with connect(str(small_run)) as connection:
        counts = {name: connection.table(name).shape[0] for name in VIEWS}

    assert counts == {
        "documents": 2,
        "rejected": 3,
        "duplicates": 3,
        "failed": 0,
        "signals": 3,
        "keys": 0,
        "mixture": 0,
    }


def test_a_table_without_files_is_an_empty_view_with_its_columns(small_run):
    shutil.rmtree(small_run / "documents")

    found = query(str(small_run), "SELECT * FROM documents UNION ALL BY NAME SELECT * FROM failed")

    assert found.num_rows == 0
    assert {"text", "duplicates", "error"} <= set(found.column_names)


def test_tables_join_by_id(small_run):
    sql = "SELECT s.word_count FROM duplicates d JOIN signals s ON s.id = d.kept_id ORDER BY d.source_offset"

    assert query(str(small_run), sql).to_pydict() == {"word_count": [60, 60, 50]}


@pytest.mark.parametrize("name", ["it's", "a[b]c", "star*", "what?", "ümlaut"])
def test_a_run_may_have_any_name(small_run, tmp_path, name):
    small_run.rename(tmp_path / name)

    assert query(str(tmp_path / name), "SELECT count(*) AS n FROM documents")["n"].to_pylist() == [2]


def test_a_run_may_stand_on_another_file_system(small_run):
    memory = fsspec.filesystem("memory")
    memory.put(str(small_run), "/crawlsieve-test-run", recursive=True)
    try:
        found = query("memory://crawlsieve-test-run", "SELECT count(*) AS n FROM rejected")
    finally:
        memory.rm("/crawlsieve-test-run", recursive=True)

    assert found["n"].to_pylist() == [3]


def test_a_slash_at_the_end_of_the_name_means_nothing(small_run):
    assert query(f"{small_run}/", "SELECT count(*) AS n FROM documents")["n"].to_pylist() == [2]


def test_nothing_is_written_to_a_run(small_run):
    before = {path: path.stat().st_mtime_ns for path in small_run.rglob("*")}

    query(str(small_run), "CREATE TABLE kept AS SELECT * FROM documents")
    with pytest.raises(CrawlsieveError, match="base table"):
        query(str(small_run), "DELETE FROM documents")

    assert {path: path.stat().st_mtime_ns for path in small_run.rglob("*")} == before


def test_the_configuration_is_locked(small_run):
    with pytest.raises(CrawlsieveError, match="locked"):
        query(str(small_run), "SET autoinstall_known_extensions = true")


def test_times_are_in_utc(small_run):
    found = query(str(small_run), "SELECT date::VARCHAR AS date FROM documents LIMIT 1")

    assert found["date"].to_pylist() == ["2025-06-01 12:30:00+00"]


def test_duckdb_says_what_is_wrong_with_a_statement(small_run):
    with pytest.raises(CrawlsieveError, match='Did you mean "documents"') as caught:
        query(str(small_run), "SELECT * FROM documens")

    assert caught.value.__cause__ is None
    with pytest.raises(CrawlsieveError, match="syntax error"):
        query(str(small_run), "SELEC 1")


@pytest.mark.parametrize("sql", ["", "-- nothing", "CREATE TABLE t (a INT)"])
def test_a_statement_that_selects_nothing_has_no_rows(small_run, sql):
    assert query(str(small_run), sql).num_rows == 0


def test_the_last_of_several_statements_answers(small_run):
    found = query(str(small_run), "CREATE TABLE t AS SELECT 7 AS n; SELECT n FROM t")

    assert found.to_pydict() == {"n": [7]}


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("nothing", "no such directory"),
        ("file", "no such directory"),
        ("empty", "not a run directory"),
        ("unfinished", "not finished"),
        ("foreign", "foreign/manifest.json' is not of crawlsieve"),
        ("app", "app/manifest.json' is not of crawlsieve"),
    ],
)
def test_what_is_no_finished_run_is_named(tmp_path, made, message):
    place = tmp_path / made
    if made == "file":
        place.write_text("")
    elif made != "nothing":
        place.mkdir()
    if made == "unfinished":
        (place / "_work").mkdir()
    if made == "foreign":
        (place / "manifest.json").write_text("<x>")
    if made == "app":
        (place / "manifest.json").write_text('{"name": "app", "version": 3}')

    with pytest.raises(CrawlsieveError, match=message):
        connect(str(place))


@pytest.mark.parametrize("ask", [connect, digest, lambda run: explain(run, "x")])
def test_an_address_that_nobody_knows_is_named(ask):
    with pytest.raises(CrawlsieveError, match="'foo://x': Protocol not known: foo"):
        ask("foo://x")


def test_a_store_whose_package_is_missing_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(CrawlsieveError, match=r"'gs://x/y': .*Its extra is crawlsieve\[gcs\]"):
        connect("gs://x/y")


@pytest.mark.parametrize("damage", ["cut", "zeros", "text"])
@pytest.mark.parametrize("ask", [lambda run: query(run, "FROM documents"), digest, lambda run: explain(run, "x")])
def test_a_damaged_file_is_a_message(small_run, ask, damage):
    (file,) = (small_run / "documents").iterdir()
    whole = file.read_bytes()
    zeros = whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :]
    file.write_bytes({"cut": whole[: len(whole) // 2], "zeros": zeros, "text": b"no Parquet"}[damage])
    with pytest.raises(CrawlsieveError, match="its tables cannot be read") as caught:
        ask(str(small_run))

    assert caught.value.__cause__ is None


def test_the_table_has_a_row_a_line_whatever_the_text(small_run):
    lines = printed(query(str(small_run), "SELECT id, text FROM documents ORDER BY id"), width=200).splitlines()

    assert len(lines) == 4
    assert "long  [31mtext of two lines" in lines[2]


def test_a_wide_row_goes_down_the_page_and_keeps_every_value(small_run):
    down = printed(query(str(small_run), "SELECT * FROM documents ORDER BY id"), width=80)

    assert "row 2" in down
    assert len(down.splitlines()) == 2 * (1 + len(VIEWS["documents"]))
    assert max(map(len, down.splitlines())) <= 80
    for value in ("0" * 31 + "1", "b8-2", "crawl/00000.warc.gz"):
        assert value in down


def test_a_number_beside_a_long_text_is_never_cut(small_run):
    across = printed(query(str(small_run), "SELECT repeat('x', 500) AS text, 123456789 AS number"), width=60)

    assert "123456789" in across
    assert "number" in across


def test_the_table_obeys_no_markup():
    assert "[bold]x[/bold]" in printed(pa.table({"[red]a": ["[bold]x[/bold]"]}))


@pytest.mark.parametrize("width", [80, 8])
def test_names_of_columns_that_are_values_do_not_steer_the_terminal(width):
    shown = printed(pa.table({"\x1b[31mred": ["a" * 20], "b": ["c"]}), width)

    assert "\x1b" not in shown


def test_the_table_says_how_many_rows_it_leaves_out():
    assert "100 of 101 rows" in printed(pa.table({"n": range(101)}))
    assert "rows" not in printed(pa.table({"n": range(100)}))


@pytest.mark.parametrize(("length", "shown"), [(200, 200), (201, 201)])
def test_a_cell_has_at_most_200_characters_and_a_mark(length, shown):
    text = cell("x" * length).plain

    assert len(text) == shown
    assert text.endswith("…") == (length > 200)


def test_csv_holds_lists_as_json_and_null_as_nothing(small_run):
    found = query(str(small_run), "SELECT reasons, text FROM rejected ORDER BY id")

    assert list(csv.reader(io.StringIO(as_csv(found)))) == [
        ["reasons", "text"],
        ['["gopher_short_doc", "gopher_word_length"]', ""],
        ['["url_domain"]', ""],
        ['["url_domain"]', ""],
    ]


def test_json_is_an_array_with_an_object_a_line(small_run):
    written = as_json(query(str(small_run), "SELECT url, date, text FROM documents ORDER BY id"))

    assert json.loads(written)[0] == {
        "url": "https://Example.com/News/?b=2&a=1",
        "date": "2025-06-01T12:30:00+00:00",
        "text": "long \x1b[31mtext\nof two lines",
    }
    assert len(written.splitlines()) == 4


def test_json_holds_what_json_has_no_word_for(small_run):
    sql = "SELECT 'nan'::DOUBLE a, 1 AS a, '\\xFF'::BLOB b, {'c': 1.5::DECIMAL(3,1)} s, sum(7) n, DATE '2025-01-02' d"

    assert json.loads(as_json(query(str(small_run), sql))) == [
        {"a": None, "a_2": 1, "b": "ff", "s": {"c": 1.5}, "n": 7, "d": "2025-01-02"}
    ]


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize("terminal", [True, False])
def test_what_programs_read_is_as_it_is_and_what_a_terminal_shows_does_not_steer_it(
    small_run, capsys, monkeypatch, form, terminal
):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)

    sql_command(str(small_run), "SELECT chr(27) || chr(155) AS a FROM range(2)", form)

    shown = capsys.readouterr().out
    assert shown.count("\n") == {"csv": 3, "json": 4}[form]
    assert ("\x9b" in shown) is not terminal
    assert ("\x1b" in shown) is (form == "csv" and not terminal)


def test_no_rows_are_an_empty_array_and_a_line_of_names(small_run):
    found = query(str(small_run), "SELECT id FROM failed")

    assert json.loads(as_json(found)) == []
    assert as_csv(found) == "id\n"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_the_command_prints_each_form(small_run, capsys, form):
    sql_command(str(small_run), "SELECT source_id FROM documents ORDER BY id", form)

    assert "b8-1" in capsys.readouterr().out
