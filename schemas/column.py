"""One way to declare a column, so that each says what it holds and in which unit."""

import pyarrow as pa


def column(name: str, kind: pa.DataType, doc: str, *, unit: str = "", nullable: bool = False) -> pa.Field:
    """A field whose metadata carries `doc` and `unit`.

    Args:
        name: the column's name in every table.
        kind: its Arrow type.
        doc: what it holds and where it comes from, one sentence.
        unit: the unit of a number ("words", "bytes", "ratio"); empty where there is none.
        nullable: whether null (undefined, unknown) is a legal value.
    """
    return pa.field(name, kind, nullable, {"doc": doc, "unit": unit})


def from_source(source: str, schema: pa.Schema) -> pa.Schema:
    """The schema, each of whose fields says in its metadata which paper or code defines it: `source`."""
    return pa.schema([field.with_metadata({**(field.metadata or {}), "source": source}) for field in schema])
