"""What the columns of a run's tables hold, as the files themselves say."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.pipelines.ask.listing import listed
from crawlsieve.pipelines.ask.views import VIEWS
from crawlsieve.pipelines.standing import opened
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join
from crawlsieve.stages.read.places import failures, protocol


@dataclass(frozen=True)
class Column:
    """A column with what its field's metadata says."""

    name: str
    type: pa.DataType
    unit: str
    doc: str

    @property
    def said(self) -> str:
        """Doc and unit in one line."""
        return f"{self.doc} [{self.unit}]" if self.unit else self.doc


def columns_of(schema: pa.Schema) -> tuple[Column, ...]:
    """The columns of a schema."""
    return tuple(
        Column(field.name, field.type, *((field.metadata or {}).get(key, b"").decode() for key in (b"unit", b"doc")))
        for field in schema
    )


def schemas(run: str, tables: tuple[str, ...] = tuple(VIEWS)) -> dict[str, tuple[pa.Schema, bool]]:
    """Table -> its schema, and whether it has files: that of the first file, or that of a run without any.

    Raises:
        CrawlsieveError: a file is damaged, or the store cannot be reached.
    """
    system, place = opened(run)
    _, files = listed(run, tables)
    found = {}
    for table in tables:
        if not files[table]:
            found[table] = VIEWS[table], False
            continue
        path = join(place, table, files[table][0].rpartition("/")[2])
        try:
            with system.open(path, "rb") as file:
                found[table] = pq.read_schema(file), True
        except pa.ArrowInvalid as error:
            raise CrawlsieveError(f"{run}: '{path}' cannot be read. {error}") from None
        except failures(protocol(run)) as error:
            raise CrawlsieveError(f"'{run}' cannot be reached: {error}.") from None
    return found
