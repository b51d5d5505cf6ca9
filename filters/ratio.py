"""One division of two integers, and null where there is nothing to divide by."""

import numpy as np
import pyarrow as pa


def ratio(part: np.ndarray, whole: np.ndarray) -> pa.Array:
    """float64[n]: part / whole; null where whole is 0.

    Args:
        part: int64[n].
        whole: int64[n], >= 0.
    """
    undefined = whole == 0
    return pa.array(part / np.where(undefined, 1, whole), pa.float64(), mask=undefined)
