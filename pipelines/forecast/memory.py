"""How much memory a worker has held at most."""

import re
import resource
import sys
from contextlib import suppress
from pathlib import Path

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


def peak_bytes() -> int:
    """The most that this process held, and the processes that it has started (the extractor), each at its own time."""
    own = Path("/proc/self")
    found = _peak(own)
    if found is None:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most << 10
    with suppress(OSError):
        for children in own.glob("task/*/children"):
            found += sum(_peak(Path("/proc") / pid) or 0 for pid in children.read_text().split())
    return found


def _peak(process: Path) -> int | None:
    """Bytes of one process; None where the system does not tell."""
    with suppress(OSError):
        told = _PEAK.search((process / "status").read_text())
        return int(told[1]) << 10 if told else None
    return None
