"""`catalog.sql`: the tables of a run, with what each column holds, and its rules, for any client of DuckDB."""

from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

import pyarrow as pa

from crawlsieve.filters.rule import sql_name, sql_text
from crawlsieve.pipelines.ask.columns import columns_of, schemas
from crawlsieve.pipelines.ask.macros import comment_on_judged, judged, rule_macros
from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.printable import printable
from crawlsieve.stages.files import join, writing
from crawlsieve.stages.read.places import local, protocol

NAME = "catalog.sql"

_TABLES = {
    "documents": "every kept document: what a trainer loads",
    "rejected": "documents that a rule rejects, with all reasons",
    "duplicates": "documents removed because another one is kept in their place",
    "failed": "records that could not be read or processed",
    "signals": "what was measured of each document",
    "keys": "keys of measured documents, by which they are deduplicated",
    "mixture": "the weighted dataset: a row for each copy of each document",
}
_HEAD = Template("""\
-- The run '$name' as DuckDB views and macros, for any client of DuckDB 1.4 or later.
--
-- The files are looked for where they stood when this was written. If they stand elsewhere, say so, before you read
-- this file or at any time after:
--
--     SET VARIABLE root = '/the/run/directory';
--
-- The command line: duckdb -cmd "SET VARIABLE root = 'run'" -init run/catalog.sql
-- Python:           connection.execute(open("run/catalog.sql").read())
--
-- Nothing here writes to the run. `crawlsieve catalog RUN --write` writes this file anew.
$remote""")
_REMOTE = {
    "s3": """\
--
-- The files are in an object store. A plain client needs the extension and the keys first:
--
--     INSTALL httpfs; LOAD httpfs;
--     CREATE SECRET (TYPE s3, PROVIDER credential_chain);  -- INSTALL aws; or KEY_ID, SECRET, REGION, ENDPOINT by hand
""",
    "gs": """\
--
-- The files are in an object store. A plain client needs the extension and the keys first:
--
--     INSTALL httpfs; LOAD httpfs;
--     CREATE SECRET (TYPE gcs, KEY_ID '...', SECRET '...');  -- HMAC keys of Google Cloud Storage
""",
}
_OTHER = """\
--
-- The files are on a file system that DuckDB does not know itself. In Python it learns it from fsspec:
--
--     connection.register_filesystem(fsspec.filesystem('$protocol'))
"""
_VIEW = Template("""\
CREATE OR REPLACE VIEW $view AS SELECT * FROM read_parquet(
    regexp_replace(rtrim(coalesce(getvariable('root'), $root), '/'), '([*?\\[])', '[\\1]', 'g') || '/$table/*.parquet',
    hive_partitioning = false);
""")


def catalog(run: str, told: dict[str, Any]) -> str:
    """SQL that makes a view of each table and a macro of each rule.

    A view asks for its files under the variable `root`, else where the run stands now; it is looked up whenever the
    view is asked. A table without files is a view without rows.

    Args:
        run: the run directory, local or on any address that fsspec knows.
        told: its manifest.

    Raises:
        CrawlsieveError: a file of the run is damaged, or its store cannot be reached.
    """
    root = _root(run)
    found = schemas(run)
    macros = rule_macros(told)
    asked = judged(macros, found["signals"][0].names)
    parts = [_head(told["name"], protocol(run))]
    for table, (schema, has_files) in found.items():
        parts += _view(table, schema, root if has_files else None)
    parts += [f"{statement};\n" for macro in macros for statement in (macro.create, macro.comment)]
    parts += [f"{asked};\n", f"{comment_on_judged()};\n"] if asked else []
    return "\n".join(parts)


def write_catalog(run: str, told: dict[str, Any] | None = None) -> None:
    """Write `catalog.sql` into a run directory.

    Args:
        run: as in `catalog`.
        told: the manifest; that of the run if not given.

    Raises:
        CrawlsieveError: as `catalog`; or it is no finished run.
    """
    text = catalog_text(run) if told is None else catalog(run, told)
    with writing(join(run, NAME)) as file:
        file.write(text.encode())


def catalog_text(run: str) -> str:
    """`catalog` of a finished run.

    Raises:
        CrawlsieveError: as `catalog`; or it is no finished run.
    """
    return catalog(run, manifest(run))


def _root(run: str) -> str:
    """The address of the run, wherever a client stands."""
    place = local(run)
    return run.rstrip("/") if place is None else str(Path(place).absolute())


def _head(name: str, kind: str) -> str:
    """The comment at the top; a name that breaks no line."""
    kind = {"s3a": "s3", "gcs": "gs"}.get(kind, kind)
    remote = "" if kind == "file" else _REMOTE.get(kind, Template(_OTHER).substitute(protocol=kind))
    return _HEAD.substitute(name=printable(name), remote=remote)


def _view(table: str, schema: pa.Schema, root: str | None) -> Iterator[str]:
    view = sql_name(table)
    if root is not None:
        yield _VIEW.substitute(view=view, table=table, root=sql_text(root))
    else:
        columns = ", ".join(f"NULL::{_type(field.type)} AS {sql_name(field.name)}" for field in schema)
        yield f"-- The run has no {table}.\nCREATE OR REPLACE VIEW {view} AS SELECT {columns} LIMIT 0;\n"
    yield f"COMMENT ON VIEW {view} IS {sql_text(_TABLES.get(table, table))};"
    for column in columns_of(schema):
        if column.said:
            yield f"COMMENT ON COLUMN {view}.{sql_name(column.name)} IS {sql_text(column.said)};"
    yield ""


def _type(kind: pa.DataType) -> str:
    """DuckDB's word for an Arrow type."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"{_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{sql_name(field.name)} {_type(field.type)}' for field in kind)})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz is None else "TIMESTAMPTZ"
    if pa.types.is_fixed_size_binary(kind):
        return "BLOB"
    return _TYPES[str(kind)]


_TYPES = {
    "string": "VARCHAR",
    "large_string": "VARCHAR",
    "binary": "BLOB",
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
}
