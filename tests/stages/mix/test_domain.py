import pyarrow as pa
import pytest

from crawlsieve.schemas.tables import DOCUMENTS
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.mix.domain import Domain

ROWS = pa.table(
    {
        "id": ["1", "2", "3"],
        "language": ["en", None, "de"],
        "source_path": ["wiki/a.gz", "web/b.gz", "web/c.gz"],
        "odd name": ["x", "y", None],
        "year": [2020, 2021, None],
    }
)


def domains(expression, rows=ROWS):
    with Domain(expression).evaluating() as domain_of:
        return domain_of(rows).to_pylist()


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("language", ["en", "null", "de"]),
        ("odd name", ["x", "y", "null"]),
        ("year", ["2020", "2021", "null"]),
        ("year // 10 * 10", ["2020", "2020", "null"]),
        ("regexp_extract(source_path, '^[^/]+')", ["wiki", "web", "web"]),
        ("CASE WHEN language = 'en' THEN 'english' ELSE 'other' END", ["english", "other", "other"]),
        ("coalesce(language, 'none')", ["en", "none", "de"]),
        ("language = 'en'", ["true", "null", "false"]),
        ("'all'", ["all", "all", "all"]),
    ],
)
def test_a_domain_is_text_and_null_is_one(expression, found):
    assert domains(expression) == found


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("language", ["language"]),
        ("documents.language || Source_Path", ["source_path", "language"]),
        ("json_extract_string(metadata, '$.a')", ["metadata"]),
        ("'all'", []),
    ],
)
def test_the_columns_of_an_expression_are_known_before_it_runs(expression, columns):
    assert Domain(expression).columns(DOCUMENTS) == columns


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("langage", 'Referenced column "langage" not found in FROM clause! Candidate bindings: "language"'),
        ("count(*)", "WHERE clause cannot contain aggregates"),
        ("row_number() OVER ()", "cannot contain window functions"),
        ("unnest([1, 2])", "UNNEST not supported here"),
        ("(SELECT max(language) FROM documents)", "a subquery sees more than one document"),
        ("random()", "'random' gives another value another time"),
        ("current_timestamp", "'current_timestamp' gives another value another time"),
        ("now()", "'now' gives another value another time"),
        ("language, id", "has 2 values; one is wanted"),
        ("COLUMNS(*)", "a star is several columns"),
        ("language) , (id", "is no expression of DuckDB: syntax error"),
        ("language FROM documents", "is a query; an expression over the columns is wanted"),
        ("1; SELECT 2", "is a query; an expression over the columns is wanted"),
        ("", "is no expression of DuckDB"),
    ],
)
def test_what_is_no_expression_over_one_document_is_refused(expression, said):
    with pytest.raises(RecipeError) as told:
        Domain(expression).columns(DOCUMENTS)

    assert said in str(told.value)


def test_an_error_quotes_no_document():
    with pytest.raises(RecipeError, match=r"^domain: the expression fails for a document: ConversionException$"):
        domains("language::INT")


def test_an_expression_reads_no_file(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")

    with pytest.raises(RecipeError, match="table function"):
        Domain(f"read_text('{tmp_path}/secret.txt')").columns(DOCUMENTS)
