"""`crawlsieve mix domains`: documents, bytes and tokens of each domain, and so the natural mixture."""

import glob
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.ask.forms import as_csv
from crawlsieve.pipelines.dedup_command import documents_of
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed
from crawlsieve.pipelines.standing import opened
from crawlsieve.schemas.column import column
from crawlsieve.stages.files import writing
from crawlsieve.stages.mix.documents import read_documents, schema_of
from crawlsieve.stages.mix.domain import MOST_DOMAINS, NULL, Domain
from crawlsieve.stages.mix.size import TOKENS, Unit
from crawlsieve.stages.mix.tokenizer import TokensBy
from crawlsieve.stages.read import Source, survey

DOMAINS = pa.schema(
    [
        column("domain", pa.string(), "what the expression says of a document; `null` for null"),
        column("documents", pa.int64(), "how many", unit="documents"),
        column("bytes", pa.int64(), "of their texts", unit="UTF-8 bytes"),
        column("tokens", pa.int64(), "in the unit that was asked for", unit="bytes or tokens"),
        column("share", pa.float64(), "of all tokens: the natural mixture", unit="ratio"),
    ]
)


_SAID = {"bytes": "bytes of text", "tokens": "tokens"}


@dataclass(frozen=True)
class Domains:
    """What there is of each domain.

    Attributes:
        table: DOMAINS, in order of name.
        unit: what its `tokens` are: `bytes` of text, or `tokens`.
        nulls: documents for which the expression is null, which are in the domain `null`.
    """

    table: pa.Table
    unit: Unit
    nulls: int

    @property
    def notes(self) -> list[str]:
        """What the table does not say."""
        count, documents = len(self.table), pc.sum(self.table["documents"]).as_py()
        said = [f"{count} domains, {documents:,} documents. Tokens are {_SAID[self.unit]}."]
        if self.nulls:
            said.append(
                f"{self.nulls:,} of {documents:,} documents have no domain: the expression is null for them. They are "
                f"the domain '{NULL}'; take its line out of the table to leave them out, and give it weight 0."
            )
        return said


def count_domains(runs: Sequence[str], expression: str, unit: Unit = "bytes", tokenizer: str | None = None) -> Domains:
    """Count the documents of runs, or of Parquet files, by domain.

    DuckDB reads the columns that are needed, and evaluates and sums; with a tokenizer, documents are read in batches of
    some 16 MiB of text instead.

    Args:
        runs: output folders of finished runs; Parquet files, globs and lists of them.
        expression: a column of the documents, or a DuckDB expression over its columns, as `mix apply` takes.
        unit: what tokens are: bytes of text, or the column `token_count`.
        tokenizer: a file of a tokenizer, which then counts the tokens.

    Raises:
        CrawlsieveError: an input is missing, a run is not finished, the expression is none over the columns, documents
            have no text or no token_count, the tokenizer cannot be had, or there are too many domains.
    """
    files = files_of(runs)
    found = _summed(files, Domain(expression), "bytes" if tokenizer else unit)
    if len(found) > MOST_DOMAINS:
        raise MixtureError(f"{expression!r} gives more than {MOST_DOMAINS:,} domains. A domain is a part of the data.")
    nulls = pc.sum(pc.if_else(pc.is_null(found["domain"]), found["documents"], 0)).as_py() or 0
    named = found.set_column(0, "domain", pc.fill_null(found["domain"], NULL))
    sums = [("documents", "sum"), ("bytes", "sum"), ("tokens", "sum")]
    table = named.group_by("domain").aggregate(sums).sort_by("domain")
    tokens = table["tokens_sum"]
    if tokenizer is not None:
        counted = _tokenized(files, Domain(expression), TokensBy(tokenizer))
        tokens = pa.chunked_array([pa.array([counted[name] for name in table["domain"].to_pylist()], pa.int64())])
    total = pc.sum(tokens).as_py() or 0
    if not total:
        raise MixtureError(f"{listed(runs)}: no document has any text.")
    share = pc.divide(tokens.cast(pa.float64()), float(total))
    columns = [table["domain"], table["documents_sum"], table["bytes_sum"], tokens, share]
    return Domains(pa.table(columns, schema=DOMAINS), "tokens" if tokenizer else unit, nulls)


def files_of(runs: Sequence[str]) -> list[str]:
    """Every file of documents, each of which may be named once."""
    inputs = survey(Source(paths=tuple(documents_of(run) for run in runs)))
    strange = next((item for item in inputs if item.format != "parquet"), None)
    if strange:
        raise MixtureError(f"{strange.path} is {strange.format}, not Parquet. `crawlsieve run` makes documents of it.")
    files = [item.path for item in inputs]
    twice = next((path for path in files if files.count(path) > 1), None) if len({*files}) < len(files) else None
    if twice:
        raise MixtureError(f"{twice} is named twice, and would be counted twice.")
    return files


def _summed(files: list[str], domain: Domain, unit: Unit) -> pa.Table:
    """Domain (null for null), documents, bytes, tokens: one row each."""
    with _documents(files) as engine:
        schema = engine.table("documents").limit(0).to_arrow_table().schema
        domain.columns(schema)
        name = domain.expression.replace('"', '""')
        value = f'"{name}"' if domain.expression in schema.names else f"({domain.expression})"
        if unit == "tokens" and TOKENS not in schema.names:
            raise MixtureError(f"{files[0]} has no column '{TOKENS}', which --unit tokens needs. Name a --tokenizer.")
        size, counted = ("strlen(text)", "text") if unit == "bytes" else (TOKENS, TOKENS)
        query = (
            f"SELECT {value}::VARCHAR, count(*), count(text), count({counted}), "  # noqa: S608 - as asked
            f"coalesce(sum(strlen(text)), 0)::BIGINT, coalesce(sum({size}), 0)::BIGINT "
            f"FROM documents GROUP BY 1 LIMIT {MOST_DOMAINS + 1}"
        )
        try:
            found = engine.sql(query).to_arrow_table()
        except duckdb.IOException as error:
            raise MixtureError(f"{listed(files)}: {error}") from None
        except duckdb.Error as error:
            raise MixtureError(f"domain: the expression fails for a document: {type(error).__name__}") from None
    found = found.rename_columns(["domain", "documents", "texts", "sized", "bytes", "tokens"])
    documents, texts, sized = (pc.sum(found[name]).as_py() or 0 for name in ("documents", "texts", "sized"))
    if texts < documents:
        raise MixtureError(f"{listed(files)}: {documents - texts:,} of {documents:,} documents have no text.")
    if sized < documents:
        raise MixtureError(
            f"{documents - sized:,} of {documents:,} documents have no {TOKENS}. Count bytes, or name a --tokenizer."
        )
    return found.select(["domain", "documents", "bytes", "tokens"])


@contextmanager
def _documents(files: list[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the view `documents` over the files; columns that some lack are null there."""
    system, _ = opened(files[0])
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        if not isinstance(system, LocalFileSystem):
            engine.register_filesystem(system)
        places = ", ".join("'" + glob.escape(path).replace("'", "''") + "'" for path in files)
        try:
            engine.execute(
                f"CREATE VIEW documents AS SELECT * FROM read_parquet([{places}], union_by_name = true)"  # noqa: S608
            )
        except duckdb.Error as error:
            raise MixtureError(f"{listed(files)}: {error}") from None
        yield engine


def _tokenized(files: list[str], domain: Domain, size: TokensBy) -> Counter[str]:
    """Domain -> tokens."""
    sums: Counter[str] = Counter()
    for path in files:
        reads = [*domain.columns(schema_of(path)), *size.reads]
        with domain.evaluating() as domain_of:
            for rows in read_documents(path, reads):
                counted = pa.table({"domain": domain_of(rows), "tokens": size(rows)})
                for row in counted.group_by("domain").aggregate([("tokens", "sum")]).to_pylist():
                    sums[row["domain"]] += row["tokens_sum"]
    return sums


def save_domains(found: Domains, path: Path) -> None:
    """Write the table: as Parquet where the name ends so, else as CSV."""
    with writing(str(path)) as file:
        if path.suffix == ".parquet":
            pq.write_table(found.table, file)
        else:
            file.write(as_csv(found.table).encode())
