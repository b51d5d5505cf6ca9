"""The weighted dataset, and what the passes that make it exchange: sizes of domains, histograms, documents at a cut."""

import pyarrow as pa

from crawlsieve.schemas.column import column
from crawlsieve.schemas.keys import ID
from crawlsieve.schemas.tables import DOCUMENTS

_DOMAIN = column("domain", pa.string(), "what the mixture's domain expression says of the document; `null` for null")
_NUMBER = column("domain", pa.int32(), "number of the domain, in order of name among those with a weight")
_SIZE = column("size", pa.int64(), "in the mixture's unit", unit="bytes or tokens")
_BYTES = column("bytes", pa.int64(), "of their texts", unit="UTF-8 bytes")
_COUNT = column("documents", pa.int64(), "how many", unit="documents")
_PLACE = column("place", pa.int64(), "in the order of the epoch, see `dedup.copies`")

MIXTURE = pa.schema([*DOCUMENTS, _DOMAIN, column("epoch", pa.int32(), "which copy of the document this is, from 0")])
"""A row for each copy of each document."""

MIX_INPUTS = pa.schema(
    [
        column("path", pa.string(), "the file"),
        column("measured", pa.string(), "key of the task that measures it"),
        column("staged", pa.string(), "key of the task that stages its text"),
    ]
)
"""The source of the plans: one row per input file."""

NAMED = pa.schema(
    [
        column("key", ID, "XXH3-128 of the id, or the id itself where it is one"),
        column("id", pa.string(), "the id"),
        column("path", pa.string(), "file of the document"),
    ]
)
"""A document that may be there twice."""

MEASURED = pa.schema(
    [
        column("id", ID, "XXH3-128 of the id, or the id itself where it is one"),
        _DOMAIN,
        column(
            "size",
            pa.int64(),
            "in the mixture's unit, null where it is not known",
            unit="bytes or tokens",
            nullable=True,
        ),
        _BYTES,
    ]
)
"""A document as it is staged, without its text."""

DOMAIN_SIZE = pa.schema(
    [
        column("key", ID, "XXH3-128 of the domain's name"),
        _DOMAIN,
        _COUNT,
        column("unsized", pa.int64(), "those whose size is not known", unit="documents"),
        _SIZE,
        _BYTES,
    ]
)
"""What there is of a domain."""

HISTOGRAM = pa.schema([_NUMBER, column("bin", pa.int32(), "of the place, see `dedup.copies`"), _COUNT, _SIZE, _BYTES])
"""Documents of a domain in one bin; of a cut: the bin that it falls into, and what stands before that bin."""

BOUNDARY = pa.schema([_NUMBER, _PLACE, column("id", ID, "of the document"), _SIZE, _BYTES])
"""A document in the bin of a cut."""

CUT = pa.schema(
    [
        _NUMBER,
        _PLACE,
        column("id", ID, "of the last document that is taken; all ones where the place alone decides"),
        _COUNT,
        _SIZE,
        _BYTES,
    ]
)
"""The last document of a domain's last epoch, and how much of the bin up to there is taken."""

STAGED = pa.schema([_COUNT, _BYTES])
"""What was staged of an input: copies, and their texts."""
