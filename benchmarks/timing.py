"""How long a piece of work takes."""

import time
from collections.abc import Callable


def seconds(work: Callable[[], object], repeats: int) -> float:
    """CPU time of the best of several runs."""
    work()
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return min(times)
