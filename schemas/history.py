"""What travels when a history is asked or grows: band keys on their way to their filters, hits on their way back."""

import pyarrow as pa

from crawlsieve.schemas.column import column
from crawlsieve.schemas.keys import ADDRESS, ID

_FILTER = column("filter", pa.int32(), "number of the filter: band * slices + slice")
_BAND_KEY = column("band_key", pa.int64(), "key of the band")

ASKED = pa.schema([*ADDRESS, _FILTER, _BAND_KEY])
"""A band key of a document, looked up."""

HIT = pa.schema(
    [
        *ADDRESS,
        column("band", pa.int32(), "band whose key the history holds"),
        column("twin_id", ID, "the earlier document, null where a filter answered", nullable=True),
    ]
)
"""A band key that was found."""

FILTER = pa.schema([_FILTER])
"""The source of a plan over filters."""

FILTER_FILE = pa.schema(
    [
        _FILTER,
        column("path", pa.string(), "its file, below the index"),
        column("bytes", pa.int64(), "size of the file", unit="bytes"),
        column("inserted", pa.int64(), "keys that were given to it, repeated ones included", unit="keys"),
        column("counts", pa.list_(pa.int64()), "set bits of each layer", unit="bits"),
        column("ids_path", pa.string(), "file of the new keys with their ids, below the index", nullable=True),
        column("ids_bytes", pa.int64(), "its size", unit="bytes", nullable=True),
    ]
)
"""A filter that was written."""

_KEYED = pa.schema([_FILTER, _BAND_KEY])
KEY_ID = pa.schema([_BAND_KEY, column("id", ID, "the document that was published with it")])
"""A row of a file of ids, which is sorted by both."""


def keyed(*, ids: bool) -> pa.Schema:
    """A band key of a published document; with the document's id, if ids are remembered."""
    return pa.schema([*_KEYED, KEY_ID.field("id")]) if ids else _KEYED
