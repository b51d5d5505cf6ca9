"""SQL over a run reads: whatever it tries to write, no byte changes."""

import duckdb
import fsspec
import pytest

from crawlsieve.pipelines.ask.session import session
from crawlsieve.pipelines.ask.sql import query
from crawlsieve.stages.errors import CrawlsieveError

WRITES = [
    "COPY (SELECT 1 AS id) TO '{place}'",
    "COPY (SELECT 1 AS id) TO '{place}' (USE_TMP_FILE false)",
    "COPY documents TO '{place}' (FORMAT csv)",
    "WITH written AS (COPY (SELECT 1 AS id) TO '{place}' (USE_TMP_FILE false)) SELECT * FROM written",
    "SELECT 1; WITH written AS (COPY (SELECT 1 AS id) TO '{place}' (USE_TMP_FILE false)) SELECT * FROM written",
    "CREATE TABLE t AS WITH written AS (COPY (SELECT 1 AS id) TO '{place}' (USE_TMP_FILE false)) FROM written",
    "EXPLAIN ANALYZE COPY (SELECT 1 AS id) TO '{place}' (USE_TMP_FILE false)",
    "EXPLAIN (ANALYZE, FORMAT json) COPY (SELECT 1 AS id) TO '{place}' (USE_TMP_FILE false)",
    "/* first */ EXPLAIN ANALYZE WITH w AS (COPY (SELECT 1) TO '{place}' (USE_TMP_FILE false)) FROM w",
    "PREPARE p AS COPY (SELECT 1 AS id) TO '{place}' (USE_TMP_FILE false); EXECUTE p",
    "EXPORT DATABASE '{place}'",
    "ATTACH '{place}'",
    "ATTACH '{place}' AS other; CREATE TABLE other.t AS SELECT 1",
    "INSTALL httpfs",
    "LOAD httpfs",
    "DETACH memory",
    "UPDATE EXTENSIONS",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "SET temp_directory = '{place}'",
    "PRAGMA profiling_output = '{place}'",
    "CALL enable_logging('QueryLog', storage = 'file', storage_config = {{'path': '{place}'}})",
    "FROM enable_logging('QueryLog', storage = 'file', storage_config = {{'path': '{place}'}})",
    "FROM \"enable_logging\"('QueryLog', storage = 'file', storage_config = {{'path': '{place}'}})",
    "CREATE PERSISTENT SECRET s (TYPE s3)",
    "INSERT INTO documents SELECT * FROM documents",
    "DELETE FROM rejected",
    "UPDATE signals SET word_count = 0",
]


def content(folder):
    """Every file below a folder, with its bytes and the time of its last change."""
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty working directory and home."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.mark.parametrize("target", ["file of the run", "new file of the run", "file elsewhere"])
@pytest.mark.parametrize("sql", WRITES)
def test_no_statement_writes(small_run, elsewhere, sql, target):
    (file,) = (small_run / "documents").iterdir()
    place = {
        "file of the run": file,
        "new file of the run": small_run / "documents" / "part-00001.parquet",
        "file elsewhere": elsewhere / "new.parquet",
    }[target]
    before = content(small_run.parent)

    with pytest.raises(CrawlsieveError, match="sql: "):
        query(str(small_run), sql.format(place=place))

    assert content(small_run.parent) == before
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("address", ["memory://written", "run:/"])
@pytest.mark.parametrize("sql", WRITES)
def test_no_statement_writes_to_another_file_system(small_run, elsewhere, sql, address):
    memory = fsspec.filesystem("memory")
    memory.put(str(small_run), "/written", recursive=True)
    try:
        before = {path: memory.cat(path) for path in memory.find("/written")}
        with pytest.raises(CrawlsieveError, match="sql: "):
            query("memory://written", sql.format(place=f"{address}/documents/part-00000.parquet"))
        after = {path: memory.cat(path) for path in memory.find("/written")}
    finally:
        memory.rm("/written", recursive=True)

    assert after == before
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("local", [True, False])
def test_the_file_system_itself_refuses_to_write(small_run, local):
    """The second lock, if a statement should ever get through the first."""
    memory = fsspec.filesystem("memory")
    memory.put(str(small_run), "/written", recursive=True)
    run, place = (str(small_run), small_run / "new") if local else ("memory://written", "run://documents/new")
    try:
        before = memory.find("/written")
        with session(run) as asked, pytest.raises(duckdb.Error, match=r"disabled|Permission|only read"):
            asked.connection.execute(f"COPY (SELECT 1 AS id) TO '{place}' (FORMAT parquet)")
        assert memory.find("/written") == before
    finally:
        memory.rm("/written", recursive=True)


def test_several_statements_run_all_or_none(small_run):
    with session(str(small_run)) as asked:
        with pytest.raises(CrawlsieveError, match="kind ATTACH is refused"):
            list(asked.ask("CREATE TABLE mine AS SELECT 1 AS n; ATTACH 'x.db'"))

        assert [name for (name,) in asked.connection.execute("SHOW TABLES").fetchall() if name == "mine"] == []


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEMP TABLE t AS SELECT 7 AS n; INSERT INTO t VALUES (1); DELETE FROM t WHERE n = 1; SELECT n FROM t",
        "CREATE VIEW v AS SELECT 7 AS n; FROM v",
        "CREATE MACRO seven() AS 7; SELECT seven() AS n",
        "SET VARIABLE seven = 7; SELECT getvariable('seven') AS n",
        "BEGIN; CREATE TABLE t AS SELECT 7 AS n; COMMIT; FROM t",
        "SELECT 7 AS n, 'COPY x TO y' AS said",
        "SELECT copy AS n FROM (SELECT 7 AS copy)",
    ],
)
def test_what_stays_in_memory_is_free(small_run, sql):
    assert query(str(small_run), sql)["n"].to_pylist() == [7]


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN FROM documents",
        "EXPLAIN ANALYZE FROM documents",
        "DESCRIBE documents",
        "SHOW TABLES",
        "PRAGMA version",
        "SUMMARIZE rejected",
        "PIVOT duplicates ON method USING count(*) GROUP BY kept_id",
        "CALL pragma_version()",
    ],
)
def test_questions_about_tables_are_answered(small_run, sql):
    assert query(str(small_run), sql).num_rows > 0


def test_other_files_are_read_only_when_named(small_run, tmp_path):
    file = tmp_path / "urls.csv"
    file.write_text("url\nhttp://example.org/\n")
    sql = "SELECT count(*) AS n FROM documents SEMI JOIN 'FILE' USING (url)".replace("FILE", str(file))

    with pytest.raises(CrawlsieveError, match="--read PATH"):
        query(str(small_run), sql)
    for named in (file, tmp_path):
        with session(str(small_run), [str(named)]) as asked:
            with asked.ask_last(sql) as answer:
                assert next(answer.batches).to_pydict() == {"n": [1]}
            with pytest.raises(CrawlsieveError, match=r"COPY is refused|CTE needs a SELECT"):
                list(asked.ask(WRITES[3].format(place=file)))


def test_variables_of_python_are_no_tables(small_run):
    import pyarrow as pa

    secret = pa.table({"n": [1]})  # noqa: F841 - must not be found

    with pytest.raises(CrawlsieveError, match="secret"):
        query(str(small_run), "FROM secret")


def test_what_does_not_fit_in_memory_goes_to_the_temporary_folder(small_run, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with session(str(small_run)) as asked:
        (place,) = asked.connection.execute("SELECT current_setting('temp_directory')").fetchone()

    assert place.startswith(str(tmp_path))
