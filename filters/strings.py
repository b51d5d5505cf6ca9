"""Texts between Arrow and the kernels."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


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
