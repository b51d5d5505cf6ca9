"""Payloads of a batch, as the kernels and the child process take them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.stages.extract.decode import decode_page, is_utf16
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.step import replace

_BOM_BYTES = (0xFE, 0xFF)
_WIDE_LABELS = "(?i)utf-?16|unicode|ucs-2|10646"


def payload_spans(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """(uint8[m], int64[n, 2]): the bytes of all payloads, without a copy, and where each begins and ends."""
    payload = batch.column("payload")
    _, offsets, data = payload.buffers()
    bounds = np.frombuffer(offsets, np.int64)[payload.offset : payload.offset + len(payload) + 1]
    return np.frombuffer(data or b"", np.uint8), np.column_stack([bounds[:-1], bounds[1:]])


def html_pages(batch: Batch) -> np.ndarray:
    """bool[n]: all but text/plain."""
    return np.array([kind != "text/plain" for kind in batch.column("content_type").to_pylist()], bool)


def narrow(batch: Batch) -> Batch:
    """The batch with pages in UTF-16 turned into UTF-8, so that a tag is ASCII in all of them."""
    data, spans = payload_spans(batch)
    begins = data[np.minimum(spans[:, 0], len(data) - 1)] if len(data) else np.zeros(len(batch), np.uint8)
    labelled = pc.match_substring_regex(batch.column("charset"), _WIDE_LABELS)
    maybe = np.isin(begins, _BOM_BYTES) | pc.fill_null(labelled, False).to_numpy(zero_copy_only=False)  # noqa: FBT003
    payload, charset = batch.column("payload"), batch.column("charset")
    wide = {
        row: decode_page(payload[row].as_py(), charset[row].as_py()).encode()
        for row in np.flatnonzero(maybe).tolist()
        if is_utf16(payload[row].as_py(), charset[row].as_py())
    }
    if not wide:
        return batch
    mask = pa.array([row in wide for row in range(len(batch))])
    pages = pa.array(wide.values(), payload.type)
    batch = replace(batch, "payload", pc.replace_with_mask(payload, mask, pages))
    return replace(batch, "charset", pc.replace_with_mask(charset, mask, pa.array(["utf-8"] * len(wide), charset.type)))
