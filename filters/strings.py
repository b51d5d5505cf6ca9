"""Texts between Arrow and the kernels."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def text_buffers(text: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """(uint8[m] UTF-8 bytes without a copy, int64[n + 1] offsets into them) of a string array; null counts as empty."""
    if isinstance(text, pa.ChunkedArray):
        text = text.combine_chunks()
    if text.type != pa.large_string():
        text = text.cast(pa.large_string())
    if text.null_count:
        text = text.fill_null("")
    _, offsets, data = text.buffers()
    if not len(text) or data is None:
        return np.zeros(0, np.uint8), np.zeros(len(text) + 1, np.int64)
    return np.frombuffer(data, np.uint8), np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]


def read_only(data: np.ndarray) -> np.ndarray:
    """The same bytes, so that a kernel is compiled once: Arrow's buffers are read only, ours are not."""
    view = data.view()
    view.setflags(write=False)
    return view


def strings(data: np.ndarray, offsets: np.ndarray, like: pa.Array) -> pa.Array:
    """The texts that kernels wrote, null where `like` is.

    Args:
        data: uint8[m], UTF-8; as much of it as offsets[n] says is used and held on to.
        offsets: int64[n + 1].
        like: any array of n.

    Returns:
        large_string[n].
    """
    used = pa.py_buffer(data[: int(offsets[-1])])
    made = pa.Array.from_buffers(pa.large_string(), len(like), [None, pa.py_buffer(offsets), used])
    if not like.null_count:
        return made
    return pc.if_else(like.is_valid(), made, pa.scalar(None, pa.large_string()))
