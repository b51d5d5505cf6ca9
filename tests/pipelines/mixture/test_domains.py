import sys

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from crawlsieve.pipelines.mixture.cli import app
from crawlsieve.pipelines.mixture.design import domains as module
from crawlsieve.pipelines.mixture.design.design_files import read_domains
from crawlsieve.pipelines.mixture.design.domains import count_domains, save_domains
from crawlsieve.stages.errors import CrawlsieveError, RecipeError
from crawlsieve.stages.mix import tokenizer as tokenizer_module
from tests.pipelines.mixture.domain_runs import DOMAIN_TEXTS, documents, run_of, tokenizer_file


def told(found):
    """Domain -> documents, bytes, tokens."""
    return {row["domain"]: (row["documents"], row["bytes"], row["tokens"]) for row in found.table.to_pylist()}


def expected(size):
    return {
        str(name or "null"): (len(texts), sum(len(t.encode()) for t in texts), sum(map(size, texts)))
        for name, texts in DOMAIN_TEXTS.items()
    }


@pytest.mark.parametrize("files", [1, 3])
@pytest.mark.parametrize(
    ("unit", "size"), [("bytes", lambda text: len(text.encode())), ("tokens", lambda text: len(text.split()))]
)
def test_documents_bytes_and_tokens_of_each_domain(tmp_path, files, unit, size):
    found = count_domains([run_of(tmp_path / "run", documents(), files)], "language", unit)

    assert told(found) == expected(size)
    assert found.table["domain"].to_pylist() == ["code", "null", "web"]
    assert sum(found.table["share"].to_pylist()) == pytest.approx(1, abs=1e-15)
    assert found.unit == unit


def test_several_runs_are_counted_together_and_plain_parquet_too(tmp_path):
    rows = documents()
    one = run_of(tmp_path / "one", rows[:4])
    plain = pa.schema([("id", pa.string()), ("text", pa.string()), ("language", pa.string())])
    two = run_of(tmp_path / "two", rows[4:], schema=plain)

    assert told(count_domains([one, f"{two}/documents/*.parquet"], "language")) == expected(lambda t: len(t.encode()))


def test_a_run_on_another_file_system(tmp_path):
    run_of(tmp_path / "run", documents(), files=2)
    memory = fsspec.filesystem("memory")
    memory.put(str(tmp_path / "run"), "/crawlsieve-test-domains", recursive=True)
    try:
        found = count_domains(["memory://crawlsieve-test-domains"], "language")
    finally:
        memory.rm("/crawlsieve-test-domains", recursive=True)

    assert told(found) == expected(lambda text: len(text.encode()))


def test_an_expression_over_columns_defines_domains(tmp_path):
    found = count_domains([run_of(tmp_path / "run", documents())], "regexp_extract(url, '//([a-z0-9.]+)/', 1)")

    assert [row["domain"] for row in found.table.to_pylist()] == [f"site{n}.example" for n in range(3)]
    assert [row["documents"] for row in found.table.to_pylist()] == [3, 2, 2]


def test_the_domain_column_of_a_mixture_is_a_domain(tmp_path):
    rows = [{**row, "domain": "it's", "my domain": "x"} for row in documents()]
    schema = pa.schema(
        [("id", pa.string()), ("text", pa.string()), ("domain", pa.string()), ("my domain", pa.string())]
    )
    run = run_of(tmp_path / "a [run]*", rows, schema=schema)

    assert told(count_domains([run], "domain")).keys() == {"it's"}
    assert told(count_domains([run], "my domain")).keys() == {"x"}


def test_documents_without_a_domain_are_counted_and_named(tmp_path):
    found = count_domains([run_of(tmp_path / "run", documents())], "language")

    assert found.nulls == 2
    assert any("2 of 7 documents have no domain" in note for note in found.notes)


def test_a_domain_that_is_called_null_is_no_missing_one(tmp_path):
    run = run_of(tmp_path / "run", documents({"null": ["abc"], None: ["de"]}))

    found = count_domains([run], "language")

    assert told(found) == {"null": (2, 5, 5)}
    assert found.nulls == 1


def test_a_tokenizer_counts_the_same_whatever_the_batches(tmp_path, monkeypatch):
    run, file = run_of(tmp_path / "run", documents(), files=2), tokenizer_file(tmp_path / "t.json")
    whole = told(count_domains([run], "language", tokenizer=file))

    monkeypatch.setattr(tokenizer_module, "BATCH", 1)

    assert whole == told(count_domains([run], "language", tokenizer=file)) == expected(lambda t: len(t.encode()))


@pytest.mark.parametrize("changes", [{"padding": 50}, {"padding": None}, {"truncation": 3}])
def test_padding_and_truncation_of_the_tokenizer_do_not_count(tmp_path, changes):
    file = tokenizer_file(tmp_path / "t.json", **changes)

    found = count_domains([run_of(tmp_path / "run", documents())], "language", tokenizer=file)

    assert told(found) == expected(lambda t: len(t.encode()))
    assert found.unit == "tokens"


def test_an_unknown_column_is_named_with_the_nearest(tmp_path):
    with pytest.raises(RecipeError, match=r'langage.*"language"'):
        count_domains([run_of(tmp_path / "run", documents())], "langage")


def test_an_expression_that_fails_does_not_tell_the_text(tmp_path):
    with pytest.raises(CrawlsieveError) as caught:
        count_domains([run_of(tmp_path / "run", documents())], "text::INTEGER")

    assert "ConversionException" in str(caught.value)
    assert "plain words" not in str(caught.value)


def test_missing_token_counts_are_counted(tmp_path):
    run = run_of(tmp_path / "run", documents(tokens=False))

    with pytest.raises(CrawlsieveError, match="7 of 7 documents have no token_count"):
        count_domains([run], "language", "tokens")


def test_a_file_without_token_count_says_so(tmp_path):
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("language", pa.string())])

    with pytest.raises(CrawlsieveError, match="no column 'token_count'"):
        count_domains([run_of(tmp_path / "run", documents(), schema=schema)], "language", "tokens")


def test_a_document_without_text_is_an_error(tmp_path):
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("language", pa.string())])
    rows = [*documents(), {"id": "x", "text": None, "language": "web"}]

    with pytest.raises(CrawlsieveError, match="1 of 8 documents have no text"):
        count_domains([run_of(tmp_path / "run", rows, schema=schema)], "language")


def test_a_file_that_is_named_twice_is_not_counted_twice(tmp_path):
    run = run_of(tmp_path / "run", documents())

    with pytest.raises(CrawlsieveError, match="named twice"):
        count_domains([run, run], "language")


def test_an_unfinished_run_is_refused(tmp_path):
    (tmp_path / "run" / "_work").mkdir(parents=True)

    with pytest.raises(CrawlsieveError, match="not finished"):
        count_domains([str(tmp_path / "run")], "language")


def test_more_domains_than_any_mixture_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_DOMAINS", 3)

    with pytest.raises(CrawlsieveError, match="more than 3 domains"):
        count_domains([run_of(tmp_path / "run", documents())], "url")


def test_without_the_package_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)

    with pytest.raises(CrawlsieveError, match=r"crawlsieve\[mix\]"):
        count_domains([run_of(tmp_path / "run", documents())], "language", tokenizer=str(tmp_path / "other.json"))


@pytest.mark.parametrize("content", [None, "no JSON", "{}"])
def test_a_file_that_is_no_tokenizer_is_named(tmp_path, content):
    file = tmp_path / "t.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(CrawlsieveError, match=r"t\.json"):
        count_domains([run_of(tmp_path / "run", documents())], "language", tokenizer=str(file))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_table_can_be_read_again(tmp_path, suffix):
    found = count_domains([run_of(tmp_path / "run", documents())], "language")
    save_domains(found, tmp_path / f"d.{suffix}")

    names, tokens = read_domains(str(tmp_path / f"d.{suffix}"))

    assert names == ("code", "null", "web")
    assert tokens.tolist() == found.table["tokens"].to_pylist()


def test_the_command_prints_the_table_and_notes(tmp_path):
    run, output = run_of(tmp_path / "run", documents()), tmp_path / "d.parquet"

    done = CliRunner().invoke(app, ["domains", run, "--domain", "language", "--output", str(output)])

    assert done.exit_code == 0, done.output
    assert "web" in done.stdout
    assert "2 of 7 documents" in done.stderr
    assert pq.read_table(output).column_names == ["domain", "documents", "bytes", "tokens", "share"]
